"""Places as people write them: what a location cell or a filter's value names, or nothing when it is unclear."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from babel import Locale
from numpy.typing import NDArray

from indexing.places.cells import read_cell
from indexing.places.gazetteer import gazetteer
from indexing.places.readings import COUNTRY, NO_CITY, Reading, code_readings, readings_of
from indexing.places.spelling import fold

_EARTH_RADIUS_KM = 6371.0
# Beyond, a filter by country says the same and costs less.
_WIDEST_RADIUS_KM = 1_000.0
# Cells repeat ("Paris, France"); an entry is a few hundred bytes.
_REMEMBERED_CELLS = 16_384
_ARTICLES = frozenset({"the", "la", "le", "les", "l"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where someone is, as far as known; `country` is ISO alpha-2, `region` and `city` the gazetteer's own names."""

    country: str | None = None
    region: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    remote: bool = False


UNKNOWN = Place()


@lru_cache(maxsize=_REMEMBERED_CELLS)
def read_place(raw: str | None) -> Place:
    """The place a raw location cell names; several places give what they share, unclear and joking ones nothing."""
    if raw is None or not raw.strip():
        return UNKNOWN
    reading, is_remote = read_cell(raw)
    return place_of(reading, remote=is_remote)


def place_of(reading: Reading | None, *, remote: bool = False) -> Place:
    """A reading in names and coordinates."""
    if reading is None:
        return Place(remote=remote)
    places = gazetteer()
    region = places.region_names.get((reading.country, reading.region))
    if reading.city == NO_CITY:
        return Place(reading.country, region, remote=remote)
    name = places.city_names[reading.city]
    if places.city_regions[reading.city] != (reading.country, reading.region):
        return Place(reading.country, region, name, remote=remote)  # several towns share the name: none is located
    latitude, longitude = places.latitudes[reading.city], places.longitudes[reading.city]
    return Place(reading.country, region, name, round(latitude, 3), round(longitude, 3), remote)


def find_countries(word: str) -> frozenset[str]:
    """The countries a filter value names: a code, a name in French, English or its own language, or a group ("EU")."""
    places, key = gazetteer(), fold(word)
    article, _, rest = key.partition(" ")
    for name in (key, rest) if article in _ARTICLES else (key,):
        if name in places.country_groups:
            return places.country_groups[name]
        code = places.country_codes.get(name) if len(name) <= 3 else None
        code = code or places.countries.get(name) or places.foreign_countries.get(name)
        if code is not None:
            return frozenset({code})
    return frozenset()


def country_code(word: str) -> str | None:
    """The ISO alpha-2 code of the one country a filter value names."""
    codes = find_countries(word)
    return next(iter(codes)) if len(codes) == 1 else None


def city_key(word: str, country: str | None = None) -> str | None:
    """The city name that profiles carry for a filter value: "Londres" gives "London"; the largest of several."""
    if "," in word or "(" in word:
        return read_place(word).city
    places = gazetteer()
    cities = [reading for reading in readings_of(fold(word)) if reading.city != NO_CITY]
    cities = [reading for reading in cities if country is None or reading.country == country]
    if not cities:
        return None
    typed = word.strip().casefold()
    # "San José" and "San Jose" are two cities: the accents somebody took the trouble to type decide.
    exact = [reading for reading in cities if places.city_names[reading.city].casefold() == typed]
    best = max(exact or cities, key=lambda reading: reading.weight)
    return places.city_names[best.city]


def region_key(word: str, country: str | None = None) -> str | None:
    """The region name that profiles carry for a filter value: "Bayern" and "Bavière" give "Bavaria"."""
    places, key = gazetteer(), fold(word)
    readings = [*readings_of(key), *(code_readings(key) if len(key) <= 3 else ())]
    names = {
        places.region_names[reading.country, reading.region]
        for reading in readings
        if reading.city == NO_CITY and reading.levels != COUNTRY and country in (None, reading.country)
    }
    return names.pop() if len(names) == 1 else None


def country_name(code: str, language: str = "en") -> str:
    """The country's name for people who read French ("fr") or English ("en"); the code itself if there is none."""
    return _country_names(language).get(code.upper(), code)


@cache
def _country_names(language: str) -> dict[str, str]:
    return dict(Locale.parse(language).territories)


def nearby_cities(place: Place, radius_km: float, *, min_population: int = 15_000) -> tuple[Place, ...]:
    """The cities within a radius of a place, itself included, nearest first; empty when it has no coordinates."""
    if place.latitude is None or place.longitude is None or radius_km < 0:
        return ()
    places = gazetteer()
    distances = _distances_km(place.latitude, place.longitude)
    populous = np.frombuffer(places.populations, dtype=np.uint32) >= min_population
    within = np.flatnonzero((distances <= min(radius_km, _WIDEST_RADIUS_KM)) & populous)
    nearest = within[np.argsort(distances[within], kind="stable")]
    return tuple(_city(int(number)) for number in nearest)


def _city(number: int) -> Place:
    return place_of(Reading(*gazetteer().city_regions[number], number, 0.0, 0, True))


def _distances_km(latitude: float, longitude: float) -> NDArray[np.float64]:
    """Great-circle distances from a point to every city, by the haversine formula."""
    places = gazetteer()
    latitudes = np.radians(np.frombuffer(places.latitudes, dtype=np.float32).astype(np.float64))
    longitudes = np.radians(np.frombuffer(places.longitudes, dtype=np.float32).astype(np.float64))
    here = np.radians(latitude)
    chord = (
        np.sin((latitudes - here) / 2) ** 2
        + np.cos(here) * np.cos(latitudes) * np.sin((longitudes - np.radians(longitude)) / 2) ** 2
    )
    distances: NDArray[np.float64] = 2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return distances
