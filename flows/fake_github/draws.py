"""Draws from (seed, names of the thing drawn): the same for one thing or for an array of things, on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
Numbers = npt.NDArray[Any]

_MASK = (1 << 64) - 1
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mix(*parts: int) -> int:
    """64 well-stirred bits of these whole numbers (splitmix64, one round a part)."""
    state = _STEP
    for part in parts:
        state = (state ^ (part & _MASK)) + _STEP & _MASK
        state = (state ^ (state >> 30)) * _FIRST & _MASK
        state = (state ^ (state >> 27)) * _SECOND & _MASK
        state ^= state >> 31
    return state


def mix_many(*parts: int | Numbers) -> Numbers:
    """What `mix` gives, for arrays: the last parts may be arrays of one length."""
    state: Numbers = np.array([_STEP], dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            bits = part.astype(np.uint64) if isinstance(part, np.ndarray) else np.uint64(part & _MASK)
            state = (state ^ bits) + np.uint64(_STEP)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(_FIRST)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(_SECOND)
            state = state ^ (state >> np.uint64(31))
    return state


def shares(bits: Numbers) -> Numbers:
    """Bits as numbers from 0 up to 1."""
    return (bits >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def heavy_many(bits: Numbers, scale: float, cap: int) -> Numbers:
    """Counts with a heavy tail: half of them below the scale, one in a hundred above a hundred times it."""
    counts: Numbers = np.minimum(cap, (scale * (1 / (1 - shares(bits)) - 1)).astype(np.int64))
    return counts


class Draws:
    """One thing's own stream of draws."""

    __slots__ = ("_state",)

    def __init__(self, *parts: int) -> None:
        self._state = mix(*parts)

    @classmethod
    def after(cls, state: int) -> Draws:
        """A stream that begins at these bits, when many were mixed at once."""
        stream = cls.__new__(cls)
        stream._state = state
        return stream

    def below(self, count: int) -> int:
        """A whole number from 0 up to the count."""
        state = self._state = self._state + _STEP & _MASK
        state = (state ^ (state >> 30)) * _FIRST & _MASK
        state = (state ^ (state >> 27)) * _SECOND & _MASK
        return (state ^ (state >> 31)) % count

    def chance(self, per_mille: int) -> bool:
        """True this often, in a thousand."""
        return self.below(1_000) < per_mille

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as often as the others."""
        return choices[self.below(len(choices))]

    def heavy(self, scale: float, cap: int) -> int:
        """A count with a heavy tail, as `heavy_many`."""
        return min(cap, int(scale * (1_000_003 / (1 + self.below(1_000_003)) - 1)))
