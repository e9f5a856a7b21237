"""The index port: where passages live and are found.

A store makes, opens, lists and drops collections; an index answers from one of them. The words here are ours; nothing
of a database appears. Every implementation passes the same contract suite (tests/contracts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from indexing.encoder import FloatArray

Payload = Mapping[str, Any]
CountedField = Literal["country", "city", "languages", "topics"]


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term ids (32-bit, ascending, unique) and their weights."""

    indices: tuple[int, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonFields:
    """What filters look at; every point of a person carries the same. None: unknown, which no filter matches."""

    person: int
    country: str | None = None  # ISO 3166-1 alpha-2
    region: str | None = None  # canonical name, casefolded
    city: str | None = None  # canonical name, casefolded
    languages: tuple[str, ...] = ()  # casefolded
    topics: tuple[str, ...] = ()  # casefolded
    skills: tuple[str, ...] = ()  # the catalogue's names, casefolded
    followers: int | None = None
    active_day: int | None = None  # days since 1970-01-01 of the last activity
    hireable: bool | None = None


@dataclass(frozen=True, slots=True)
class IndexPoint:
    """A passage on its way into a collection. No vectors: a marker that is only read and counted."""

    point_id: int
    fields: PersonFields
    payload: Payload  # JSON-able; the profile on a marker (number 0), the quoted fields on a passage
    login: str | None = None  # on markers only
    dense: FloatArray | None = None
    sparse: SparseVector | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the world as filters name it; what is None is not asked about."""

    country: str | None = None
    region: str | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on the person, all of which must hold; inside a list, any one suffices. Empty: no condition.

    What is unknown of a person meets no condition and no refusal: nobody is left out for a place they did not name.
    """

    areas: tuple[Area, ...] = ()
    or_unplaced: bool = False  # who named no place meets every condition on places
    all_skills: tuple[str, ...] = ()  # every one of them
    without_skills: tuple[str, ...] = ()
    without_areas: tuple[Area, ...] = ()
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    min_followers: int | None = None
    active_since_day: int | None = None
    hireable: bool | None = None
    exclude_people: tuple[int, ...] = ()  # ordinals
    only_people: tuple[int, ...] = field(default=())  # ordinals; empty: everybody

    @property
    def is_empty(self) -> bool:
        """Whether nobody is filtered out."""
        return self == Filters()


def keeps(fields: PersonFields, filters: Filters) -> bool:
    """Whether the filters keep this person; what is unknown is never a match."""
    any_of = (
        (filters.languages, fields.languages),
        (filters.topics, fields.topics),
        (filters.only_people, (fields.person,)),
    )
    at_least = ((filters.min_followers, fields.followers), (filters.active_since_day, fields.active_day))
    return (
        all(not wanted or not set(wanted).isdisjoint(known) for wanted, known in any_of)
        and all(least is None or (known is not None and known >= least) for least, known in at_least)
        and (filters.hireable is None or fields.hireable is filters.hireable)
        and fields.person not in filters.exclude_people
        and set(filters.all_skills).issubset(fields.skills)
        and set(filters.without_skills).isdisjoint(fields.skills)
        and not any(_lives_in(fields, area) for area in filters.without_areas)
        and (_is_placed(fields, filters) or (filters.or_unplaced and fields.country is None))
    )


def _is_placed(fields: PersonFields, filters: Filters) -> bool:
    named = ((filters.countries, fields.country), (filters.regions, fields.region), (filters.cities, fields.city))
    return all(not wanted or known in wanted for wanted, known in named) and (
        not filters.areas or any(_lives_in(fields, area) for area in filters.areas)
    )


def _lives_in(fields: PersonFields, area: Area) -> bool:
    named = ((area.country, fields.country), (area.region, fields.region), (area.city, fields.city))
    return all(wanted is None or known == wanted for wanted, known in named)


@dataclass(frozen=True, slots=True)
class Hits:
    """Passages found by one leg, best first; equal scores in ascending point id."""

    points: NDArray[np.uint64]  # (n,)
    scores: FloatArray  # (n,) inner products

    def __len__(self) -> int:
        return len(self.points)


class ProfileIndex(Protocol):
    """One opened collection. Thread-safe for reading."""

    def search_dense(self, vector: FloatArray, *, limit: int, filters: Filters = ..., exact: bool = False) -> Hits:
        """The passages nearest to a unit vector (cosine); `exact` looks at every one. InvalidVector on NaN or size."""

    def search_sparse(self, vector: SparseVector, *, limit: int, filters: Filters = ...) -> Hits:
        """The passages with the largest inner product above 0."""

    def count_people(self, filters: Filters = ...) -> int:
        """How many people the filters keep, exactly."""

    def count_values(self, field: CountedField, *, limit: int, filters: Filters = ...) -> dict[str, int]:
        """The values that most people have, and how many of those whom the filters keep, exactly.

        Most people first, then in the order of the values. Who has two values counts for both, who has none for none.
        """

    def count_passages(self) -> int:
        """How many points have a dense vector."""

    def find_people(self, logins: Sequence[str]) -> dict[str, int]:
        """The ordinals of those logins (any case) that are here, keyed as they were asked."""

    def read(self, points: Sequence[int]) -> list[Payload | None]:
        """Payloads in the order asked; None where there is no such point."""

    def read_dense(self, points: Sequence[int]) -> list[FloatArray | None]:
        """Dense vectors in the order asked; None where the point is missing or has none."""

    def points(self) -> Iterator[IndexPoint]:
        """Every point as it was built, in ascending id: a copy made of them answers alike."""

    def delete_people(self, people: Sequence[int]) -> int:
        """Remove all points of these ordinals, return how many people went. ReadOnlyIndex where not allowed."""

    def delete_points(self, points: Sequence[int]) -> None:
        """Remove single points, markers apart. ReadOnlyIndex where not allowed."""

    def close(self) -> None:
        """Release files, connections and memory; using the index afterwards raises IndexUnavailable."""


class CollectionStore(Protocol):
    """All collections of one engine."""

    def build(
        self,
        collection: str,
        points: Iterable[IndexPoint],
        *,
        dimension: int,
        manifest: Mapping[str, Any],
    ) -> None:
        """Write a whole collection, optimise it, and only then let it be seen. Refuses a name that exists.

        The manifest's `hnsw_m`, where it has one, says how dense the graph is.

        Stopped or killed at any moment, it leaves nothing that `names` lists, and nothing that a later build trips
        over. InvalidVector when a vector is not finite or not of `dimension`.
        """

    def open(self, collection: str, *, hnsw_ef: int | None = None) -> ProfileIndex:
        """Open for searching, with the depth that the manifest says or another. CollectionNotFound when missing."""

    def manifest(self, collection: str) -> Mapping[str, Any]:
        """The manifest the collection was built with. CollectionNotFound when it is not there."""

    def names(self) -> list[str]:
        """Complete collections, sorted."""

    def drop(self, collection: str) -> None:
        """Remove a collection; nothing happens when it is not there."""

    def save(self, collection: str, folder: Path) -> None:
        """Copy a collection into an empty folder, as it is now. CollectionNotFound when it is not there."""

    def recover(self, collection: str, folder: Path) -> None:
        """Bring back what `save` wrote, whole or not at all. Refuses a name that exists."""

    def sweep(self) -> list[str]:
        """Remove what killed builds and dead processes left behind; returns what was removed."""

    def is_held(self, collection: str) -> bool:
        """Whether a process of this machine still has files of a collection that was dropped."""

    def is_open(self, collection: str) -> bool:
        """Whether a process of this machine has it open; False where only the engine's server could tell."""

    def is_healthy(self) -> bool:
        """Whether the engine answers now."""

    def close(self) -> None:
        """Give up connections and what is held in memory; indexes opened here may stop answering."""
