"""What a plan asks of an index: filters, wishes and refusals in the index's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from indexing.candidates import Conditions, Plan
from indexing.errors import InvalidNeed
from indexing.index import Area, Filters, ProfileIndex
from indexing.places import Place, read_label
from indexing.query import day_of, resolve
from indexing.skills import Catalogue

REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A plan and its conditions in the index's words."""

    filters: Filters
    skills: tuple[str, ...]  # the catalogue's names: required first, then preferred
    areas: tuple[Area, ...]  # wished for: each step towards one counts
    refused_words: tuple[str, ...]  # what nobody found may have written


def resolve_plan(plan: Plan, conditions: Conditions, index: ProfileIndex, catalogue: Catalogue) -> Wanted:
    """What to filter by, to wish for and to refuse. InvalidNeed names a value that is not understood."""
    given = resolve(conditions, index, catalogue)
    refused = _refused(plan, catalogue)
    lives_anywhere = REMOTE in plan.places
    places = () if lives_anywhere else _areas(plan.places, field="plan.places")
    wishes = [entry for entry in plan.preferred if _skill_name(entry, catalogue) is None]
    wished = [*(plan.places if lives_anywhere else ()), *wishes]
    logins = [*refused.logins, *plan.like]
    excluded = index.find_people(logins).values() if logins else ()
    day = day_of(plan.active_since, field="plan.active_since")
    return Wanted(
        filters=narrowed(
            Filters(
                areas=places,
                all_skills=tuple(dict.fromkeys(_named(entry, catalogue).casefold() for entry in plan.required)),
                without_skills=tuple(name.casefold() for name in refused.skills),
                without_areas=refused.areas,
                min_followers=plan.min_followers,
                active_since_day=day,
                hireable=plan.hireable,
                exclude_people=tuple(sorted(excluded)),
            ),
            given,
        ),
        skills=tuple(dict.fromkeys(_named(entry, catalogue) for entry in (*plan.required, *plan.preferred)
                                   if entry not in wishes or not read_label(entry))),
        areas=tuple(area for entry in wished for area in _known_areas(entry)),
        refused_words=refused.words,
    )  # fmt: skip


def narrowed(understood: Filters, given: Filters) -> Filters:
    """What a plan asks with what its caller's conditions ask; of two bounds the tighter, whom to leave out from both.

    Whether people must be open to work, the caller decides.
    """
    return replace(
        understood,
        countries=given.countries,
        cities=given.cities,
        languages=given.languages,
        topics=given.topics,
        min_followers=_largest(understood.min_followers, given.min_followers),
        active_since_day=_largest(understood.active_since_day, given.active_since_day),
        hireable=understood.hireable if given.hireable is None else given.hireable,
        exclude_people=tuple(sorted({*understood.exclude_people, *given.exclude_people})),
    )


@dataclass(frozen=True, slots=True)
class _Refused:
    skills: tuple[str, ...]
    areas: tuple[Area, ...]
    logins: tuple[str, ...]
    words: tuple[str, ...]


def _refused(plan: Plan, catalogue: Catalogue) -> _Refused:
    """The plan's refusals by what they name: a skill first, then a place, else words."""
    skills, areas, logins, words = [], [], [], []
    for entry in plan.excluded:
        name = _skill_name(entry, catalogue)
        if entry.startswith("@"):
            logins.append(entry[1:])
        elif name is not None:
            skills.append(name)
        elif found := [area for area in _known_areas(entry) if area != Area()]:
            areas += found
        elif entry.strip():
            words.append(entry)
    return _Refused(tuple(skills), tuple(areas), tuple(logins), tuple(words))


def _skill_name(entry: str, catalogue: Catalogue) -> str | None:
    skill = catalogue.normalise(entry)
    return None if skill is None else skill.name


def _named(entry: str, catalogue: Catalogue) -> str:
    return _skill_name(entry, catalogue) or entry


def area_of(place: Place) -> Area:
    """A place as filters compare it."""
    region, city = (name.casefold() if name else None for name in (place.region, place.city))
    return Area(place.country, region, city)


def _known_areas(label: str) -> Iterator[Area]:
    for place in read_label(label):
        if not place.remote:
            yield area_of(place)


def _areas(labels: Sequence[str], *, field: str) -> tuple[Area, ...]:
    areas: list[Area] = []
    for at, label in enumerate(labels):
        found = list(_known_areas(label))
        if not found:
            raise InvalidNeed(
                f"{field}[{at}]: no such place is known; give a name in French or English, or an ISO code.",
                field=f"{field}[{at}]",
            )
        areas += found
    return tuple(dict.fromkeys(areas))


def _largest(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)
