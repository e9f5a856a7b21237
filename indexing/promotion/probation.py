"""Probation: a new champion is watched while it serves, and goes back by itself when it does badly.

It is noted in the registry before the alias moves, so that a kill leaves neither a champion that nobody watches without
a word, nor a release that retention would take.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from indexing.errors import RegistryUnavailable, Unavailable
from indexing.promotion.running_service import RunningService, Traffic
from indexing.registry import ModelRegistry

NOTE = "probation"
POLL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a champion on probation may cost; VIVIER_PROBATION_* sets each."""

    minutes: float = 10.0
    max_failed_rise: float = 0.02  # of the share of answers that are 5xx
    min_failures: int = 3  # fewer may be anything
    max_latency_ratio: float = 2.0  # of the searches' 95th percentile
    min_searches: int = 50  # on both sides of the switch: fewer say nothing of a percentile
    silence_seconds: float = 30.0  # a restart takes less


@dataclass(frozen=True, slots=True)
class Probation:
    """One that is under way, as it is noted."""

    promotion: str
    release_id: str
    previous: str
    ends: str  # ISO 8601, UTC
    host: str
    before: Traffic = field(default_factory=Traffic)  # the service's, until the switch

    def to_json(self) -> str:
        """As it is noted."""
        return json.dumps({**asdict(self), "before": self.before.to_dict()})

    @staticmethod
    def from_json(text: str) -> Probation:
        """Read back; ValueError, KeyError or TypeError when it is not one."""
        written: dict[str, Any] = json.loads(text)
        return Probation(**{**written, "before": Traffic.from_dict(written["before"])})

    @property
    def is_over(self) -> bool:
        """Whether its time has passed."""
        return datetime.now(UTC) >= datetime.fromisoformat(self.ends)


@dataclass(frozen=True, slots=True)
class Watched:
    """How a probation ended."""

    result: Literal["passed", "trouble", "superseded", "unwatched"]
    sentence: str


def under_way(registry: ModelRegistry) -> Probation | None:
    """The probation that is noted; None when there is none, or nobody can read it."""
    text = registry.notes().get(NOTE)
    try:
        return Probation.from_json(text) if text else None
    except (ValueError, KeyError, TypeError):
        return None


def begin(registry: ModelRegistry, probation: Probation) -> None:
    """Write down that a release is about to be on probation."""
    registry.note(NOTE, probation.to_json())


def end(registry: ModelRegistry) -> None:
    """Nobody is on probation any more."""
    registry.note(NOTE, None)


def ends_after(minutes: float) -> str:
    """The moment a probation ends that begins now."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds")


def watch(
    probation: Probation,
    registry: ModelRegistry,
    service: RunningService,
    limits: Limits,
    *,
    on_progress: Callable[[float], None] = lambda left: None,
    sleep: Callable[[float], None] = time.sleep,
    poll_seconds: float = POLL_SECONDS,
) -> Watched:
    """Look at the service until the probation is over; how it ended, in one sentence. Changes nothing."""
    watcher = _Watcher(probation, registry, service, limits)
    while True:
        found = watcher.look()
        if found is not None:
            return found
        left = (datetime.fromisoformat(probation.ends) - datetime.now(UTC)).total_seconds()
        if left <= 0:
            return watcher.passed()
        on_progress(left)
        sleep(min(poll_seconds, left))


class _Watcher:
    """What is remembered from one look to the next."""

    def __init__(self, probation: Probation, registry: ModelRegistry, service: RunningService, limits: Limits) -> None:
        self._probation, self._registry, self._service, self._limits = probation, registry, service, limits
        self._start = probation.before
        self._after = Traffic()
        self._silent_since: float | None = None

    def look(self) -> Watched | None:
        """One look; None when all is well so far."""
        try:
            champion = self._registry.champion()
        except RegistryUnavailable:
            champion = None  # the service goes on without it, and so do we
        if champion is not None and champion.release_id != self._probation.release_id:
            return Watched("superseded", f"{champion.release_id} was loaded meanwhile, so the watch ends.")
        try:
            serving = self._service.serves()
            self._after = self._service.traffic().since(self._start)
        except Unavailable as error:
            return self._silence(f"{error}")
        if serving != self._probation.release_id:
            return self._silence(f"The service at {self._service.url} serves {serving or 'nothing'}.")
        self._silent_since = None
        return self._failures() or self._slowness()

    def passed(self) -> Watched:
        """The time is over and nothing was found."""
        slow = self._after.slow_end()
        speed = f", 95 of 100 searches within {slow * 1000:.0f} ms" if slow is not None else ""
        return Watched(
            "passed",
            f"Probation is over: {self._after.requests:.0f} requests, {self._after.failures:.0f} failed{speed}.",
        )

    def _silence(self, problem: str) -> Watched | None:
        now = time.monotonic()
        self._silent_since = now if self._silent_since is None else self._silent_since
        if now - self._silent_since < self._limits.silence_seconds:
            return None
        return Watched("trouble", f"For {self._limits.silence_seconds:.0f} s: {problem}")

    def _failures(self) -> Watched | None:
        before, after = self._probation.before.failed_share, self._after.failed_share
        if self._after.failures < self._limits.min_failures or after - before <= self._limits.max_failed_rise:
            return None
        return Watched(
            "trouble",
            f"{self._after.failures:.0f} of {self._after.requests:.0f} requests failed ({after:.1%}), "
            f"{before:.1%} before the switch.",
        )

    def _slowness(self) -> Watched | None:
        before, after = self._probation.before.slow_end(), self._after.slow_end()
        fewest = min(self._probation.before.timed, self._after.timed)
        if before is None or after is None or fewest < self._limits.min_searches:
            return None
        if after <= before * self._limits.max_latency_ratio:
            return None
        return Watched(
            "trouble",
            f"95 of 100 searches took up to {after * 1000:.0f} ms, {before * 1000:.0f} ms before the switch "
            f"({self._limits.max_latency_ratio:.1f} times are allowed).",
        )
