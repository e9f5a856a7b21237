"""How people lie in a Qdrant collection, and what our filters ask of it; shared by Qdrant Edge and the server.

Filter fields lie flat in a point's payload and what the caller stored lies under one key, so their names never
collide. An unknown field is absent, and an absent field matches no condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from indexing.index import Area, Filters, IndexPoint, PersonFields
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
    ("skills", "keyword"),
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


@dataclass(frozen=True, slots=True)
class Unknown:
    """The field is not known."""

    key: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of `must` hold, none of `must_not`, and one of `should` when there are any."""

    must: tuple[Condition, ...] = ()
    must_not: tuple[Condition, ...] = ()
    should: tuple[Condition, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to ask."""
        return not (self.must or self.must_not or self.should)


Condition = AnyOf | AtLeast | Is | Unknown | Conditions


def conditions(filters: Filters, *, markers_only: bool = False) -> Conditions:
    """The filters in a form that both Qdrants translate word for word; `markers_only` keeps one point a person."""
    must: list[Condition] = [Is(MARKER, True)] if markers_only else []
    must += _where(filters)
    must += [
        AnyOf(key, values) for key, values in (("languages", filters.languages), ("topics", filters.topics)) if values
    ]
    must += [AnyOf("skills", (skill,)) for skill in filters.all_skills]
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
    must_not: list[Condition] = [AnyOf(PERSON, excluded)] if excluded else []
    if filters.without_skills:
        must_not.append(AnyOf("skills", filters.without_skills))
    must_not += [_inside(area) for area in filters.without_areas]
    return Conditions(tuple(must), tuple(must_not))


def _where(filters: Filters) -> list[Condition]:
    placed: list[Condition] = [
        AnyOf(key, values)
        for key, values in (("country", filters.countries), ("region", filters.regions), ("city", filters.cities))
        if values
    ]
    if len(filters.areas) == 1:
        placed.append(_inside(filters.areas[0]))
    elif filters.areas:
        placed.append(Conditions(should=tuple(_inside(area) for area in filters.areas)))
    if filters.or_unplaced and placed:
        return [Conditions(should=(Conditions(must=tuple(placed)), Unknown("country")))]
    return placed


def _inside(area: Area) -> Conditions:
    named = (("country", area.country), ("region", area.region), ("city", area.city))
    return Conditions(must=tuple(AnyOf(key, (value,)) for key, value in named if value is not None))


def point_fields(stored: Mapping[str, Any]) -> PersonFields:
    """The person fields that `stored_payload` laid out."""
    flag = stored.get("hireable")
    return PersonFields(
        person=int(stored[PERSON]),
        country=stored.get("country"),
        region=stored.get("region"),
        city=stored.get("city"),
        languages=tuple(stored.get("languages") or ()),
        topics=tuple(stored.get("topics") or ()),
        skills=tuple(stored.get("skills") or ()),
        followers=stored.get("followers"),
        active_day=stored.get("active_day"),
        hireable=None if flag is None else bool(flag),  # Edge keeps flags as 0 and 1
    )


def stored_payload(point: IndexPoint) -> dict[str, Any]:
    """What a point carries in the collection; unknown fields are left out."""
    fields = point.fields
    stored: dict[str, Any] = {
        "country": fields.country,
        "region": fields.region,
        "city": fields.city,
        "languages": list(fields.languages) or None,
        "topics": list(fields.topics) or None,
        "skills": list(fields.skills) or None,
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
