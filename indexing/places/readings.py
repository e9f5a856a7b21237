"""What a place name may mean, which meanings agree with each other, and which one, if any, clearly prevails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from typing import NamedTuple

from indexing.places.gazetteer import RegionId, gazetteer
from indexing.places.spelling import fold

NO_CITY = -1
COUNTRY, REGION, CITY = 1, 2, 4  # levels that a text names, added up

# Weights stand for the people who may have meant it: inhabitants, tripled where many write software. So Barcelona is
# read as the Spanish one though Venezuela's is half as large. Countries and regions weigh as a large city would, so
# that "Georgia" and "Washington" stay undecided while no small town of the name Poland competes with the country.
_COUNTRY_WEIGHT, _REGION_WEIGHT = 2_000_000.0, 400_000.0
_MANY_DEVELOPERS = frozenset(
    "AT AU BE CA CH CZ DE DK EE ES FI FR GB GR IE IL IS IT JP KR LT LU LV NL NO NZ PL PT SE SG SI TW US".split()
)
# A spelling that is not the city's own (another language, a former name) is weaker evidence.
_FOREIGN_SPELLING = 0.1
# A reading prevails when it weighs this many times the next: Vancouver does (3.2), Cambridge (1.1) does not.
DOMINANCE = 3.0
# Cells that list a name borne by fifty towns are no clearer for looking at all of them.
_MOST_READINGS = 12
# The same countries and cities come back in cell after cell.
_REMEMBERED_NAMES = 8_192
# No name is longer, and nothing longer is worth remembering.
_LONGEST_KEY = 80
# Countries that are one city: the same word is read as both.
_CITY_STATES = frozenset({"SG", "HK", "MC", "MO", "GI", "VA"})


class Reading(NamedTuple):
    """One meaning of a text: a country, maybe a region and a city in it, and how much speaks for it."""

    country: str
    region: str
    city: int
    weight: float
    levels: int
    is_own: bool


def _weight(country: str, size: float) -> float:
    return size * 3 if country in _MANY_DEVELOPERS else size


def country_reading(code: str) -> Reading:
    """The reading of a word that names this country."""
    return Reading(code, "", NO_CITY, _COUNTRY_WEIGHT, COUNTRY, True)


def region_reading(region: RegionId) -> Reading:
    """The reading of a word that names this region."""
    return Reading(*region, NO_CITY, _weight(region[0], _REGION_WEIGHT), REGION, True)


def city_reading(number: int) -> Reading:
    """The reading of a word that names this city, `~number` when the spelling is not its own."""
    is_own = number >= 0
    city = number if is_own else ~number
    places = gazetteer()
    country, region = places.city_regions[city]
    weight = _weight(country, places.populations[city]) * (1.0 if is_own else _FOREIGN_SPELLING)
    return Reading(country, region, city, weight, CITY, is_own)


def readings_of(key: str) -> tuple[Reading, ...]:
    """Every meaning of a folded name, without postal codes."""
    return _readings_of(key) if len(key) <= _LONGEST_KEY else ()


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _readings_of(key: str) -> tuple[Reading, ...]:
    places = gazetteer()
    readings = []
    if key in places.countries:
        readings.append(country_reading(places.countries[key]))
    elif key in places.foreign_countries:
        reading = country_reading(places.foreign_countries[key])
        readings.append(reading._replace(weight=reading.weight * _FOREIGN_SPELLING))
    readings += [region_reading(region) for region in places.regions.get(key, ())]
    readings += [city_reading(number) for number in places.cities.get(key, ())[:_MOST_READINGS]]
    return tuple(readings)


def code_readings(key: str) -> list[Reading]:
    """What a short code ("fr", "tx", "qc") may mean beside a name."""
    places = gazetteer()
    readings = [region_reading(region) for region in places.region_codes.get(key, ())]
    country = places.country_codes.get(key)
    return readings if country is None else [*readings, country_reading(country)]


def agree(one: Reading, other: Reading) -> Reading | None:
    """The reading that says what both say, or None when they contradict each other."""
    if one.country != other.country:
        return None
    if one.city == NO_CITY and (other.city != NO_CITY or not one.region):
        one, other = other, one  # the first is the finer one
    if other.city not in (NO_CITY, one.city) or other.region not in ("", one.region):
        return None
    is_own = one.is_own or (one.city == other.city and other.is_own)
    return one._replace(levels=one.levels | other.levels, is_own=is_own)


def combine(segments: Sequence[Sequence[Reading]]) -> list[Reading]:
    """The readings on which all segments agree; those that give each segment a level of its own, when there are any."""
    merged = reduce(_pairs, segments[1:], list(segments[0]))
    if not merged:
        return []
    most = max(reading.levels.bit_count() for reading in merged)
    return [reading for reading in merged if reading.levels.bit_count() == most]


def _pairs(left: list[Reading], right: Sequence[Reading]) -> list[Reading]:
    both = (agree(one, other) for one in left for other in right)
    return [reading for reading in both if reading is not None]


def serious(readings: Iterable[Reading]) -> list[Reading]:
    """The weightiest reading and those it does not clearly outweigh."""
    ranked = sorted(_nested(list(readings)), key=lambda reading: -reading.weight)
    if not ranked:
        return []
    first = ranked[0]
    return [reading for reading in ranked if reading.weight * DOMINANCE > first.weight]


def prevailing(readings: Iterable[Reading]) -> Reading | None:
    """The reading that clearly outweighs the others, else what the serious ones share, else None."""
    rivals = serious(readings)
    return shared(rivals) if rivals else None


def shared(readings: Sequence[Reading]) -> Reading | None:
    """The country, and the region and city name if equal, that all these readings share."""
    first, city_names = readings[0], gazetteer().city_names
    if any(reading.country != first.country for reading in readings):
        return None
    region = first.region if all(reading.region == first.region for reading in readings) else ""
    cities = {reading.city for reading in readings}
    if len(cities) > 1:
        names = {city_names[city] if city != NO_CITY else "" for city in cities}
        if len(names) > 1:
            return first._replace(region=region, city=NO_CITY)
    return first._replace(region=region)


def _nested(readings: list[Reading]) -> list[Reading]:
    """Without the readings that another one contains: a city and the canton, or the state, of the same name."""
    if len(readings) < 2:
        return readings
    countries = {reading.country for reading in readings if reading.levels == COUNTRY}
    regions = {(reading.country, reading.region) for reading in readings if reading.city == NO_CITY and reading.region}
    towns = {reading.country for reading in readings if reading.city != NO_CITY and reading.is_own}
    kept, meant = [], set()
    for reading in readings:
        region = (reading.country, reading.region)
        if reading.city != NO_CITY:
            if reading.country in countries:
                if reading.country not in _CITY_STATES or gazetteer().first_cities[region] != reading.city:
                    continue
                meant.add((reading.country, ""))
            elif region in regions:
                if not _stands_for(reading):
                    continue
                meant.add(region)
            elif not reading.is_own and reading.country in towns:
                continue  # New Delhi is also a former spelling of Delhi's
        kept.append(reading)
    return [reading for reading in kept if reading.city != NO_CITY or (reading.country, reading.region) not in meant]


def _stands_for(reading: Reading) -> bool:
    """True for a city that is meant rather than its region: Zürich is, Québec, in Montréal's shadow, is not."""
    places, region = gazetteer(), (reading.country, reading.region)
    if not reading.is_own and fold(places.city_names[reading.city]) != fold(places.region_names[region]):
        return False  # "Oklahoma" is an old spelling of Oklahoma City's
    largest = places.populations[places.first_cities[region]]
    return places.populations[reading.city] * 2 >= largest
