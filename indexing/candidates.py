"""What an answer is made of: the plan that was understood, the people found, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from indexing.profiles import Profile

Mode = Literal["hybrid", "dense", "sparse"]
Seniority = Literal["junior", "senior", "lead"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was understood of a need; everything in it can be overridden by the caller.

    Places are labels as `places.place_label` writes them: "Lyon", "Paris, Texas", "Germany", "near Lyon", "remote".
    """

    required: tuple[str, ...] = ()  # catalogue skills that every candidate must have
    preferred: tuple[str, ...] = ()  # wishes: catalogue skills, or labels of places
    excluded: tuple[str, ...] = ()  # catalogue skills, labels of places, "@login", or words as written
    languages: tuple[str, ...] = ()  # programming languages, all of them also in required or preferred
    places: tuple[str, ...] = ()  # any one suffices; beside "remote" they are wishes
    seniority: Seniority | None = None
    active_since: str | None = None  # ISO date
    min_followers: int | None = None
    hireable: bool | None = None
    like: tuple[str, ...] = ()  # logins
    words: str = ""  # what both legs search: the need without its conditions, negations and courtesies
    ignored: tuple[str, ...] = ()  # words that changed nothing
    steps: tuple[str, ...] = ()  # what was done, in order


@dataclass(frozen=True, slots=True)
class Conditions:
    """Filters as people write them; resolved to an index's filters by `query.resolve`."""

    countries: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    min_followers: int | None = None
    active_since: str | None = None  # ISO date
    hireable: bool | None = None
    exclude: tuple[str, ...] = ()  # logins


@dataclass(frozen=True, slots=True)
class Need:
    """One search as asked."""

    query: str
    limit: int = 10
    offset: int = 0
    conditions: Conditions = Conditions()
    overrides: dict[str, Any] = field(default_factory=dict)
    mode: Mode = "hybrid"
    rerank: bool = True
    explain: bool = True
    relax: bool = True  # loosen conditions when fewer people meet them than are asked for


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """The score, taken apart; the four add up to it."""

    dense: float = 0.0
    sparse: float = 0.0
    prior: float = 0.0
    rerank: float = 0.0

    @property
    def total(self) -> float:
        """The score."""
        return self.dense + self.sparse + self.prior + self.rerank


@dataclass(frozen=True, slots=True)
class Evidence:
    """One claim and the person's own words it stands on; `quote` is a verbatim substring of `field`."""

    claim: str
    repo: str | None  # full name; None for the person's own words
    url: str
    field: str  # name | description | topics | language | bio
    quote: str
    score: float  # what the score would lose without this passage
    fetched_at: str | None
    words: tuple[str, ...] = ()  # of the quote, as they stand there: what of the need is in it


@dataclass(frozen=True, slots=True)
class Matched:
    """What of the need the person has."""

    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person found."""

    rank: int
    profile: Profile
    score: float
    parts: ScoreParts
    matched: Matched = Matched()
    missing: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    place: tuple[float, float] | None = None  # on the release's map, each from 0 to 1


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One condition that was loosened, and what that brought."""

    filter: str
    why: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Pool:
    """Who could have been found."""

    matched: int  # people the filters keep
    total: int
    oldest_fetch: str | None
    population: int | None = None  # people at the source, of whom `total` were collected; None when it cannot tell


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds spent in each stage."""

    plan: float
    encode: float
    search: float
    rank: float

    @property
    def total(self) -> float:
        """All stages together."""
        return self.plan + self.encode + self.search + self.rank


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, before it is put on HTTP."""

    plan: Plan
    candidates: tuple[Candidate, ...]
    relaxed: tuple[Relaxation, ...]
    pool: Pool
    timings: Timings
    nearest: Relaxation | None = None  # when nobody was found: the change that would find somebody
