"""One profile per person: who they are, where, and what they built.

`None` always means unknown: it is never 0, never a match for a filter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Work:
    """One repository as one person's work."""

    full_name: str
    name: str
    role: str  # owner | member | contributor | maintainer
    description: str = ""
    language: str | None = None
    topics: tuple[str, ...] = ()
    stars: int | None = None
    forks: int | None = None
    is_fork: bool | None = None
    is_archived: bool | None = None
    license: str | None = None
    commits: int | None = None
    created_at: datetime | None = None
    last_active_at: datetime | None = None  # this person's last commit here, else the repository's last push
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One person, enriched; equal input gives equal profiles whatever the order of the rows."""

    login: str
    node_id: str | None = None
    kind: str | None = None  # User | Organization | Bot, None when unknown
    name: str | None = None
    company: str | None = None
    location: str | None = None  # as the person wrote it
    country: str | None = None  # ISO 3166-1 alpha-2
    region: str | None = None
    city: str | None = None
    bio: str = ""
    hireable: bool | None = None
    followers: int | None = None
    following: int | None = None
    public_repos: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    fetched_at: datetime | None = None
    last_active_at: datetime | None = None
    stars: int | None = None  # over owned works, None when every one is unknown
    languages: dict[str, float] = field(default_factory=dict)  # share of the person's work, sums to 1
    topics: dict[str, int] = field(default_factory=dict)  # works carrying each topic
    skills: tuple[str, ...] = ()  # catalogue names, most supported first
    works: tuple[Work, ...] = ()  # most relevant first: owned, starred, recent

    def __repr__(self) -> str:
        """Show no personal text: a repr ends up in logs."""
        return f"Profile(works={len(self.works)})"


def repository_url(full_name: str) -> str:
    """The public address of a repository."""
    return f"https://github.com/{full_name}"


def person_url(login: str) -> str:
    """The public address of a person."""
    return f"https://github.com/{login}"
