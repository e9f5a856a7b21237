"""How long each stage of a run takes."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

R = TypeVar("R")


class Stopwatch:
    """Seconds of wall clock by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, work: Callable[[], R]) -> R:
        """Do the work and note how long it took."""
        started = perf_counter()
        found = work()
        self.seconds[stage] = round(perf_counter() - started, 3)
        return found
