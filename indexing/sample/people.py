"""Who is in the sample: everyone's hidden truth (fields, works, languages, place, years) before a word is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from indexing.sample.draws import REFERENCE, chance, days_ago, moment, several, stream, weighted
from indexing.sample.homes import Home, settle, write_home
from indexing.sample.naming import login, person_name
from indexing.sample.vocabulary import Field, Vocabulary

# Of every twenty people: 11 specialists, 6 generalists, 1 newcomer, 2 near misses.
_KINDS = "SGSHSGSSGSNSGSHSGSSG"
_KIND_NAMES = {"S": "specialist", "G": "generalist", "N": "newcomer", "H": "homonym"}


@dataclass(frozen=True, slots=True)
class Interest:
    """A field somebody works in: how much, on which works of it, in which programming languages."""

    field: str
    weight: int
    works: tuple[int, ...]
    languages: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Style:
    """How somebody writes: capitals, full stops, dashes and the case of repository names."""

    capital: bool
    full_stop: bool
    joiner: str
    case: str


@dataclass(frozen=True, slots=True)
class Person:
    """One fictional person; nothing here but name, login and home is ever written as such."""

    login: str
    name: str
    kind: str
    tongue: str
    home: Home
    interests: tuple[Interest, ...]
    style: Style
    created: datetime
    last_active: datetime
    fame: int


def make_people(vocabulary: Vocabulary, seed: int, count: int) -> list[Person]:
    """So many people; every field gets its share of specialists and every homonym its near misses."""
    taken: set[str] = set()
    turns = dict.fromkeys(_KINDS, 0)
    people = []
    for number in range(count):
        letter = _KINDS[number % len(_KINDS)]
        people.append(_person(vocabulary, stream(seed, "person", number), letter, turns[letter], taken))
        turns[letter] += 1
    return people


def _person(vocabulary: Vocabulary, rng: Random, letter: str, turn: int, taken: set[str]) -> Person:
    interests = _interests(vocabulary, rng, letter, turn)
    country, city = settle(vocabulary, vocabulary.field(interests[0].field).hubs, rng)
    tongue = "en"
    if chance(rng, country.french):
        tongue = "both" if chance(rng, 18) else "fr"
    home = write_home(vocabulary, country, city, "en" if tongue == "en" else "fr", rng)
    given, surname = person_name(vocabulary, country.culture, rng)
    created = days_ago(rng.randrange(60, 700) if letter == "N" else rng.randrange(300, 6_300), rng)
    quiet = weighted(rng, [(120, 60), (400, 18), (1_200, 15), (2_600, 7)])
    last_active = max(created + timedelta(days=30), days_ago(rng.randrange(1, quiet), rng))
    return Person(
        login=login(vocabulary, given, surname, rng, taken),
        name=f"{given} {surname}",
        kind=_KIND_NAMES[letter],
        tongue=tongue,
        home=home,
        interests=interests,
        style=_style(rng, tongue),
        created=created,
        last_active=min(last_active, moment(rng, REFERENCE - timedelta(days=1), REFERENCE)),
        fame=weighted(rng, [(1, 60), (3, 25), (12, 11), (60, 4)]),
    )


def _interests(vocabulary: Vocabulary, rng: Random, letter: str, turn: int) -> tuple[Interest, ...]:
    fields = list(vocabulary.fields.values())
    if letter == "H":
        homonyms = list(vocabulary.homonyms.values())
        return (_interest(homonyms[turn % len(homonyms)], 10, 4, rng),)
    if letter == "G":
        return tuple(_interest(field, rng.randrange(2, 5), 2, rng) for field in _varied(fields, rng))
    # Newcomers start where specialists are few: the other way round.
    main = fields[turn % len(fields)] if letter == "S" else fields[-1 - turn % len(fields)]
    if letter == "N":
        return (_interest(main, 10, 2, rng),)
    side = rng.choice([field for field in fields if field is not main])
    interests = [_interest(main, 10, rng.randrange(3, 6), rng)]
    if chance(rng, 45):
        interests.append(_interest(side, rng.randrange(1, 3), 1, rng))
    return tuple(interests)


def _varied(fields: list[Field], rng: Random) -> list[Field]:
    """Four to six fields, more of them from one family, as careers go."""
    home = rng.choice(fields).family
    return several(rng, [(field, 9 if field.family == home else 1) for field in fields], rng.randrange(4, 7))


def _interest(field: Field, weight: int, works: int, rng: Random) -> Interest:
    chosen = rng.sample(range(len(field.works)), min(works, len(field.works)))
    main = weighted(rng, field.languages)
    languages = tuple((name, share + (14 if name == main else 0)) for name, share in field.languages)
    return Interest(field.key, weight, tuple(chosen), languages)


def whole_field(field: Field) -> Interest:
    """An organisation's interest in one field: all of its works."""
    return Interest(field.key, 10, tuple(range(len(field.works))), field.languages)


def _style(rng: Random, tongue: str) -> Style:
    dashes = ["; ", ". ", " — ", ", "] if tongue == "en" else [" ; ", ". ", " — ", ", "]
    return Style(
        capital=chance(rng, 68),
        full_stop=chance(rng, 25),
        joiner=rng.choice(dashes),
        case=weighted(rng, [("kebab", 78), ("snake", 13), ("camel", 9)]),
    )
