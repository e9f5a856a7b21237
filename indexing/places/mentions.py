"""The places that a need in French or English names, with where it names them; everyday words are left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from indexing.places.context import (
    Context,
    ends_clause,
    follows_name,
    in_words,
    introduction,
    is_half_of_compound,
    is_of_people,
    last_joined,
    precedes_name,
    remote_words,
    stands_as_place,
    starts_clause,
)
from indexing.places.gazetteer import cautious_words, gazetteer, nationalities
from indexing.places.lookup import Place, place_of
from indexing.places.readings import (
    COUNTRY,
    NO_CITY,
    Reading,
    code_readings,
    combine,
    country_reading,
    prevailing,
    readings_of,
    serious,
)
from indexing.places.spelling import fold

# Between a name and the region or country that settles it: "Paris in Texas", "Cambridge, MA", "Lyon (France)".
_QUALIFIED = re.compile(r"\s*[,(]\s*|\s+(?:in|en|au|aux|dans le|dans la)\s+|\s+")
_LONGEST_QUALIFIER = 3
# The short forms that need neither capitals nor a preposition: nothing else is written like them.
_UNMISTAKABLE = frozenset({"nyc", "usa", "uk", "uae"})

_US = "US"  # no name in the gazetteer, as "us" is a word; in capitals it is the country

# How many people a town needs to be believed, by how it is written and whether the spelling is its own (bare spellings
# in other languages are surnames: Chen, Santos). Chosen on descriptions of 19,052 projects, which name few places.
_BARE, _AFTER_NAME = 100_000, 500_000
_LOWER_CASE, _LOWER_CASE_FOREIGN = 100_000, 300_000
_INTRODUCED, _INTRODUCED_FOREIGN = 15_000, 100_000
_SHORT = 30_000
# Users write from these countries: their towns are named without explanation from a smaller size on.
_HOME, _HOME_BARE = frozenset({"FR", "BE", "CH", "LU"}), 30_000


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place as a text names it: `text[start:end]` is `surface`; `countries` has every member of a group ("EU")."""

    surface: str
    start: int
    end: int
    place: Place
    countries: frozenset[str]


class _Name(NamedTuple):
    """A name in a text: its first and last word, and what they may mean, or the group of countries they stand for."""

    first: int
    last: int
    readings: list[Reading]
    group: frozenset[str] = frozenset()


class _Candidate(NamedTuple):
    """Words of a text that are spelled like a place, and how they stand in it."""

    context: Context
    first: int
    last: int
    key: str
    surface: str
    readings: list[Reading]
    announced: str

    @property
    def is_capital(self) -> bool:
        """True for a name written with a capital, which an acronym is not."""
        return self.context.words[self.first].is_capital


