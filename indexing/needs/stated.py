"""What a need states outright: a number, a date, availability, or a person by login."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

NUMBER_WORDS: Final = {
    word: number
    for number, words in {
        1: "a an one un une", 2: "two deux couple", 3: "three trois few quelques", 4: "four quatre", 5: "five cinq",
        6: "six", 7: "seven sept", 8: "eight huit", 9: "nine neuf", 10: "ten dix", 12: "twelve douze",
        15: "fifteen quinze", 18: "eighteen", 20: "twenty vingt", 50: "fifty cinquante", 100: "hundred cent",
        1000: "thousand mille",
    }.items()
    for word in words.split()
}  # fmt: skip


class Stated(NamedTuple):
    """Something stated, and where; `value` is a number, an ISO date or a level, None when it changes nothing."""

    kind: str  # followers | years | active | hireable | like | login | title | duration
    start: int
    end: int
    value: int | str | None = None
    logins: tuple[str, ...] = ()


def in_order(*found: Iterable[Stated]) -> list[Stated]:
    """All of them by their place, the longer of two that start together, without overlap."""
    kept: list[Stated] = []
    for one in sorted((one for group in found for one in group), key=lambda one: (one.start, -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept
