"""How people lie in a Qdrant collection, and what our filters ask of it; shared by Qdrant Edge and the server.

Filter fields lie flat in a point's payload and what the caller stored lies under one key, so their names never
collide. An unknown field is absent, and an absent field matches no condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from indexing.index import Filters, IndexPoint
from indexing.passages import PASSAGE_BITS

DENSE = "dense"
SPARSE = "sparse"
BODY = "body"  # the caller's payload
PERSON = "person"
MARKER = "marker"
LOGIN = "login"

_PASSAGE_MASK = (1 << PASSAGE_BITS) - 1

FieldKind = Literal["keyword", "integer_lookup", "integer_range", "bool"]
# Every field a filter looks at has an index, made before the HNSW graph: Qdrant links the graph along them.
INDEXED_FIELDS: tuple[tuple[str, FieldKind], ...] = (
    (PERSON, "integer_lookup"),
    (MARKER, "bool"),
    (LOGIN, "keyword"),
    ("country", "keyword"),
    ("region", "keyword"),
    ("city", "keyword"),
    ("languages", "keyword"),
    ("topics", "keyword"),
    ("followers", "integer_range"),
    ("active_day", "integer_range"),
    ("hireable", "bool"),
)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field holds one of these values."""

    key: str
    values: tuple[str, ...] | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The field is known and not smaller."""

    key: str
    value: int


@dataclass(frozen=True, slots=True)
class Is:
    """The field is known and equal."""

    key: str
    value: bool


Condition = AnyOf | AtLeast | Is


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of `must` hold and none of `must_not`."""

    must: tuple[Condition, ...] = ()
    must_not: tuple[Condition, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to ask."""
        return not self.must and not self.must_not


def conditions(filters: Filters, *, markers_only: bool = False) -> Conditions:
    """The filters in a form that both Qdrants translate word for word; `markers_only` keeps one point a person."""
    must: list[Condition] = [Is(MARKER, True)] if markers_only else []
    for key, values in (
        ("country", filters.countries),
        ("region", filters.regions),
        ("city", filters.cities),
        ("languages", filters.languages),
        ("topics", filters.topics),
    ):
        if values:
            must.append(AnyOf(key, values))
    if filters.min_followers is not None:
        must.append(AtLeast("followers", filters.min_followers))
    if filters.active_since_day is not None:
        must.append(AtLeast("active_day", filters.active_since_day))
    if filters.hireable is not None:
        must.append(Is("hireable", filters.hireable))
    # int(): ordinals come out of arrays too, and both clients refuse numpy's integers.
    if filters.only_people:
        must.append(AnyOf(PERSON, tuple(int(person) for person in filters.only_people)))
    excluded = tuple(int(person) for person in filters.exclude_people)
    must_not = (AnyOf(PERSON, excluded),) if excluded else ()
    return Conditions(tuple(must), must_not)


def stored_payload(point: IndexPoint) -> dict[str, Any]:
    """What a point carries in the collection; unknown fields are left out."""
    fields = point.fields
    stored: dict[str, Any] = {
        "country": fields.country,
        "region": fields.region,
        "city": fields.city,
        "languages": list(fields.languages) or None,
        "topics": list(fields.topics) or None,
        "followers": fields.followers,
        "active_day": fields.active_day,
        "hireable": fields.hireable,
    }
    stored = {name: value for name, value in stored.items() if value is not None}
    stored[PERSON] = fields.person
    stored[BODY] = dict(point.payload)
    if point.point_id & _PASSAGE_MASK == 0:
        stored[MARKER] = True
        if point.login is not None:
            stored[LOGIN] = point.login.casefold()
    return stored
