"""Who worked on whose repositories: owners, maintainers, members, contributors, and bots that never tire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from indexing.sample.draws import REFERENCE, chance, heavy, moment, stamp, stream, weighted
from indexing.sample.people import Person
from indexing.sample.repositories import Repo


@dataclass(frozen=True, slots=True)
class Contribution:
    """One account's part in one repository."""

    login: str
    repo: Repo
    role: str
    commits: int | None
    first: datetime | None
    last: datetime | None


def contributions(
    repos: Sequence[Repo], people: Mapping[str, Person], bots: Sequence[str], seed: int
) -> list[Contribution]:
    """Every owner's own part, and others' where a repository drew company from the same field."""
    pools = _pools(people)
    made: list[Contribution] = []
    for repo in repos:
        rng = stream(seed, "company", repo.full_name)
        if repo.owner in people:
            made.append(_part(repo.owner, repo, "owner", rng))
        if repo.is_fork or not repo.field:
            continue
        size, pool = _company_size(repo, repo.owner in people, rng), pools.get(repo.field, [])
        # One more than needed, should the owner be among them: pools are long, and repositories many.
        company = [login for login in rng.sample(pool, min(len(pool), size + 1)) if login != repo.owner]
        for turn, login in enumerate(company[:size]):
            made.append(_part(login, repo, _role(turn, repo.owner in people, rng), rng))
        if bots and (repo.stars or 0) > 40 and chance(rng, 30):
            made.append(_part(rng.choice(bots), repo, "contributor", rng))
    return made


def contribution_row(part: Contribution) -> dict[str, str]:
    """The contribution as a row of the raw contract."""
    return {
        "login": part.login,
        "full_name": part.repo.full_name,
        "role": part.role,
        "commits": "" if part.commits is None else str(part.commits),
        "first_at": "" if part.first is None else stamp(part.first),
        "last_at": "" if part.last is None else stamp(part.last),
    }


def _pools(people: Mapping[str, Person]) -> dict[str, list[str]]:
    """For each field, those for whom it is no passing interest."""
    pools: dict[str, list[str]] = {}
    for person in people.values():
        for interest in person.interests:
            if interest.weight > 1:
                pools.setdefault(interest.field, []).append(person.login)
    return pools


def _company_size(repo: Repo, has_person: bool, rng: Random) -> int:
    if not has_person:
        return rng.randrange(2, 7)
    draws = 60 if (repo.stars or 0) > 30 else 9
    return 1 + heavy(rng, 0.7, 5) if chance(rng, draws) else 0


def _role(turn: int, has_person: bool, rng: Random) -> str:
    if not has_person and turn < 2:
        return "maintainer" if turn == 0 or chance(rng, 50) else "member"
    return weighted(rng, [("contributor", 88), ("maintainer", 12)])


def _part(login: str, repo: Repo, role: str, rng: Random) -> Contribution:
    commits = (2 if role == "contributor" else 9) + heavy(rng, 4 if role == "contributor" else 22, 3_000)
    if chance(rng, 4):
        return Contribution(login, repo, role, None, None, None)
    if role == "owner":
        return Contribution(login, repo, role, 0 if repo.is_fork else commits, repo.created, repo.pushed)
    first = moment(rng, repo.created, min(repo.pushed, REFERENCE))
    return Contribution(login, repo, role, commits, first, moment(rng, first, repo.pushed, late=True))
