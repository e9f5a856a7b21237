"""People and passages for index tests: small fictional worlds, the same on every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexing.encoder import FloatArray
from indexing.index import Area, Filters, IndexPoint, PersonFields, SparseVector
from indexing.passages import point_id

DIMENSION = 16
COUNTRIES = ("FR", "DE", "JP")
REGIONS = ("bretagne", "île-de-france", "bavaria")
CITIES = ("brest", "rennes", "kyoto")
LANGUAGES = ("python", "rust", "go", "c++")
SKILLS = ("kubernetes", "webgl", "postgresql")
TOPICS = ("maps", "tides", "robots", "music", "cli")


def unit(*numbers: float, dimension: int = DIMENSION) -> FloatArray:
    """The unit vector in that direction, filled up with zeros."""
    vector = np.zeros(dimension, np.float32)
    vector[: len(numbers)] = numbers
    return vector / np.float32(np.linalg.norm(vector))


def marker(fields: PersonFields, login: str, **payload: object) -> IndexPoint:
    """A person's marker without words of its own."""
    return IndexPoint(point_id(fields.person, 0), fields, payload, login=login)


def passage(
    fields: PersonFields,
    number: int,
    dense: FloatArray | None = None,
    sparse: SparseVector | None = None,
    **payload: object,
) -> IndexPoint:
    """One passage of a person."""
    return IndexPoint(point_id(fields.person, number), fields, payload, dense=dense, sparse=sparse)


@dataclass(frozen=True, slots=True)
class World:
    """Random people and their passages."""

    people: tuple[PersonFields, ...]
    logins: tuple[str, ...]
    points: tuple[IndexPoint, ...]

    def owners(self, kept: Sequence[PersonFields]) -> set[int]:
        """The ids of all points with a dense vector of those people."""
        wanted = {fields.person for fields in kept}
        return {p.point_id for p in self.points if p.dense is not None and p.fields.person in wanted}


def random_world(people: int, *, seed: int = 1, dimension: int = DIMENSION, passages: int = 5) -> World:
    """People some of whose fields are unknown, each with up to that many passages; the term 7 is in every one."""
    chance = np.random.default_rng(seed)
    fields = tuple(_random_fields(person, chance) for person in range(people))
    logins = tuple(f"Person-{person}" for person in range(people))
    points: list[IndexPoint] = []
    for one, login in zip(fields, logins, strict=True):
        points.append(marker(one, login, name=f"Name {one.person}", works=[{"stars": one.person, "fork": None}]))
        for number in range(1, int(chance.integers(1, passages + 1)) + 1):
            points.append(passage(one, number, random_unit(chance, dimension), _random_terms(chance), repo=number))
    return World(fields, logins, tuple(points))


def random_unit(chance: np.random.Generator, dimension: int = DIMENSION) -> FloatArray:
    """A direction drawn evenly."""
    vector = chance.normal(size=dimension).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def _random_terms(chance: np.random.Generator) -> SparseVector:
    terms = sorted({7, *(int(term) for term in chance.choice(2**32, 3)), *(int(t) for t in chance.integers(10, 40, 4))})
    return SparseVector(tuple(terms), tuple(float(np.float32(w)) for w in chance.uniform(0.5, 2.0, len(terms))))


def _random_fields(person: int, chance: np.random.Generator) -> PersonFields:
    def maybe(values: Sequence[str]) -> str | None:
        return values[int(chance.integers(len(values)))] if chance.random() < 0.7 else None

    def some(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(value for value in values if chance.random() < 0.4)

    return PersonFields(
        person=person,
        country=maybe(COUNTRIES),
        region=maybe(REGIONS),
        city=maybe(CITIES),
        languages=some(LANGUAGES),
        topics=some(TOPICS),
        skills=some(SKILLS),
        followers=int(chance.integers(0, 100)) if chance.random() < 0.7 else None,
        active_day=int(chance.integers(19_000, 20_000)) if chance.random() < 0.7 else None,
        hireable=bool(chance.random() < 0.5) if chance.random() < 0.7 else None,
    )


def is_inside(person: PersonFields, area: Area) -> bool:
    """Whether the person is known to be there."""
    if area.country is not None and person.country != area.country:
        return False
    if area.region is not None and person.region != area.region:
        return False
    return area.city is None or person.city == area.city


def is_kept(person: PersonFields, filters: Filters) -> bool:
    """What a filter means, spelled out one condition at a time."""
    if not (filters.or_unplaced and person.country is None):
        if filters.countries and person.country not in filters.countries:
            return False
        if filters.regions and person.region not in filters.regions:
            return False
        if filters.cities and person.city not in filters.cities:
            return False
        if filters.areas and not any(is_inside(person, area) for area in filters.areas):
            return False
    if any(is_inside(person, area) for area in filters.without_areas):
        return False
    if any(skill not in person.skills for skill in filters.all_skills):
        return False
    if any(skill in person.skills for skill in filters.without_skills):
        return False
    if filters.languages and not any(language in filters.languages for language in person.languages):
        return False
    if filters.topics and not any(topic in filters.topics for topic in person.topics):
        return False
    if filters.min_followers is not None and (person.followers is None or person.followers < filters.min_followers):
        return False
    since = filters.active_since_day
    if since is not None and (person.active_day is None or person.active_day < since):
        return False
    if filters.hireable is not None and person.hireable != filters.hireable:
        return False
    if filters.only_people and person.person not in filters.only_people:
        return False
    return person.person not in filters.exclude_people


def endless(points: Sequence[IndexPoint]) -> Iterator[IndexPoint]:
    """The points over and over, each time of other people: a build that never comes to its end by itself."""
    shift = 0
    people = 1 + max(point.fields.person for point in points)
    while True:
        for point in points:
            person = point.fields.person + shift
            number = point.point_id - point_id(point.fields.person, 0)
            yield IndexPoint(
                point_id(person, number), PersonFields(person), point.payload, None, point.dense, point.sparse
            )
        shift += people
