"""What the tools take."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from service.schemas import Body, FiltersIn, Text, Word, Words

MOST_PEOPLE = 20


def _decoded(value: object) -> object:
    """Objects that came as JSON in a string, as some clients send them."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _one_step(name: str) -> str:
    """A name that is one step of an address, and no way up."""
    if set(name) <= {"."} or "/" in name:
        raise ValueError("is not a name")
    return name


Login = Annotated[Word, Field(max_length=100, description="A GitHub login."), AfterValidator(_one_step)]
Reference = Annotated[
    Word, Field(max_length=100, description="A version, an alias or a release id."), AfterValidator(_one_step)
]
Limit = Annotated[int, Field(ge=1, le=MOST_PEOPLE, description="How many people.")]


class PlanIn(Body):
    """What to understand, in place of what is read in the query; only what is given is replaced."""

    required: Words | None = Field(default=None, description="Skills that must be there.")
    preferred: Words | None = Field(default=None, description="Skills that are welcome.")
    excluded: Words | None = Field(default=None, description="Skills that must not be there.")
    languages: Words | None = Field(default=None, description="Programming languages.")
    places: Words | None = None
    seniority: Literal["junior", "senior", "lead"] | None = None
    active_since: Word | None = Field(default=None, description="A date, YYYY-MM-DD.")
    min_followers: Annotated[int, Field(ge=0, le=10**9)] | None = None
    hireable: bool | None = None
    like: Words | None = Field(default=None, description="Logins of people to resemble.")
    ignored: Words | None = Field(default=None, description="Changes nothing; a plan may come back as it was.")


class NeedIn(Body):
    """A need."""

    query: Text = Field(description="A need in French or English: keywords, a sentence, or a whole job advertisement.")
    filters: Annotated[FiltersIn, BeforeValidator(_decoded)] = Field(
        default_factory=FiltersIn, description="Conditions that all must hold."
    )
    plan: Annotated[PlanIn | None, BeforeValidator(_decoded)] = None

    def asked(self) -> dict[str, Any]:
        """The part of a request's body that says what is needed."""
        body: dict[str, Any] = {
            "query": self.query,
            "filters": self.filters.model_dump(mode="json", exclude_unset=True),
        }
        if self.plan is not None:
            body["plan"] = self.plan.model_dump(mode="json", exclude_unset=True)
        return body


class SearchPeopleIn(NeedIn):
    """A need, and how many people of which release."""

    limit: Limit = 10
    offset: Annotated[int, Field(ge=0, le=1_000, description="How many people to pass over.")] = 0
    version: Reference | None = Field(default=None, description="Without it the serving release answers.")
    relax: bool = Field(default=True, description="Loosen conditions when too few people meet them; false: hold them.")


class ExplainCandidateIn(NeedIn):
    """A person and a need."""

    login: Login
    version: Reference | None = Field(default=None, description="Without it the serving release answers.")


class SimilarPeopleIn(Body):
    """Somebody whom others should resemble."""

    login: Login
    limit: Limit = 10
    offset: Annotated[int, Field(ge=0, le=1_000, description="How many people to pass over.")] = 0
    exclude: Words = Field(default_factory=list, description="Logins to leave out.")
    countries: Words = Field(default_factory=list, description="Names in French or English, or ISO codes.")
    languages: Words = Field(default_factory=list, description="Programming languages.")


class CompareReleasesIn(NeedIn):
    """A need for two releases."""

    before: Reference
    after: Reference
    limit: Limit = 10


class ListReleasesIn(Body):
    """Nothing."""


class SwitchReleaseIn(Body):
    """The release that should serve."""

    version: Reference
    policy: Literal["keep", "drop-first"] = Field(
        default="keep", description="drop-first unloads the serving release before: less memory, a gap in service."
    )
