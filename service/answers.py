"""What the routes that only read answer; searches and predictions are in `schemas`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from service.candidate_schemas import CandidateOut, LocationOut
from service.release_loading import Stage
from service.schemas import ReleaseOut


class RootOut(BaseModel):
    """What this is."""

    name: str
    version: str
    status: str
    release: ReleaseOut | None
    links: dict[str, str]


class FollowerOut(BaseModel):
    """How this process keeps up with the champion."""

    state: Literal["following", "stalled", "registry away"]
    problem: str | None
    refused: str | None
    failures: int


class HealthOut(BaseModel):
    """Whether it serves, on what, and who does not answer."""

    status: Literal["ok", "degraded", "no release"]
    release: ReleaseOut | None
    people: int
    mlflow: Literal["ok", "unreachable"]
    qdrant: Literal["ok", "unreachable"]
    database: Literal["ok", "unreachable"] = Field(description="Tombstones and stored searches.")
    follower: FollowerOut
    detail: str | None = None


class LiveOut(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class ModelVersionOut(BaseModel):
    """One registered version; `reason` says why it could not be loaded."""

    version: int
    name: str
    fingerprint: str
    created: str
    aliases: list[str]
    metrics: dict[str, float | None]
    release: str | None
    releases: list[str]
    people: int | None
    loadable: bool
    reason: str | None


class ModelsOut(BaseModel):
    """The serving release and every registered version."""

    serving: ReleaseOut | None
    versions: list[ModelVersionOut]


class LoadingStateOut(BaseModel):
    """A release on its way to serve."""

    release: str
    model_version: int
    stage: Stage
    stages: list[Stage] = Field(description="All of them, in order; an open spare goes from the first to the last.")
    since: datetime


class LoadingOut(BaseModel):
    """How far a change of release is in the process that answers."""

    loading: LoadingStateOut | None
    serving: ReleaseOut | None


class WorkOut(BaseModel):
    """One repository as one person's work."""

    full_name: str
    url: str
    role: str
    description: str | None
    language: str | None
    topics: list[str]
    stars: int | None
    commits: int | None
    last_active_at: str | None


class ProfileOut(BaseModel):
    """One person and the works the profile rests on; null is unknown."""

    login: str
    url: str
    name: str | None
    headline: str | None
    company: str | None
    location: LocationOut
    bio: str | None
    hireable: bool | None
    followers: int | None
    stars: int | None
    last_active_at: str | None
    fetched_at: str | None
    languages: dict[str, float]
    topics: dict[str, int]
    skills: list[str]
    repositories: list[WorkOut]
    release: ReleaseOut


class SimilarPoolOut(BaseModel):
    """Who could have been found."""

    matched: int
    total: int


class IndexedOut(BaseModel):
    """Whether a login can be found here."""

    indexed: bool


class HiddenOut(BaseModel):
    """A person who has left: hidden at once, erased within a week."""

    hidden_at: datetime
    erased_at: datetime | None
    erasing: bool = Field(description="Whether the erasure began with this request.")


class SimilarOut(BaseModel):
    """People who built similar things, best first."""

    login: str
    candidates: list[CandidateOut]
    pool: SimilarPoolOut
    release: ReleaseOut


class SwitchedOut(BaseModel):
    """What a load did."""

    previous: str | None
    serving: str
    generation: int
    took_ms: float


class ProblemOut(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
