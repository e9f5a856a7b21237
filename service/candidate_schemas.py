"""What one person found looks like; the parts of it that other answers have too."""

from __future__ import annotations

from pydantic import BaseModel, Field


class LocationOut(BaseModel):
    """A place as written and as understood."""

    raw: str | None
    country: str | None
    region: str | None
    city: str | None
    latitude: float | None = Field(description="Of the city, else of the middle of the country's people.")
    longitude: float | None


class EvidenceOut(BaseModel):
    """One claim and the words it stands on."""

    claim: str
    repo: str | None
    url: str
    field: str
    quote: str
    words: list[str] = Field(description="Words of the quote, as they stand there, that the need or its skills name.")
    score: float
    fetched_at: str | None


class MatchedOut(BaseModel):
    """What of the need the person has."""

    skills: list[str]
    languages: list[str]
    topics: list[str]


class ScorePartsOut(BaseModel):
    """The four parts add up to the score."""

    dense: float
    sparse: float
    prior: float
    rerank: float


class LanguageShareOut(BaseModel):
    """A programming language and how much of the person's work is in it, 0 to 1."""

    name: str
    share: float


class MapPlaceOut(BaseModel):
    """Where the person's work lies among everybody's: near means alike; both from 0 to 1."""

    x: float
    y: float


class CandidateOut(BaseModel):
    """One person found."""

    rank: int
    login: str
    url: str
    name: str | None
    headline: str | None
    location: LocationOut
    languages: list[LanguageShareOut] = Field(description="The most used first, at most six.")
    map: MapPlaceOut | None = Field(description="null: of nobody without own work, nor in releases built before maps.")
    score: float
    score_parts: ScorePartsOut
    matched: MatchedOut
    missing: list[str]
    evidence: list[EvidenceOut]
