"""What was asked: by kind, and whom it showed, so that a test can tell whether anything was asked for twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any


class RequestLog:
    """Counts of requests since the start, or since the log was emptied."""

    def __init__(self) -> None:
        self.empty()

    def empty(self) -> None:
        """Begin to count anew."""
        self.by_kind: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.too_early = 0  # asked before Retry-After was over
        self.points = 0
        self._answered: Counter[int] = Counter()
        self._shown: Counter[int] = Counter()

    def answered(self, key: int, shown: Iterable[int]) -> None:
        """A request was answered whole; `shown` are the accounts whose repositories it began to list."""
        self._answered[key] += 1
        self._shown.update(shown)

    def told(self) -> dict[str, Any]:
        """Everything counted, as JSON-able values."""
        return {
            "requests": sum(self.by_status.values()),
            "by_kind": dict(sorted(self.by_kind.items())),
            "by_status": {str(status): count for status, count in sorted(self.by_status.items())},
            "faults": dict(sorted(self.faults.items())),
            "too_early": self.too_early,
            "points": self.points,
            "answered": sum(self._answered.values()),
            "answered_again": sum(count - 1 for count in self._answered.values()),
            "people_shown": len(self._shown),
            "people_shown_again": sum(count - 1 for count in self._shown.values()),
        }
