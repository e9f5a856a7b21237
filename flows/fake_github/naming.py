"""Names and logins of the population, from the sample's syllables: invented surnames, and people who share a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from flows.fake_github.draws import Draws
from indexing.sample.naming import slug
from indexing.sample.vocabulary import vocabulary

_LONGEST_LOGIN = 39
_EMOJI = ("🦀", "🌱", "☕", "🐘", "⚙️", "🇫🇷")


@dataclass(frozen=True, slots=True)
class Culture:
    """Given names and surnames, each with the form it takes in a login."""

    given: tuple[tuple[str, str], ...]
    surnames: tuple[tuple[str, str], ...]


@cache
def cultures() -> dict[str, Culture]:
    """Every culture's names."""
    made = {}
    for key, parts in vocabulary().names["cultures"].items():
        surnames = [f"{a}{b}{c}" for a in parts["starts"] for b in parts["middles"] for c in parts["ends"]]
        made[key] = Culture(
            tuple((name, slug(name).replace("-", "")) for name in parts["given"]),
            tuple((name, slug(name).replace("-", "")) for name in surnames),
        )
    return made


def name_and_login(culture: str, draws: Draws) -> tuple[str | None, str]:
    """A person's name (None: left empty) and the login they would like to have."""
    names = cultures()[culture]
    (given, short), (surname, last) = draws.pick(names.given), draws.pick(names.surnames)
    return _written(given, surname, draws), _login(short, last, draws)


def _written(given: str, surname: str, draws: Draws) -> str | None:
    shape = draws.below(100)
    if shape < 72:
        return f"{given} {surname}"
    if shape < 86:
        return None
    if shape < 93:
        return given
    if shape < 96:
        return f"{given} {surname}".lower()
    if shape < 98:
        return unicodedata.normalize("NFD", f"{given} {surname}")
    return f"{given} {surname} {draws.pick(_EMOJI)}"


def _login(short: str, last: str, draws: Draws) -> str:
    shape, digits = draws.below(100), draws.below(97) + 2
    handles = vocabulary().names["handles"]
    handle = f"{draws.pick(handles['starts'])}{draws.pick(handles['middles'])}{draws.pick(handles['ends'])}"
    if shape < 30:
        return f"{short}-{last}"
    if shape < 52:
        return f"{short[:1]}{last}{digits}"
    if shape < 80:
        return f"{handle}{digits}"
    if shape < 90:
        return f"{handle}-{short}"
    if shape < 97:
        return f"{last}-{short[:1]}{digits}".capitalize()
    # Managed accounts carry their company's short code after the one underscore a login may have.
    return f"{short}-{last}_{handle[:6]}" if shape < 98 else f"{short}{last}{digits}".upper()


def free_login(wanted: str, taken: dict[str, int], number: int) -> str:
    """The login if nobody has it, or one that says whose it is."""
    login = wanted[:_LONGEST_LOGIN].strip("-")
    return login if login.lower() not in taken else f"{login[:30].strip('-')}-{number}"


def organisation_logins(count: int) -> Sequence[tuple[str, str]]:
    """Logins and names of so many organisations, none twice."""
    stems, words = vocabulary().names["companies"]["stems"], ("collective", "commons", "guild", "tools", "open", "labo")
    made = []
    for number in range(count):
        stem, word = stems[number % len(stems)], words[number // len(stems) % len(words)]
        turn = number // (len(stems) * len(words))
        made.append((f"{slug(stem)}-{word}{turn or ''}", f"{stem} {word.capitalize()}"))
    return made
