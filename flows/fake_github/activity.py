"""How many contributions somebody made on which day: a draw a day, so that windows add up however they are cut."""

from __future__ import annotations

import numpy as np

from flows.fake_github.draws import Numbers, mix, mix_many
from flows.fake_github.population import DAY, Population

KINDS = ("commits", "issues", "pull_requests", "reviews")
_BUSY_PER_HUNDRED, _HEAVIEST_PER_THOUSAND = 25, 6


def is_busy(population: Population, ordinal: int) -> bool:
    """One of the quarter for whom a year is too much to ask at once."""
    return mix(population.seed, 61, ordinal) % 100 < _BUSY_PER_HUNDRED or is_heaviest(population, ordinal)


def is_heaviest(population: Population, ordinal: int) -> bool:
    """One of the few for whom even half a year is too much; who owns thousands of repositories always is."""
    owned = len(population.repositories(ordinal))
    return owned >= 900 or mix(population.seed, 62, ordinal) % 1_000 < _HEAVIEST_PER_THOUSAND


def per_day(population: Population, ordinal: int, first_day: int, last_day: int) -> Numbers:
    """[day, kind] counts from the first to the last day, both included; days since 1970."""
    days = np.arange(first_day, last_day + 1)
    bits = mix_many(population.seed, 63, ordinal, days)
    busy = 40 if is_busy(population, ordinal) else 1 + mix(population.seed, 64, ordinal) % 25
    opened, quiet = population.created[ordinal] // DAY, population.active[ordinal] // DAY
    works = (bits % np.uint64(100) < busy) & (days >= opened) & (days <= quiet)
    counts = np.zeros((len(days), len(KINDS)), dtype=np.int64)
    counts[:, 0] = np.where(works, 1 + (bits >> np.uint64(8)).astype(np.int64) % 9, 0)
    for kind, one_in in ((1, 6), (2, 4), (3, 7)):
        counts[:, kind] = works & ((bits >> np.uint64(16 + kind * 8)) % np.uint64(one_in) == 0)
    return counts


def opened_repositories(population: Population, ordinal: int, begin: int, end: int) -> int:
    """How many repositories somebody opened between two moments, in seconds since 1970, both included."""
    created = population.repository_created[population.repositories(ordinal)]
    return int(((created >= begin) & (created <= end)).sum())
