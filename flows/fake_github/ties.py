"""Who belongs to which organisation and who contributed to whose repository, readable from both ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flows.fake_github.draws import Numbers, mix_many, shares
from flows.fake_github.population import Population


@dataclass(frozen=True, slots=True, repr=False)
class Pairs:
    """Pairs of (account, other number), sorted by account and, in a second order, by the other."""

    accounts: Numbers
    others: Numbers
    _by_other: Numbers
    _sorted_others: Numbers

    @classmethod
    def of(cls, accounts: Numbers, others: Numbers) -> Pairs:
        """Each pair once."""
        pairs = np.unique(np.stack([accounts, others], axis=1), axis=0) if len(accounts) else np.empty((0, 2), int)
        order = np.argsort(pairs[:, 1], kind="stable")
        return cls(pairs[:, 0], pairs[:, 1], pairs[order, 0], pairs[order, 1])

    def of_account(self, ordinal: int) -> list[int]:
        """What this account is tied to."""
        low, high = np.searchsorted(self.accounts, [ordinal, ordinal + 1])
        return [int(other) for other in self.others[low:high]]

    def of_other(self, number: int) -> list[int]:
        """The accounts tied to this."""
        low, high = np.searchsorted(self._sorted_others, [number, number + 1])
        return [int(account) for account in self._by_other[low:high]]


@dataclass(frozen=True, slots=True, repr=False)
class Ties:
    """Memberships (account, organisation) and contributions (account, repository of somebody else)."""

    members: Pairs
    contributions: Pairs


def tie(population: Population) -> Ties:
    """The ties of a population; those of people who will sign up later are there with them."""
    people = np.arange(population.people + population.newcomers)
    return Ties(_members(population, people), _contributions(population, people))


def _members(population: Population, people: Numbers) -> Pairs:
    first = population.people + population.newcomers
    pairs = []
    for turn, per_hundred in enumerate((16, 4)):
        is_member = mix_many(population.seed, 51 + turn, people) % np.uint64(100) < per_hundred
        joined = mix_many(population.seed, 53 + turn, people) % np.uint64(population.organisations)
        pairs.append(np.stack([people[is_member], first + joined[is_member].astype(np.int64)]))
    both = np.concatenate(pairs, axis=1)
    return Pairs.of(both[0], both[1])


def _contributions(population: Population, people: Numbers) -> Pairs:
    """None for half of the people, up to forty for a few; two in five go to what organisations own."""
    seed, total = population.seed, int(population.starts[-1])
    counts = np.minimum(40, (0.9 * (1 / (1 - shares(mix_many(seed, 55, people))) - 1)).astype(np.int64))
    accounts = np.repeat(people, counts)
    every = np.arange(len(accounts))
    first_of_organisations = int(population.starts[population.people + population.newcomers])
    draw = shares(mix_many(seed, 56, every))
    to_organisation = mix_many(seed, 57, every) % np.uint64(5) < 2
    low = np.where(to_organisation, first_of_organisations, 0)
    targets = (low + draw * (total - low)).astype(np.int64)
    owners = np.searchsorted(population.starts, targets, side="right") - 1
    is_later = (owners >= population.people) & (owners < population.people + population.newcomers)
    kept = (owners != accounts) & ~population.is_fork[targets] & ~is_later
    return Pairs.of(accounts[kept], targets[kept])
