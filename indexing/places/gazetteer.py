"""The places of the world by name: countries, regions and 70,000 cities, loaded once, on first use."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from sys import intern

from indexing.places.spelling import fold

_TABLES = "indexing.places.gazetteer_data"

RegionId = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names to places. Cities are numbered from the biggest down; `~number` marks a spelling not the city's own."""

    countries: dict[str, str]
    foreign_countries: dict[str, str]  # in languages other than French and English
    country_codes: dict[str, str]
    country_groups: dict[str, frozenset[str]]
    regions: dict[str, tuple[RegionId, ...]]
    region_codes: dict[str, tuple[RegionId, ...]]
    region_names: dict[RegionId, str]
    cities: dict[str, tuple[int, ...]]
    city_names: list[str]
    city_regions: list[RegionId]
    latitudes: array[float]
    longitudes: array[float]
    populations: array[int]
    first_cities: dict[RegionId, int]


@dataclass(frozen=True, slots=True)
class CautiousWords:
    """Names of places that mean something else more often: `jokes` everywhere, the others in running text."""

    jokes: frozenset[str]
    technologies: frozenset[str]
    words: frozenset[str]


@cache
def gazetteer() -> Gazetteer:
    """The gazetteer, read from the shipped tables the first time it is asked for."""
    countries, foreign, codes = _read_countries()
    regions, short, names = _read_regions()
    city_names: list[str] = []
    city_regions: list[RegionId] = []
    latitudes, longitudes, populations = array("f"), array("f"), array("I")
    cities: dict[str, tuple[int, ...]] = {}
    first_cities: dict[RegionId, int] = {}
    identifiers: dict[RegionId, RegionId] = {}
    for number, line in enumerate(_lines("cities.txt")):
        name, country, region, latitude, longitude, population, own, others = line.split("\t")
        identifier = (country, region)
        identifier = identifiers.setdefault(identifier, identifier)
        first_cities.setdefault(identifier, number)
        city_names.append(name)
        city_regions.append(identifier)
        latitudes.append(float(latitude))
        longitudes.append(float(longitude))
        populations.append(int(population))
        _index(cities, own, (number,))
        if others:
            _index(cities, others, (~number,))
    return Gazetteer(
        countries=countries,
        foreign_countries=foreign,
        country_codes=codes,
        country_groups=_read_groups(),
        regions=regions,
        region_codes=short,
        region_names=names,
        cities=cities,
        city_names=city_names,
        city_regions=city_regions,
        latitudes=latitudes,
        longitudes=longitudes,
        populations=populations,
        first_cities=first_cities,
    )


@cache
def cautious_words() -> CautiousWords:
    """The names of not_places.csv, by why they need care."""
    kinds: dict[str, set[str]] = {"joke": set(), "technology": set(), "word": set()}
    for row in csv.DictReader(_lines("not_places.csv")):
        kinds[row["kind"]].update(fold(word) for word in row["words"].split(";"))
    return CautiousWords(frozenset(kinds["joke"]), frozenset(kinds["technology"]), frozenset(kinds["word"]))


@cache
def nationalities() -> dict[str, str]:
    """Folded nationality words, French and English, to the country they are of."""
    table: dict[str, str] = {}
    for row in csv.DictReader(_lines("nationalities.csv")):
        for word in f"{row['english']};{row['french']}".split(";"):
            table[fold(word)] = row["country"]
            table[fold(word) + "s"] = row["country"]
    return table


def _lines(name: str) -> Iterator[str]:
    return iter((files(_TABLES) / name).read_text(encoding="utf-8").splitlines())


def _index(cities: dict[str, tuple[int, ...]], keys: str, number: tuple[int]) -> None:
    for key in keys.split("|"):
        known = cities.get(key)
        cities[key] = number if known is None else known + number


def _read_countries() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    names: dict[str, str] = {}
    foreign: dict[str, str] = {}
    codes: dict[str, str] = {"uk": "GB"}  # reserved for the United Kingdom, though its ISO code is GB
    for line in _lines("countries.txt"):
        two, three, own, others = line.split("\t")
        two = intern(two)
        codes[two.casefold()] = codes[three.casefold()] = two
        names.update(dict.fromkeys(own.split("|"), two))
        foreign.update(dict.fromkeys(others.split("|"), two))
    return names, foreign, codes


def _read_groups() -> dict[str, frozenset[str]]:
    groups = {}
    for row in csv.DictReader(_lines("country_groups.csv")):
        members = frozenset(row["countries"].split())
        groups.update({fold(name): members for name in row["names"].split(";")})
    return groups


def _read_regions() -> tuple[dict[str, tuple[RegionId, ...]], dict[str, tuple[RegionId, ...]], dict[RegionId, str]]:
    by_name: dict[str, tuple[RegionId, ...]] = {}
    by_code: dict[str, tuple[RegionId, ...]] = {}
    names: dict[RegionId, str] = {}
    for line in _lines("regions.txt"):
        country, code, name, short, keys = line.split("\t")
        region = (intern(country), intern(code))
        names[region] = name
        for key in keys.split("|"):
            by_name[key] = (*by_name.get(key, ()), region)
        if short:
            key = short.casefold()
            by_code[key] = (*by_code.get(key, ()), region)
    return by_name, by_code, names
