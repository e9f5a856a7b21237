"""Where people of the sample live, and the messy cell they wrote about it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from indexing.sample.draws import chance, weighted
from indexing.sample.vocabulary import City, Country, Vocabulary


@dataclass(frozen=True, slots=True)
class Home:
    """A place as written, and what a reader of the cell can know of it: country and city, or neither."""

    text: str | None
    country: str | None
    city: str | None


def settle(vocabulary: Vocabulary, hubs: tuple[str, ...], rng: Random) -> tuple[Country, City]:
    """A country and a city; a field's hubs hold more of its people than chance would."""
    if hubs and chance(rng, 24):
        hub = rng.choice(hubs)
        return next((country, city) for country in vocabulary.countries for city in country.cities if city.name == hub)
    country = weighted(rng, [(country, country.weight) for country in vocabulary.countries])
    return country, weighted(rng, [(city, city.weight) for city in country.cities])


def write_home(vocabulary: Vocabulary, country: Country, city: City, tongue: str, rng: Random) -> Home:
    """The location cell of someone who lives there: tidy, messy, vague, joking or empty."""
    shape = weighted(rng, [("city", 74), ("region", 7), ("empty", 13), ("joke", 6)])
    if shape == "empty":
        return Home(None, None, None)
    if shape == "joke":
        return Home(rng.choice(vocabulary.unknown_places), None, None)
    if shape == "region" and country.regions:
        return Home(rng.choice(country.regions), country.code, None)
    return Home(_city_text(country, city, tongue, rng), country.code, city.name)


def _city_text(country: Country, city: City, tongue: str, rng: Random) -> str:
    if city.forms and chance(rng, 45):
        return rng.choice(city.forms)
    name = country.name[tongue]
    return weighted(
        rng,
        [
            (city.name, 14),
            (f"{city.name}, {name}", 40),
            (f"{city.name}, {country.code}", 10),
            (f"{country.flag} {city.name}", 6),
            (f"{city.name} {country.flag}", 5),
            (f"{city.name.lower()}, {name.lower()}", 6),
            (f"{city.name.upper()}", 2),
            (f"{city.name} / Remote", 5),
            (f"{name}, {city.name}", 4),
            (f"near {city.name}, {name}" if tongue == "en" else f"près de {city.name}, {name}", 5),
            (f"📍{city.name} ({name})", 3),
        ],
    )
