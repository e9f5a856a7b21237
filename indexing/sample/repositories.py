"""A repository of the sample, with its hidden truth, a copy of it, and its row of the raw contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from indexing.sample.draws import REFERENCE, chance, moment, stamp
from indexing.sample.people import Person

_FIRST_REPOSITORY_ID = 8_000_000_000  # beyond every repository there is


@dataclass(frozen=True, slots=True)
class Repo:
    """One repository; `field` and `work` are its hidden truth, empty for the kind everybody has and for forks."""

    owner: str
    name: str
    description: str | None
    language: str | None
    topics: tuple[str, ...]
    stars: int | None
    forks: int | None
    is_fork: bool
    is_archived: bool
    license: str | None
    created: datetime
    pushed: datetime
    field: str
    work: str

    @property
    def full_name(self) -> str:
        """Owner and name."""
        return f"{self.owner}/{self.name}"


def fork_of(repo: Repo, person: Person, rng: Random) -> Repo:
    """Somebody's copy of another's repository: the same words, none of the work."""
    created = moment(rng, max(repo.created, person.created), REFERENCE)
    return replace(
        repo, owner=person.login, stars=0, forks=0, is_fork=True, is_archived=False, topics=(), created=created,
        pushed=moment(rng, created, REFERENCE) if chance(rng, 20) else created, field="", work="",
    )  # fmt: skip


def repo_row(repo: Repo, number: int) -> dict[str, str]:
    """The repository as a row of the raw contract; empty cells are unknown."""
    return {
        "id": str(_FIRST_REPOSITORY_ID + number),
        "owner": repo.owner,
        "name": repo.name,
        "full_name": repo.full_name,
        "description": repo.description or "",
        "language": repo.language or "",
        "topics": ";".join(repo.topics),
        "stargazers_count": "" if repo.stars is None else str(repo.stars),
        "forks_count": "" if repo.forks is None else str(repo.forks),
        "fork": str(repo.is_fork).lower(),
        "archived": str(repo.is_archived).lower(),
        "license": repo.license or "",
        "created_at": stamp(repo.created),
        "pushed_at": stamp(repo.pushed),
        "fetched_at": stamp(REFERENCE),
    }
