"""Where on a world map a place lies."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

import numpy as np

from indexing.places.gazetteer import gazetteer
from indexing.places.spelling import fold

_REMEMBERED: Final = 16_384

Coordinates = tuple[float, float]  # latitude and longitude in degrees


@lru_cache(maxsize=_REMEMBERED)
def coordinates_of(country: str | None, region: str | None, city: str | None) -> Coordinates | None:
    """Of the city, by the gazetteer's name; else the middle of the country's people; None when no country is known.

    A city of no known region is one of several of its name, and is not located.
    """
    places = gazetteer()
    if city is not None and country is not None:
        for number in _numbers(city):
            where = places.city_regions[number]
            if (places.city_names[number], where[0], places.region_names.get(where)) == (city, country, region):
                return round(places.latitudes[number], 3), round(places.longitudes[number], 3)
    return None if country is None else country_middles().get(country)


def _numbers(city: str) -> tuple[int, ...]:
    return tuple(~number if number < 0 else number for number in gazetteer().cities.get(fold(city), ()))


@cache
def country_middles() -> dict[str, Coordinates]:
    """For every country with a city the mean of its cities, each counted as often as it has people, on the globe."""
    places = gazetteer()
    codes, owners = np.unique([country for country, _ in places.city_regions], return_inverse=True)
    latitudes = np.radians(np.frombuffer(places.latitudes, np.float32).astype(np.float64))
    longitudes = np.radians(np.frombuffer(places.longitudes, np.float32).astype(np.float64))
    people = np.frombuffer(places.populations, np.uint32).astype(np.float64) + 1.0
    # As points of the globe: the mean of longitudes of a country on both sides of the date line is in another ocean.
    across = np.cos(latitudes)
    globe = (across * np.cos(longitudes), across * np.sin(longitudes), np.sin(latitudes))
    x, y, z = (np.bincount(owners, weights=people * part) for part in globe)
    middles = zip(np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x)), strict=True)
    return {
        str(code): (round(float(latitude), 3), round(float(longitude), 3))
        for code, (latitude, longitude) in zip(codes, middles, strict=True)
    }
