"""The words the sample is written with: fields of work, homonyms, places, names and asides, read from this package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# The two languages texts are written in.
TONGUES = ("en", "fr")
Phrases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of thing people of a field build, with the ways it gets named and told; languages if not any will do."""

    key: str
    names: tuple[str, ...]
    topics: tuple[str, ...]
    phrases: Phrases
    languages: tuple[str, ...]
    ask: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Trap:
    """The technical need that a homonym's words seem to answer."""

    fields: tuple[str, ...]
    languages: tuple[str, ...]
    ask: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of work; with a trap it is a homonym: real work elsewhere, told in a technical field's words.

    `plain` are the words anyone would use for it; most phrases avoid them. `bindings` says, for each value of a slot,
    in which programming languages it makes sense (no Django in Go).
    """

    key: str
    family: str
    title: Mapping[str, str]
    languages: tuple[tuple[str, int], ...]
    topics: tuple[str, ...]
    hubs: tuple[str, ...]
    slots: Mapping[str, Phrases]
    bindings: Mapping[str, tuple[tuple[str, ...], ...]]
    works: tuple[Work, ...]
    details: Phrases
    audiences: Phrases
    bios: Phrases
    plain: Phrases
    ask: Mapping[str, str]
    trap: Trap | None
    kin: str | None


@dataclass(frozen=True, slots=True)
class City:
    """A city and the odd ways its people write it."""

    name: str
    weight: int
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Country:
    """A country of the sample; `french` is the percentage of its people who write French."""

    code: str
    flag: str
    name: Mapping[str, str]
    culture: str
    weight: int
    french: int
    cities: tuple[City, ...]
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything the generator picks from; `names` and `asides` keep the shape of their files."""

    fields: Mapping[str, Field]
    homonyms: Mapping[str, Field]
    countries: tuple[Country, ...]
    unknown_places: tuple[str, ...]
    names: Mapping[str, Any]
    asides: Mapping[str, Any]

    def field(self, key: str) -> Field:
        """The field or homonym of this key."""
        return self.fields.get(key) or self.homonyms[key]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary shipped with the package, in the order of its file names."""
    fields, homonyms = ([_field(raw) for raw in _folder(name)] for name in ("fields", "homonyms"))
    places = read_json("places.json")
    return Vocabulary(
        fields={field.key: field for field in fields},
        homonyms={field.key: field for field in homonyms},
        countries=tuple(_country(raw) for raw in places["countries"]),
        unknown_places=tuple(places["unknown"]),
        names=read_json("names.json"),
        asides=read_json("asides.json"),
    )


def read_json(name: str) -> Any:
    """The content of one JSON file of this package."""
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _folder(name: str) -> list[Any]:
    found = sorted(entry.name for entry in files(__package__).joinpath(name).iterdir() if entry.name.endswith(".json"))
    return [read_json(f"{name}/{entry}") for entry in found]


def _field(raw: dict[str, Any]) -> Field:
    trap = raw.get("trap")
    return Field(
        key=raw["key"],
        family=raw.get("family", ""),
        title=raw["title"],
        languages=tuple(raw["languages"].items()),
        topics=tuple(raw["topics"]),
        hubs=tuple(raw["hubs"]),
        slots={name: _phrases(values) for name, values in raw["slots"].items()},
        bindings={name: tuple(map(tuple, bound)) for name, bound in raw.get("bindings", {}).items()},
        works=tuple(_work(work) for work in raw["works"]),
        details=_phrases(raw["details"]),
        audiences=_phrases(raw["audiences"]),
        bios=_phrases(raw["bios"]),
        plain=_phrases(raw.get("plain", {"en": [], "fr": []})),
        ask=raw["ask"],
        trap=None if trap is None else Trap(tuple(trap["fields"]), tuple(trap["languages"]), trap["ask"]),
        kin=raw.get("kin"),
    )


def _work(raw: dict[str, Any]) -> Work:
    return Work(
        key=raw["key"],
        names=tuple(raw["names"]),
        topics=tuple(raw["topics"]),
        phrases=_phrases(raw),
        languages=tuple(raw.get("languages", ())),
        ask=raw.get("ask"),
    )


def _phrases(raw: Mapping[str, list[str]]) -> Phrases:
    return {tongue: tuple(raw[tongue]) for tongue in TONGUES}


def _country(raw: dict[str, Any]) -> Country:
    return Country(
        code=raw["code"],
        flag=raw["flag"],
        name=raw["name"],
        culture=raw["culture"],
        weight=raw["weight"],
        french=raw["french"],
        cities=tuple(City(city["name"], city["weight"], tuple(city["forms"])) for city in raw["cities"]),
        regions=tuple(raw["regions"]),
    )
