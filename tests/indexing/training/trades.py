"""Fictional people of a few trades, enough to train a tiny model on in seconds."""

from __future__ import annotations

from collections.abc import Iterator

from indexing.profiles import Profile
from tests.builders import make_profile, make_work

TRADES = {
    "search": "engine server query data vector",
    "vision": "image video deep neural network",
    "speech": "speech text language kernel library",
    "web": "web go server docker tool",
    "graphs": "graph database query build engine",
}


def people_of_trades(count: int = 40, *, works: int = 4) -> list[Profile]:
    """People ordered by login, each with so many repositories of one trade."""
    return [_person(number, works) for number in range(count)]


def _person(number: int, works: int) -> Profile:
    login = f"person-{number:03}"
    trade, words = list(TRADES.items())[number % len(TRADES)]
    return make_profile(
        login,
        bio=f"I build the {trade} tool number z{number} with the {words}",
        works=[
            make_work(f"{trade}-{number}-{place}", owner=login, description=_description(words.split(), number, place))
            for place in range(works)
        ],
    )


def _description(words: list[str], number: int, place: int) -> str:
    return " ".join(_drawn(words, number, place))


def _drawn(words: list[str], number: int, place: int) -> Iterator[str]:
    yield "a"
    for step in range(4):
        yield words[(number + place * (step + 1) + step) % len(words)]
    yield f"z{chr(97 + number % 26)}{chr(97 + place)}{number}"
