"""What the searches beside `/agent_search` ask and answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from indexing.comparison import REACH
from service.schemas import Body, NeedIn, ReleaseOut, SearchIn, SearchOut, Word

PartName = Literal["dense", "sparse", "prior", "rerank"]


class BatchIn(Body):
    """Many needs for one release."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"searches": [{"query": "embedded Rust for motor control", "limit": 3}, {"query": "cartes marines"}]}
            ]
        }
    )

    searches: Annotated[list[SearchIn], Field(min_length=1, max_length=100)]
    version: Word | None = Field(default=None, description="A version, an alias or a release id for all of them.")


class CompareIn(NeedIn):
    """One need for two releases; the page must lie within the first hundred people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"query": "embedded Rust for motor control", "limit": 5, "versions": ["1", "champion"]}]
        }
    )

    versions: Annotated[list[Word], Field(min_length=2, max_length=2)] = Field(
        description="Two versions, aliases or release ids: from the first to the second."
    )
    offset: Annotated[int, Field(ge=0, le=REACH - 1)] = 0

    @model_validator(mode="after")
    def _within_reach(self) -> CompareIn:
        if self.offset + self.limit > REACH:
            raise ValueError(f"offset and limit together must not pass {REACH}")
        return self


class FacetValueOut(BaseModel):
    """One value of a condition and how many people would be left with it."""

    value: str | int | bool = Field(description="What `filters` takes back under the facet's name.")
    label: str
    label_fr: str
    people: int
    chosen: bool


class FacetListsOut(BaseModel):
    """The values of every condition, each with that condition left out and all others held."""

    countries: list[FacetValueOut]
    cities: list[FacetValueOut]
    languages: list[FacetValueOut]
    topics: list[FacetValueOut]
    active_since: list[FacetValueOut]
    min_followers: list[FacetValueOut]
    hireable: list[FacetValueOut]


class FacetPoolOut(BaseModel):
    """Whom the need keeps with nothing loosened, of how many."""

    matched: int
    total: int


class FacetsOut(BaseModel):
    """What a need could be narrowed by."""

    facets: FacetListsOut
    pool: FacetPoolOut
    release: ReleaseOut


class BatchOut(BaseModel):
    """The answers in the order of the searches."""

    answers: list[SearchOut]
    release: ReleaseOut
    took_ms: float


class ArrivalOut(BaseModel):
    """Somebody who is in one answer only; `other_rank` is the place among the first hundred of the other release."""

    login: str
    rank: int
    other_rank: int | None
    part: PartName | None
    repo: str | None
    why: str


class MoveOut(BaseModel):
    """Somebody who is in both answers, at another place."""

    login: str
    before: int
    after: int
    part: PartName | None
    why: str


class CompareOut(BaseModel):
    """Both answers, what differs from the first to the second, and how alike they are (rank-biased overlap, p = .9)."""

    answers: Annotated[list[SearchOut], Field(min_length=2, max_length=2)]
    entered: list[ArrivalOut]
    left: list[ArrivalOut]
    moved: list[MoveOut]
    rbo: float


class PlacedOut(BaseModel):
    """Somebody at a place of a list."""

    login: str
    rank: int


class ShiftOut(BaseModel):
    """Somebody at another place than before."""

    login: str
    before: int
    after: int


class DifferencesOut(BaseModel):
    """What is answered differently; people erased since are counted and are no difference."""

    entered: list[PlacedOut]
    left: list[PlacedOut]
    moved: list[ShiftOut]
    rescored: int
    erased: int


class ReplayOut(BaseModel):
    """A search of earlier, asked again of the release that answered it."""

    search_id: str
    asked_at: str
    release: ReleaseOut
    answer: SearchOut
    changed: bool
    differences: DifferencesOut
