"""Draws that give the same answer on every machine: whole numbers and exact arithmetic, never a logarithm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")

# The day the sample was "fetched"; a fixed one, or the files would change every night.
REFERENCE = datetime(2026, 6, 30, 4, 0, 0, tzinfo=UTC)
_DAY = 86_400


def stream(seed: int, *names: str | int) -> Random:
    """A generator of its own for each thing drawn, so that one more draw here moves nothing there."""
    return Random(":".join(str(part) for part in (seed, *names)))


def chance(rng: Random, percent: float) -> bool:
    """True this often, in percent."""
    return rng.random() * 100 < percent


def weighted(rng: Random, choices: Iterable[tuple[T, int]]) -> T:
    """One of the choices, each as often as its whole weight says."""
    pairs = [(choice, weight) for choice, weight in choices if weight > 0]
    left = rng.randrange(sum(weight for _, weight in pairs))
    for choice, weight in pairs:
        if left < weight:
            return choice
        left -= weight
    raise AssertionError("the weights add up to more than their sum")


def several(rng: Random, choices: Sequence[tuple[T, int]], count: int) -> list[T]:
    """Up to so many different choices, heavier ones sooner."""
    left = dict(enumerate(choices))
    picked: list[T] = []
    while left and len(picked) < count:
        number = weighted(rng, [(number, weight) for number, (_, weight) in left.items()])
        picked.append(left.pop(number)[0])
    return picked


def heavy(rng: Random, scale: float, cap: int) -> int:
    """A count with a heavy tail: half of them below the scale, one in a hundred above a hundred times it."""
    return min(cap, int(scale * (1 / (1 - rng.random()) - 1)))


def moment(rng: Random, after: datetime, before: datetime, *, late: bool = False) -> datetime:
    """A second between two moments; `late` favours the end."""
    span = max(0, int((before - after).total_seconds()))
    draw = max(rng.random(), rng.random()) if late else rng.random()
    return after + timedelta(seconds=int(draw * span))


def days_ago(days: int, rng: Random) -> datetime:
    """Some second of the day so many days before the reference date."""
    return REFERENCE - timedelta(seconds=days * _DAY + rng.randrange(_DAY))


def stamp(when: datetime) -> str:
    """A moment as GitHub writes it."""
    return f"{when.isoformat()[:19]}Z"
