"""Loosening conditions, the softest first, when fewer people meet them than are asked for.

A number or a date is softer than a topic, a topic than a place; a place widens from the town to its region to its
country, and then lets in who named no place; last, of several skills the first named must do. One skill, languages and
refusals hold: who lacks them is not the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from indexing.candidates import Relaxation
from indexing.index import Area, Filters
from indexing.places import country_name, read_label

Count = Callable[[Filters], int]
_NOWHERE = {"countries": (), "regions": (), "cities": (), "areas": (), "or_unplaced": False}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition that can be loosened."""

    name: str  # as the request and the answer call it
    said: str  # what it asks, in words
    asked: Filters  # it alone, as it was asked: who does not meet it lacks it
    loosened: Filters  # all filters, with this one loosened
    how: str  # what loosening did


@dataclass(frozen=True, slots=True)
class Tier:
    """The people whom some filters keep, and the conditions that were loosened to let them in."""

    filters: Filters
    lacks: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """How far conditions were loosened; the first tier meets every one."""

    tiers: tuple[Tier, ...]
    said: tuple[Relaxation, ...]
    matched: int  # people in the widest tier
    nearest: Relaxation | None  # when nobody matches: the change that would find somebody


def relax(filters: Filters, *, enough: int, count: Count, allowed: bool) -> Relaxed:
    """Loosen until enough people match; a step that brings nobody is taken back. `count` says how many filters keep."""
    matched = count(filters)
    tiers, said = [Tier(filters, ())], []
    while allowed and matched < enough:
        step = _next_step(tiers[-1].filters, filters, matched, count)
        if step is None:
            break
        condition, found = step
        said.append(
            Relaxation(condition.name, f"{_who_meets(matched)} every condition; {condition.how}", matched, found)
        )
        tiers.append(Tier(condition.loosened, (*tiers[-1].lacks, condition)))
        matched = found
    nearest = _nearest_change(tiers[-1].filters, count) if matched == 0 else None
    return Relaxed(tuple(tiers), tuple(said), matched, nearest)


def never_loosened(filters: Filters) -> Filters:
    """What holds however far the rest is loosened; whoever can be let in meets it."""
    return Filters(
        all_skills=filters.all_skills[:1],
        languages=filters.languages,
        without_skills=filters.without_skills,
        without_areas=filters.without_areas,
        exclude_people=filters.exclude_people,
        only_people=filters.only_people,
    )


def _next_step(now: Filters, asked: Filters, matched: int, count: Count) -> tuple[Condition, int] | None:
    """The softest condition whose loosening brings somebody, and how many match then.

    One that brought nobody is tried again after each that did: near Lyon there may be nobody for two skills, and ten
    for one.
    """
    for loosen in (*_SOFT, _last_skill):
        condition = loosen(now, asked)
        if condition is not None and condition.loosened != now:
            found = count(condition.loosened)
            if found > matched:
                return condition, found
    return None


def _followers(now: Filters, asked: Filters) -> Condition | None:
    if asked.min_followers is None:
        return None
    return Condition(
        "min_followers",
        f"at least {asked.min_followers} followers",
        Filters(min_followers=asked.min_followers),
        replace(now, min_followers=None),
        "people with fewer followers, or an unknown number of them, were added.",
    )


def _activity(now: Filters, asked: Filters) -> Condition | None:
    if asked.active_since_day is None:
        return None
    since = (date(1970, 1, 1) + timedelta(asked.active_since_day)).isoformat()
    return Condition(
        "active_since",
        f"active since {since}",
        Filters(active_since_day=asked.active_since_day),
        replace(now, active_since_day=None),
        f"people not known to be active since {since} were added.",
    )


def _hireable(now: Filters, asked: Filters) -> Condition | None:
    if asked.hireable is None:
        return None
    said = "open to work" if asked.hireable else "not open to work"
    return Condition(
        "hireable",
        said,
        Filters(hireable=asked.hireable),
        replace(now, hireable=None),
        f"people who do not say that they are {said} were added.",
    )


def _topics(now: Filters, asked: Filters) -> Condition | None:
    if not asked.topics:
        return None
    return Condition(
        "topics",
        f"a repository on {' or '.join(asked.topics)}",
        Filters(topics=asked.topics),
        replace(now, topics=()),
        "people without these topics were added.",
    )


def _towns(now: Filters, asked: Filters) -> Condition | None:
    areas = _areas_of(asked)
    towns = [area for area in areas if area.city]
    if not towns:
        return None
    wider = tuple(dict.fromkeys(Area(area.country, area.region) for area in areas if area.country))
    names = _named([area.city or "" for area in towns])
    return Condition(
        "cities",
        f"in {names}",
        Filters(cities=asked.cities, areas=asked.areas),
        replace(now, cities=(), areas=(*wider, *_namesakes(asked))),
        f"people elsewhere in the region of {names} were added.",
    )


