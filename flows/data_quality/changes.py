"""What changed between two collections: people and repositories that came, went or differ, and fields that emptied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from flows.data_quality.facts import Facts, Identities, Missing

EMPTIER_BY = 0.05  # of all rows: below, a field breathes; above, a source may have stopped telling


@dataclass(frozen=True, slots=True)
class Moved:
    """How many came, went, say something else, and are as they were."""

    new: int
    gone: int
    changed: int
    same: int


@dataclass(frozen=True, slots=True)
class Emptier:
    """A field that more rows lack than before."""

    table: str
    column: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Changes:
    """From the collection before to this one; how rows moved is unknown when only its counts were left."""

    people: Moved | None
    repositories: Moved | None
    emptier: tuple[Emptier, ...]

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Changes:
        """Read back what a report kept; KeyError or TypeError when it is not that."""
        people, repositories = (Moved(**values[name]) if values[name] else None for name in ("people", "repositories"))
        return Changes(people, repositories, tuple(Emptier(**one) for one in values["emptier"]))


def changes(before: Facts, after: Facts) -> Changes:
    """Compare two collections."""
    return Changes(
        moved(before.people, after.people),
        moved(before.repositories, after.repositories),
        emptier(before.missing, after.missing),
    )


def moved(before: Identities, after: Identities) -> Moved:
    """How rows moved; several rows under one identity are one."""
    was, first = np.unique(before.keys, return_index=True)
    now, second = np.unique(after.keys, return_index=True)
    both, in_was, in_now = np.intersect1d(was, now, assume_unique=True, return_indices=True)
    changed = int((before.contents[first][in_was] != after.contents[second][in_now]).sum())
    return Moved(len(now) - len(both), len(was) - len(both), changed, len(both) - changed)


def emptier(before: Missing, after: Missing) -> tuple[Emptier, ...]:
    """The fields that emptied most, first; a column that only one of the two has is left out."""
    found = [
        Emptier(table, column, was, after[table][column])
        for table, columns in before.items()
        for column, was in columns.items()
        if after.get(table, {}).get(column, 0.0) > was + EMPTIER_BY
    ]
    return tuple(sorted(found, key=lambda one: (one.before - one.after, one.table, one.column)))
