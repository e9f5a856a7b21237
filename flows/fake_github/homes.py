"""Where the population lives: every odd way to write a place, made once, and shared by all who write it so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np

from flows.fake_github.draws import Numbers, mix_many
from indexing.sample.homes import write_home
from indexing.sample.vocabulary import vocabulary

_WAYS = 28  # ways to write each city, some of them empty or a joke
_TABLE = 4_096


@dataclass(frozen=True, slots=True)
class Homes:
    """Cities by weight, and the numbers of the texts that people of each city and language write."""

    texts: tuple[str | None, ...]
    cultures: tuple[str, ...]  # by city
    french: Numbers  # by city, in percent
    by_weight: Numbers  # a table of city numbers to draw from
    ways: Numbers  # [city, tongue (0 English, 1 French), way] -> text number


@cache
def homes() -> Homes:
    """The places of the sample's vocabulary."""
    words = vocabulary()
    cities = [(country, city) for country in words.countries for city in country.cities]
    known: dict[str | None, int] = {}
    ways = np.zeros((len(cities), 2, _WAYS), dtype=np.int32)
    for number, (country, city) in enumerate(cities):
        for turn, tongue in enumerate(("en", "fr")):
            rng = Random(f"home:{country.code}:{city.name}:{tongue}")
            for way in range(_WAYS):
                text = write_home(words, country, city, tongue, rng).text
                ways[number, turn, way] = known.setdefault(text, len(known))
    shares = {country.code: sum(city.weight for city in country.cities) for country in words.countries}
    weights = np.array([country.weight * city.weight / shares[country.code] for country, city in cities])
    edges = np.cumsum(weights) / weights.sum()
    return Homes(
        tuple(known),
        tuple(country.culture for country, _ in cities),
        np.array([country.french for country, _ in cities]),
        np.searchsorted(edges, (np.arange(_TABLE) + 0.5) / _TABLE).astype(np.int32),
        ways,
    )


def settle_many(seed: int, ordinals: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """For each account: its city, whether it writes French, and the number of its location text."""
    places = homes()
    cities = places.by_weight[mix_many(seed, 21, ordinals) % np.uint64(_TABLE)]
    is_french = mix_many(seed, 22, ordinals) % np.uint64(100) < places.french[cities].astype(np.uint64)
    ways = (mix_many(seed, 23, ordinals) % np.uint64(_WAYS)).astype(np.int64)
    return cities, is_french, places.ways[cities, is_french.astype(np.int64), ways]
