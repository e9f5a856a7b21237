"""Names for people who do not exist: invented surnames, logins nobody should have, firms never founded."""

from __future__ import annotations

import re
import unicodedata
from random import Random

from indexing.sample.draws import chance, weighted
from indexing.sample.vocabulary import Vocabulary

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "æ": "ae", "ß": "ss", "œ": "oe", "đ": "d"})


def slug(text: str) -> str:
    """A text in the letters, digits and single hyphens that logins, repositories and topics are made of."""
    text = text.lower().translate(_LETTERS).replace("c++", "cpp").replace("c#", "csharp")
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def person_name(vocabulary: Vocabulary, culture: str, rng: Random) -> tuple[str, str]:
    """A given name that exists and a surname that should not."""
    cultures = vocabulary.names["cultures"]
    parts = cultures[weighted(rng, [(culture, 88), *((other, 1) for other in cultures)])]
    surname = rng.choice(parts["starts"]) + rng.choice(parts["middles"]) + rng.choice(parts["ends"])
    return rng.choice(parts["given"]), surname


def login(vocabulary: Vocabulary, given: str, surname: str, rng: Random, taken: set[str]) -> str:
    """A login nobody else of the sample has; the invented surname or the digits keep it off real accounts."""
    first, last = slug(given), slug(surname)
    handle = _handle(vocabulary, rng)
    digits = str(rng.randrange(2, 98))
    shape = weighted(rng, [("full", 30), ("initial", 20), ("handle", 32), ("mixed", 10), ("short", 8)])
    made = {
        "full": f"{first}-{last}",
        "initial": f"{first[0]}{last}{digits}".replace("-", ""),
        "handle": f"{handle}{digits}" if chance(rng, 60) else f"{handle}-{digits}",
        "mixed": f"{handle}-{first}",
        "short": f"{last}-{first[0]}{digits}",
    }[shape]
    made = made[0].upper() + made[1:] if chance(rng, 7) else made
    unique, number = made[:36].strip("-"), 2
    while unique.lower() in taken:
        unique, number = f"{made[:33].strip('-')}-{number}", number + 1
    taken.add(unique.lower())
    return unique


def company(vocabulary: Vocabulary, tongue: str, rng: Random) -> str:
    """An employer, a university or a workshop that was never founded."""
    stem = rng.choice(vocabulary.names["companies"]["stems"])
    shape: str = rng.choice(vocabulary.names["companies"][tongue])
    return shape.format(stem=stem, slug=slug(stem))


def _handle(vocabulary: Vocabulary, rng: Random) -> str:
    parts = vocabulary.names["handles"]
    middle = rng.choice(parts["middles"]) if chance(rng, 70) else ""
    return f"{rng.choice(parts['starts'])}{middle}{rng.choice(parts['ends'])}"
