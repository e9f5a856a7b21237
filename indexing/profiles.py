"""One profile per person: who they are, where, and what they built.

`None` always means unknown: it is never 0, never a match for a filter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

# An address that a page may link to: never `javascript:`, no name or key in it, nothing that ends an attribute.
WEB_ADDRESS = r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[A-Za-z0-9._~%+/-]*)?"
LONGEST_ADDRESS = 500
_GITHUB = "https://github.com"


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
    html_url: str | None = None  # where it is seen; None: on github.com, by its name


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
    html_url: str | None = None  # where the account is seen; None: on github.com, by the login
    works: tuple[Work, ...] = ()  # most relevant first: owned, starred, recent

    def __repr__(self) -> str:
        """Show no personal text: a repr ends up in logs."""
        return f"Profile(works={len(self.works)})"


def repository_url(work: Work) -> str:
    """Where a repository is seen: where it was collected, github.com otherwise."""
    return web_address(work.html_url) or f"{_GITHUB}/{work.full_name}"


def person_url(profile: Profile) -> str:
    """Where a person is seen: where they were collected, github.com otherwise."""
    return web_address(profile.html_url) or f"{_GITHUB}/{profile.login}"


def web_address(text: str | None) -> str | None:
    """The text when it is an address that a page may link to, else None."""
    if text is None or len(text) > LONGEST_ADDRESS:
        return None
    return text if re.fullmatch(WEB_ADDRESS, text) else None


def remaining(profiles: Iterable[Profile], covers: Callable[..., bool]) -> Iterator[Profile]:
    """Everybody whom `covers` (login, id) does not name, without works in repositories of those it names.

    A repository's name holds its owner's login.
    """
    for profile in profiles:
        if not covers(profile.login, profile.node_id):
            gone = works_of(profile, covers)
            yield replace(profile, works=tuple(w for w in profile.works if w not in gone)) if gone else profile


def works_of(profile: Profile, covers: Callable[..., bool]) -> tuple[Work, ...]:
    """A person's works in repositories whose owner `covers` names."""
    return tuple(work for work in profile.works if covers(work.full_name.partition("/")[0]))