def _regions(now: Filters, asked: Filters) -> Condition | None:
    areas = _areas_of(asked)
    regions = [area for area in areas if area.region]
    if not regions and not asked.regions:
        return None
    countries = tuple(dict.fromkeys(Area(area.country) for area in areas if area.country))
    names = _named([*(area.region or "" for area in regions), *asked.regions])
    return Condition(
        "regions",
        f"in {names}",
        Filters(
            regions=asked.regions,
            areas=(*(Area(area.country, area.region) for area in areas), *_namesakes(asked)),
        ),
        replace(now, cities=(), regions=(), areas=(*countries, *_namesakes(asked))),
        f"people elsewhere in the country of {names} were added.",
    )


def _unplaced(now: Filters, asked: Filters) -> Condition | None:
    if not (asked.countries or asked.regions or asked.cities or asked.areas):
        return None
    codes = sorted({*asked.countries, *(area.country for area in _areas_of(asked) if area.country)})
    known = Filters(areas=(*map(Area, codes), *_namesakes(asked)))
    return Condition(
        "countries",
        f"known to be in {', '.join(sorted(country_name(code) for code in codes))}" if codes else "in a known place",
        known if codes else Filters(regions=asked.regions, cities=asked.cities),
        replace(now, or_unplaced=True),
        "people whose country is unknown were added.",
    )


def _last_skill(now: Filters, _asked: Filters) -> Condition | None:
    """The last named of several skills: who needs two people's skills in one may have to take one of them."""
    if len(now.all_skills) < 2:
        return None
    skill = now.all_skills[-1]
    return Condition(
        "required",
        f"known for {skill}",
        Filters(all_skills=(skill,)),
        replace(now, all_skills=now.all_skills[:-1]),
        f"people not known for {skill} were added.",
    )


_SOFT = (_followers, _activity, _hireable, _topics, _towns, _regions, _unplaced)


def _areas_of(filters: Filters) -> list[Area]:
    """What places widen from: the caller's towns when there are any, each the largest of its name; else the areas."""
    if not filters.cities:
        return list(filters.areas)
    return [
        Area(place.country, place.region.casefold() if place.region else None, city)
        for city in filters.cities
        for place in read_label(city)
        if place.city and (not filters.countries or place.country in filters.countries)
    ]


def _namesakes(filters: Filters) -> tuple[Area, ...]:
    """The caller's towns by name alone: who lives in a smaller one of that name was asked for too."""
    return tuple(Area(city=city) for city in filters.cities)


def _nearest_change(filters: Filters, count: Count) -> Relaxation | None:
    """The one condition without which somebody would be found, the softest first; all of them when it takes that."""
    whole = list(_drops(filters))
    for name, said, dropped in whole:
        found = count(dropped)
        if found:
            return Relaxation(name, f"Nobody matches; without {said}, {_people(found)} would.", 0, found)
    if len(whole) > 1:
        found = count(Filters(exclude_people=filters.exclude_people))
        said = "; ".join(said for _, said, _ in whole)
        if found:
            return Relaxation("all", f"Nobody matches; without all of this, {_people(found)} would: {said}.", 0, found)
    return None


def _drops(filters: Filters) -> Iterator[tuple[str, str, Filters]]:
    for step in _SOFT[:4]:
        condition = step(filters, filters)
        if condition is not None:
            yield condition.name, f"the condition “{condition.said}”", condition.loosened
    if filters.countries or filters.regions or filters.cities or filters.areas:
        yield "places", "the condition on places", replace(filters, **_NOWHERE)  # type: ignore[arg-type]
    if filters.without_areas:
        yield "excluded", "the places that are refused", replace(filters, without_areas=())
    if filters.without_skills:
        refused = ", ".join(filters.without_skills)
        yield "excluded", f"refusing {refused}", replace(filters, without_skills=())
    if filters.languages:
        yield "languages", f"asking for {' or '.join(filters.languages)}", replace(filters, languages=())
    for skill in filters.all_skills:
        kept = tuple(other for other in filters.all_skills if other != skill)
        yield "required", f"requiring {skill}", replace(filters, all_skills=kept)


def _named(names: list[str]) -> str:
    return " or ".join(dict.fromkeys(name.title() for name in names if name))


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _who_meets(count: int) -> str:
    if not count:
        return "Nobody meets"
    return f"Only {_people(count)} {'meets' if count == 1 else 'meet'}"