def find_places(text: str) -> tuple[PlaceMention, ...]:
    """The places a need names, in order, without overlap; a name that fits two countries is settled by the others."""
    context = in_words(text)
    mentions = [*_settled(context, list(_names(context))), *_remote_mentions(text)]
    kept: list[PlaceMention] = []
    for mention in sorted(mentions, key=lambda mention: (mention.start, -mention.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return tuple(kept)


def _remote_mentions(text: str) -> Iterator[PlaceMention]:
    for match in remote_words(text):
        yield PlaceMention(match[0], match.start(), match.end(), Place(remote=True), frozenset())


def _names(context: Context) -> Iterator[_Name]:
    at, previous = 0, -1
    while at < len(context.words):
        name = _nationality(context, at) or _name_at(context, at, previous)
        if name is None:
            at += 1
            continue
        yield name
        previous = name.last
        at = name.last + 1


def _settled(context: Context, names: list[_Name]) -> Iterator[PlaceMention]:
    """The names as places, the undecided ones read in the countries that the decided ones name."""
    decided = [prevailing(name.readings) for name in names]
    named = {reading.country for reading in decided if reading is not None}
    for name in names:
        named |= name.group
    for name, reading in zip(names, decided, strict=True):
        if reading is None:
            reading = prevailing([other for other in name.readings if other.country in named])
        place = place_of(reading)
        if reading is None and name.readings:
            # "Cambridge" still says which city, whichever country it lies in.
            towns = {place_of(rival).city for rival in serious(name.readings)}
            place = Place(city=towns.pop()) if len(towns) == 1 else place
        countries = name.group or (frozenset({place.country}) if place.country else frozenset())
        if countries or place.city:
            start, end = context.words[name.first].start, context.words[name.last].end
            if "(" in context.text[start:end] and context.text[end : end + 1] == ")":
                end += 1
            yield PlaceMention(context.text[start:end], start, end, place, countries)


def _nationality(context: Context, at: int) -> _Name | None:
    """A nationality beside people ("French developers", "ingénieure belge"), not beside a language."""
    if context.words[at].key not in _nationality_words():
        return None
    for last in (at + 1, at):
        if last >= len(context.words) or last > last_joined(context, at):
            continue
        country = nationalities().get(" ".join(word.key for word in context.words[at : last + 1]))
        # "polish" is a verb.
        if country is None or (context.words[at].raw == "polish") or not is_of_people(context, at, last):
            continue
        return _Name(at, last, [country_reading(country)])
    return None


def _name_at(context: Context, at: int, previous: int) -> _Name | None:
    """The longest name that starts at a word and that its surroundings let us believe."""
    places, word = gazetteer(), context.words[at]
    announced = introduction(context, at, previous)
    may_start = announced or word.is_capital or word.raw.isupper() or word.key in _first_words()
    if not may_start or is_half_of_compound(context, at):
        return None
    for last in range(last_joined(context, at), at - 1, -1):
        surface = context.surface(at, last)
        key = fold(surface)
        group = places.country_groups.get(key)
        if group is not None and (len(key) > 4 or surface.isupper()):
            return _Name(at, last, [], group)
        readings = [reading for reading in readings_of(key) if reading.levels != COUNTRY or key in places.countries]
        if surface == _US and not readings and (announced or stands_as_place(context, last)):
            return None if context.text.isupper() else _Name(at, last, [country_reading(_US)])
        if not readings:
            continue
        if word.is_capital:
            end, qualified = _qualified(context, last, key, readings)
            if qualified:  # by a region, perhaps, and that by a country: "Austin, Texas, USA"
                further, both = _qualified(context, end, key, qualified)
                return _Name(at, further, both) if both else _Name(at, end, qualified)
        name = _Candidate(context, at, last, key, surface, readings, announced)
        if _believes_country(name) if key in places.countries else _believes_town(name):
            return _Name(at, last, readings)
    return None


@cache
def _nationality_words() -> frozenset[str]:
    """The first words of nationalities; most words of a text are none, and need no closer look."""
    return frozenset(name.partition(" ")[0] for name in nationalities())


@cache
def _first_words() -> frozenset[str]:
    """The first words of names that may be written without a capital: countries and groups of countries, "nyc"."""
    places = gazetteer()
    names = (*places.countries, *places.country_groups)
    return _UNMISTAKABLE | {name.partition(" ")[0] for name in names}


def _believes_country(name: _Candidate) -> bool:
    cautious = cautious_words()
    if name.key in cautious.technologies or name.key in cautious.jokes:
        return False
    if len(name.key.replace(" ", "")) <= 3:  # "US" but not "us"
        return name.key in _UNMISTAKABLE or (name.surface.isupper() and " " not in name.surface)
    if name.key in cautious.words:
        return name.is_capital and name.announced != ""
    return name.is_capital or name.announced != "" or stands_as_place(name.context, name.last)


def _believes_town(name: _Candidate) -> bool:
    cautious, context = cautious_words(), name.context
    if name.key in cautious.jokes:
        return False
    if name.key in cautious.technologies:
        return name.is_capital and name.announced == "residence"
    if name.key in cautious.words:
        is_listed = name.announced != "" or _opens_list(context, name)
        return name.is_capital and is_listed and ends_clause(context, name.last)
    home = [reading for reading in name.readings if reading.country in _HOME]
    if len(name.key) <= 3:  # "in SF", "à Ulm", but not "in RAM"
        if name.key in _UNMISTAKABLE:
            return True
        is_written = name.is_capital or name.surface.isupper()
        is_believed = name.announced != "" and ends_clause(context, name.last)
        return is_written and is_believed and _is_large(name.readings, _SHORT, None)
    if name.announced and name.is_capital:
        if precedes_name(context, name.last):  # "in Lawrence Livermore", but "à Lyon Confluence"
            return _is_large(name.readings, _BARE, None)
        return _is_large(name.readings, _INTRODUCED, _INTRODUCED_FOREIGN) or bool(home)
    if name.announced:
        return ends_clause(context, name.last) and _is_large(name.readings, _LOWER_CASE, _LOWER_CASE_FOREIGN)
    if not name.is_capital or not stands_as_place(context, name.last):
        return False
    if follows_name(context, name.first):
        return _is_large(name.readings, _AFTER_NAME, None) or _is_large(home, _BARE, None)
    is_long = name.surface.count("-") > 1  # "Gif-sur-Yvette"
    return is_long or _is_large(name.readings, _BARE, None) or _is_large(home, _HOME_BARE, None)


def _opens_list(context: Context, name: _Candidate) -> bool:
    """ "Tours ou Orléans": the town that follows makes one of a name that is a word too."""
    joint, other = (*context.words[name.last + 1 : name.last + 3], None, None)[:2]
    if joint is None or other is None or joint.key not in ("ou", "or") or not starts_clause(context, name.first):
        return False
    towns = [reading for reading in readings_of(other.key) if reading.city != NO_CITY]
    return other.is_capital and other.key not in cautious_words().words and _is_large(towns, _BARE, None)


def _is_large(readings: list[Reading], own: int, foreign: int | None) -> bool:
    """True for a region, and for a city of so many people under its own spelling, or so many under another."""
    populations = gazetteer().populations
    for reading in readings:
        if reading.city == NO_CITY:
            return True
        floor = own if reading.is_own else foreign
        if floor is not None and populations[reading.city] >= floor:
            return True
    return False


def _qualified(context: Context, last: int, key: str, readings: list[Reading]) -> tuple[int, list[Reading]]:
    """The last word and the readings of a name with the region or country that follows and settles it."""
    cautious = cautious_words()
    joint = _QUALIFIED.match(context.text, context.words[last].end)
    if joint is None:
        return last, []
    is_marked = joint[0].strip() in (",", "(")
    if not is_marked and (key in cautious.words or key in cautious.jokes):
        return last, []  # "Mobile in France", "Orange en Belgique"
    first = last + 1
    while first < len(context.words) and context.words[first].start < joint.end():
        first += 1
    for end in range(min(first + _LONGEST_QUALIFIER, len(context.words)) - 1, first - 1, -1):
        qualifier = _qualifier_readings(context, first, end, is_marked=is_marked)
        finer = [reading for reading in readings if reading.levels != COUNTRY]  # "en Suisse, Genève" is two places
        agreed = combine([finer, qualifier]) if finer and qualifier else []
        if agreed and agreed[0].levels.bit_count() > 1:
            return end, agreed
    return last, []


def _qualifier_readings(context: Context, first: int, last: int, *, is_marked: bool) -> list[Reading]:
    places = gazetteer()
    surface = context.surface(first, last)
    if not surface[0].isupper() or last_joined(context, first) < last:
        return []
    key = fold(surface)
    readings = [
        reading
        for reading in readings_of(key)
        if reading.city == NO_CITY and (reading.levels != COUNTRY or key in places.countries)
    ]
    if surface.isupper() and len(key) <= 3 and (is_marked or len(key) == 2):
        readings += code_readings(key)
    return readings
