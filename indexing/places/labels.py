"""Places as short labels for people to read and to write: "Lyon", "Paris, Texas", "Germany", "near Lyon", "remote"."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from indexing.places.gazetteer import gazetteer
from indexing.places.lookup import Place, country_name, find_countries, nearby_cities, place_of
from indexing.places.readings import COUNTRY, NO_CITY, Reading, code_readings, country_reading, readings_of, serious
from indexing.places.spelling import fold

REMOTE: Final = "remote"
NEAR_KM: Final = 50.0  # what people accept to travel once or twice a week; a filter by region says more than that
_REMOTE_WORDS: Final = frozenset(
    "remote;remotely;remote only;full remote;fully remote;100 remote;en remote;work from home;wfh;teletravail;"
    "en teletravail;full teletravail;a distance;distanciel".split(";")
)
_NEAR: Final = re.compile(
    r"(?:(?:near|close to|around|next to) |(?:pr[eè]s|proche|autour|aux alentours|(?:la )?r[ée]gion) d(?:[eu] |['’]))",
    re.IGNORECASE,
)
_REGION_MARK: Final = " (region)"
_COUNTRY_MARK: Final = " (country)"
_CITY_MARK: Final = " (city)"
_LARGE: Final = 100_000
_REMEMBERED_LABELS: Final = 4_096


@lru_cache(maxsize=_REMEMBERED_LABELS)
def place_label(place: Place) -> str:
    """The shortest label that `read_label` reads back as this place; "" for a place that is not known."""
    if place.city is None and place.region is None and place.country is None:
        return REMOTE if place.remote else ""
    if place.country is None and place.city is not None:
        return place.city  # several countries have it, and nothing says which is meant
    label = ""
    for label in _labels(place):
        if any(_is_same(place, other) for other in read_label(label)):
            return label
    return label


def group_label(countries: frozenset[str]) -> str | None:
    """The label of a group of countries ("EU", "Benelux"), None when these are no known group."""
    return _group_names().get(countries)


@lru_cache(maxsize=_REMEMBERED_LABELS)
def read_label(label: str) -> tuple[Place, ...]:
    """The places a label names, in French or English; one for each country of a group, () when none is known."""
    text = " ".join(label.split())
    if fold(text) in _REMOTE_WORDS:
        return (Place(remote=True),)
    near = _NEAR.match(text)
    if near is not None:
        return tuple(other for place in read_label(text[near.end() :]) for other in _around(place))
    for mark, level in ((_REGION_MARK, "region"), (_COUNTRY_MARK, "country"), (_CITY_MARK, "city")):
        if mark in text:
            return _qualified(text.replace(mark, ""), level)
    return _qualified(text, "")


def _around(place: Place) -> tuple[Place, ...]:
    return (*nearby_cities(place, NEAR_KM),) or (place,)


def _qualified(text: str, level: str) -> tuple[Place, ...]:
    """The places of a name that may be followed by its region, its country, or both."""
    countries = find_countries(text) if level in ("", "country") else frozenset()
    if countries and (level == "country" or not _is_rather_a_town(text, countries)):
        return tuple(place_of(country_reading(code)) for code in sorted(countries))
    name, *qualifiers = (part.strip() for part in text.split(","))
    readings = [reading for reading in _named(name) if _fits(reading, level)]
    for qualifier in qualifiers:
        readings = [reading for reading in readings if _lies_in(reading, qualifier)]
    best = serious(_as_typed(readings, name))
    return (place_of(best[0]),) if best else ()


def _as_typed(readings: list[Reading], name: str) -> list[Reading]:
    """Without the cities that are spelled otherwise, if one is spelled just so: "San José" and "San Jose" are two."""
    names, typed = gazetteer().city_names, name.casefold()
    exact = {reading.city for reading in readings if reading.city != NO_CITY}
    exact = {city for city in exact if names[city].casefold() == typed}
    is_large = any(gazetteer().populations[city] >= _LARGE for city in exact)
    own = gazetteer().region_names
    regions = [
        reading
        for reading in readings
        if reading.city == NO_CITY
        and (not is_large or own[reading.country, reading.region].casefold() == typed)  # "Québec" and "Quebec"
    ]
    return [*regions, *(reading for reading in readings if reading.city in exact)] if exact else readings


def _is_rather_a_town(text: str, countries: frozenset[str]) -> bool:
    """True for a lower-case word of two letters, which is a code by accident ("la", "me"), and for no country name."""
    return len(countries) == 1 and len(text) == 2 and not text.isupper() and bool(readings_of(fold(text)))


def _named(name: str) -> list[Reading]:
    key = fold(name)
    codes = [] if len(key) > 3 else [code for code in code_readings(key) if code.levels != COUNTRY]
    return [reading for reading in (*readings_of(key), *codes) if reading.levels != COUNTRY]


def _fits(reading: Reading, level: str) -> bool:
    return level == "" or (level == "city") == (reading.city != NO_CITY)


def _lies_in(reading: Reading, qualifier: str) -> bool:
    if reading.country in find_countries(qualifier):
        return True
    region = gazetteer().region_names.get((reading.country, reading.region), "")
    if region == qualifier:
        return True
    key = fold(qualifier)
    readings = (*readings_of(key), *(code_readings(key) if len(key) <= 3 else ()))
    return any(
        other.city == NO_CITY and other.region and (other.country, other.region) == (reading.country, reading.region)
        for other in readings
    )


def _labels(place: Place) -> Iterator[str]:
    """Every way to write a place, shortest first."""
    country = country_name(place.country) if place.country else ""
    if place.city is not None:
        outer = [part for part in (place.region, country) if part]
        yield place.city
        yield from (f"{place.city}, {part}" for part in outer)
        yield ", ".join([place.city, *outer])
        yield ", ".join([place.city + _CITY_MARK, *outer])
    elif place.region is not None:
        yield place.region
        yield place.region + _REGION_MARK
        yield f"{place.region}{_REGION_MARK}, {country}"
    else:
        yield country
        yield country + _COUNTRY_MARK
        yield place.country or ""


def _is_same(one: Place, other: Place) -> bool:
    return (one.country, one.region, one.city) == (other.country, other.region, other.city)


@cache
def _group_names() -> dict[frozenset[str], str]:
    table = files("indexing.places.gazetteer_data") / "country_groups.csv"
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return {frozenset(row["countries"].split()): row["names"].partition(";")[0] for row in rows}
