"""What requests and responses look like; the only place for Pydantic beside the settings."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from indexing.candidates import Conditions, Need
from service.candidate_schemas import CandidateOut

MAX_TEXT = 8_000
MAX_VALUES = 100


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character; remove it")
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT), AfterValidator(_without_nul)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_without_nul)]
Words = Annotated[list[Word], Field(max_length=MAX_VALUES)]
# A plan comes back as it went out, with what was ignored of a long text.
PlanWords = Annotated[list[Text], Field(max_length=1_000)]
PlanText = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(_without_nul)]


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FiltersIn(Body):
    """Conditions that all must hold; unknown values of a person match none."""

    countries: Words = Field(default_factory=list, description="Names in French or English, or ISO codes.")
    cities: Words = Field(default_factory=list)
    languages: Words = Field(default_factory=list, description="Programming languages.")
    topics: Words = Field(default_factory=list)
    min_followers: Annotated[int, Field(ge=0, le=10**9)] | None = None
    active_since: Annotated[date, Field(strict=False)] | None = None
    hireable: bool | None = None
    exclude: Annotated[list[Word], Field(max_length=1_000)] = Field(
        default_factory=list, description="Logins to leave out."
    )


class NeedIn(Body):
    """A need, in a few keywords, a sentence, or a whole job advertisement, and how to answer it."""

    query: Text
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    offset: Annotated[int, Field(ge=0, le=1_000)] = 0
    filters: FiltersIn = Field(default_factory=FiltersIn)  # a shared default would be copied field by field
    plan: dict[Word, PlanWords | PlanText | Annotated[int, Field(ge=0, le=10**9)] | bool | None] | None = Field(
        default=None,
        description="Parts of the plan to set yourself, in place of what is understood: required, preferred, excluded, "
        "languages, places, seniority, active_since, min_followers, hireable, like, words. The plan of an answer may "
        "be sent back, changed or not.",
    )
    mode: Literal["hybrid", "dense", "sparse"] = "hybrid"
    rerank: bool = True
    relax: bool = Field(
        default=True, description="Loosen conditions when too few people meet them. false: hold every condition."
    )
    explain: bool = True

    def to_need(self) -> Need:
        """The need in the library's words."""
        filters = self.filters
        return Need(
            query=self.query,
            limit=self.limit,
            offset=self.offset,
            conditions=Conditions(
                countries=tuple(filters.countries),
                cities=tuple(filters.cities),
                languages=tuple(filters.languages),
                topics=tuple(filters.topics),
                min_followers=filters.min_followers,
                active_since=filters.active_since.isoformat() if filters.active_since else None,
                hireable=filters.hireable,
                exclude=tuple(filters.exclude),
            ),
            overrides=dict(self.plan or {}),
            mode=self.mode,
            rerank=self.rerank,
            explain=self.explain,
            relax=self.relax,
        )


class SearchIn(NeedIn):
    """A need and who answers it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": "embedded Rust for motor control", "limit": 5},
                {"query": "cartographie et données géographiques", "filters": {"countries": ["France"]}},
            ]
        }
    )

    version: Word | None = Field(
        default=None, description="A version, an alias or a release id; without it the serving release answers."
    )


class PredictIn(Body):
    """Texts whose skills and roles are wanted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"texts": ["Je maintiens des pipelines Airflow et Spark"], "top_k": 5}]}
    )

    texts: Annotated[list[Text], Field(min_length=1, max_length=64)]
    top_k: Annotated[int, Field(ge=1, le=50)] = 5
    embeddings: bool = False


class SimilarityIn(Body):
    """Either one source against sentences, or pairs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"source": "machine learning engineer", "sentences": ["data scientist", "pastry chef"]}]
        }
    )

    source: Text | None = None
    sentences: Annotated[list[Text], Field(min_length=1, max_length=64)] | None = None
    pairs: (
        Annotated[list[Annotated[list[Text], Field(min_length=2, max_length=2)]], Field(min_length=1, max_length=64)]
        | None
    ) = None

    @model_validator(mode="after")
    def _one_form(self) -> SimilarityIn:
        if (self.source is None) != (self.sentences is None) or (self.source is None) == (self.pairs is None):
            raise ValueError("give either source and sentences, or pairs")
        return self


class ReleaseOut(BaseModel):
    """Which release answered."""

    id: str
    model_version: int
    collection: str
    generation: int
    data_rev: str
    fingerprint: str


class PlanOut(BaseModel):
    """What was understood."""

    required: list[str]
    preferred: list[str]
    excluded: list[str]
    languages: list[str]
    places: list[str]
    seniority: str | None
    active_since: str | None
    min_followers: int | None
    hireable: bool | None
    like: list[str]
    words: str
    ignored: list[str]
    steps: list[str]


class RelaxedOut(BaseModel):
    """A condition that was loosened."""

    filter: str
    why: str
    before: int
    after: int


class PoolOut(BaseModel):
    """Who could have been found."""

    matched: int
    total: int = Field(description="People in the release, less those who asked to be left out.")
    oldest_fetch: str | None
    population: int | None = Field(description="How many the source says there are to collect; null when unknown.")


class TimingsOut(BaseModel):
    """Milliseconds."""

    plan: float
    encode: float
    search: float
    rank: float
    total: float


class SearchOut(BaseModel):
    """The answer to a need."""

    search_id: str
    plan: PlanOut
    candidates: list[CandidateOut]
    relaxed: list[RelaxedOut]
    nearest: RelaxedOut | None = Field(description="When nobody is found: the change that would find somebody.")
    pool: PoolOut
    release: ReleaseOut
    took_ms: TimingsOut


class ScoredName(BaseModel):
    """A skill or a role and how sure it is."""

    name: str
    score: float


class PredictionOut(BaseModel):
    """What one text shows."""

    skills: list[ScoredName]
    roles: list[ScoredName]
    language: str | None
    embedding: list[float] | None = None


class PredictOut(BaseModel):
    """One prediction per text, in order."""

    predictions: list[PredictionOut]
    release: ReleaseOut


class SimilarityOut(BaseModel):
    """Cosines in the order of the sentences or pairs."""

    scores: list[float]
    release: ReleaseOut
