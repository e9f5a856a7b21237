"""The population as it stands at this moment: who left, who goes by another name, who moved since."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from flows.fake_github.draws import Draws, Numbers, mix
from flows.fake_github.population import DAY, FIRST_ACCOUNT, NOW, Population, populate
from flows.fake_github.repositories import Shelf
from flows.fake_github.ties import Ties, tie

INDEX_LAG = 30  # requests that a search goes on naming an account that is gone


@dataclass(frozen=True, slots=True)
class Renamed:
    """An account that goes by another name."""

    ordinal: int
    old: str
    new: str


class World:
    """One population and everything that happened to it."""

    def __init__(self, people: int, seed: int) -> None:
        self.population: Population = populate(people, seed)
        self.ties: Ties = tie(self.population)
        self.shelf = Shelf(self.population)
        self.now = NOW
        self.requests = 0
        self.renamed: list[Renamed] = []
        self.deleted: set[int] = set()
        self.suspended: set[int] = set()
        self.moved: dict[int, int] = {}  # ordinal -> how often its profile changed
        self.is_there: Numbers = np.ones(self.population.accounts, dtype=bool)
        self.is_there[people : people + self.population.newcomers] = False
        self.is_indexed: Numbers = self.is_there.copy()  # what a search sees, which lags behind
        self._leaving_index: deque[tuple[int, int]] = deque()
        self._by_login = {login.lower(): ordinal for ordinal, login in enumerate(self.population.logins)}
        self._redirects: dict[str, int] = {}
        self._ages = 0

    def find(self, login: str) -> int | None:
        """The account that goes by this login now."""
        ordinal = self._by_login.get(login.lower())
        return ordinal if ordinal is not None and self.is_there[ordinal] else None

    def find_owner(self, login: str) -> int | None:
        """As `find`, following a rename as repository addresses do."""
        found = self.find(login)
        if found is None:
            found = self._redirects.get(login.lower())
        return found if found is not None and self.is_there[found] else None

    def find_number(self, number: int) -> int | None:
        """The account of this database number."""
        place = number - FIRST_ACCOUNT
        if not 0 <= place < self.population.accounts:
            return None
        ordinal = int(self.population.by_number[place])
        return ordinal if self.is_there[ordinal] else None

    def tick(self) -> None:
        """Count a request; the search index catches up with those who left a while ago."""
        self.requests += 1
        while self._leaving_index and self._leaving_index[0][0] <= self.requests:
            _, ordinal = self._leaving_index.popleft()
            if not self.is_there[ordinal]:
                self.is_indexed[ordinal] = False

    def remove(self, ordinal: int, *, suspended: bool = False, lag: int = INDEX_LAG) -> None:
        """Delete or suspend an account; searches name it for `lag` more requests."""
        if not self.is_there[ordinal]:
            return
        (self.suspended if suspended else self.deleted).add(ordinal)
        self.is_there[ordinal] = False
        if lag:
            self._leaving_index.append((self.requests + lag, ordinal))
        else:
            self.is_indexed[ordinal] = False

    def restore(self, ordinal: int) -> None:
        """A suspended account comes back."""
        self.suspended.discard(ordinal)
        self.is_there[ordinal] = self.is_indexed[ordinal] = True

    def rename(self, ordinal: int, new: str | None = None) -> None:
        """Give an account another login; its ids stay, and its repositories' old addresses lead to the new ones."""
        logins = self.population.logins
        old = logins[ordinal]
        new = new or f"{old[:30].strip('-')}-{mix(self.population.seed, 91, ordinal, len(self.renamed)) % 900 + 100}"
        if new.lower() in self._by_login or not self.is_there[ordinal]:
            return
        del self._by_login[old.lower()]
        self._by_login[new.lower()] = ordinal
        self._redirects[old.lower()] = ordinal
        logins[ordinal] = new
        self.renamed.append(Renamed(ordinal, old, new))
        self._touch(ordinal)

    def age(self, days: int, *, per_mille: int = 100) -> dict[str, int]:
        """Let time pass: profiles move, people leave, come back, change names, sign up."""
        self._ages += 1
        begun, self.now = self.now, self.now + days * DAY
        draws = Draws(self.population.seed, 92, self._ages)
        counts = dict.fromkeys(("updated", "deleted", "suspended", "restored", "renamed", "new"), 0)
        for ordinal in sorted(self.suspended):
            if draws.below(2):
                self.restore(ordinal)
                counts["restored"] += 1
        there = [int(ordinal) for ordinal in np.flatnonzero(self.is_there)]
        for ordinal in there:
            if draws.chance(per_mille):
                self._touch(ordinal, begun + draws.below(days * DAY))
                self.population.followers[ordinal] += draws.below(3)
                counts["updated"] += 1
            fate = draws.below(40_000 // max(1, per_mille))
            if fate == 0 and not self.population.is_organisation(ordinal):
                self.remove(ordinal, suspended=draws.below(3) == 0, lag=0)
                counts["suspended" if ordinal in self.suspended else "deleted"] += 1
            elif fate in (1, 2):
                self.rename(ordinal)
                counts["renamed"] += 1
        counts["new"] = self._sign_up()
        self._reuse_a_login()
        return counts

    def people_there(self) -> Iterable[int]:
        """The ordinals of all people who are there."""
        return (int(ordinal) for ordinal in np.flatnonzero(self.is_there[: -self.population.organisations]))

    def _touch(self, ordinal: int, when: int | None = None) -> None:
        self.moved[ordinal] = self.moved.get(ordinal, 0) + 1
        updated = self.population.updated
        updated[ordinal] = max(int(updated[ordinal]) + 1, when if when is not None else self.now + self.requests)

    def _sign_up(self) -> int:
        first = self.population.people
        newcomers = range(first, first + self.population.newcomers)
        arrived = [each for each in newcomers if not self.is_indexed[each] and self.population.created[each] < self.now]
        for ordinal in arrived:
            if ordinal not in self.deleted:
                self.is_there[ordinal] = self.is_indexed[ordinal] = True
        return len(arrived)

    def _reuse_a_login(self) -> None:
        """Somebody takes the name that somebody else gave up, as may happen."""
        for gone in reversed(self.renamed):
            if gone.old.lower() in self._by_login:
                continue
            for other in self.people_there():
                if other != gone.ordinal and other not in self.moved:
                    self.rename(other, gone.old)
                    return
