"""What each token may still ask: points an hour for GraphQL, requests an hour for REST, searches a minute."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True)
class Budget:
    """A window of time with so much to spend in it."""

    resource: str
    limit: int
    reset: float  # seconds since 1970
    used: int = 0

    @property
    def remaining(self) -> int:
        """What is left."""
        return max(0, self.limit - self.used)

    def headers(self) -> dict[str, str]:
        """GitHub's headers."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(math.ceil(self.reset)),
            "x-ratelimit-resource": self.resource,
        }

    def fields(self) -> dict[str, Any]:
        """The fields of GraphQL's `rateLimit`."""
        reset = datetime.fromtimestamp(math.ceil(self.reset), UTC)
        return {
            "limit": self.limit,
            "remaining": self.remaining,
            "used": self.used,
            "resetAt": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


class Budgets:
    """The budgets of every token, opened with its first request."""

    def __init__(self, points_per_hour: int, hour_seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._kinds = {
            "graphql": (points_per_hour, hour_seconds),
            "core": (points_per_hour, hour_seconds),
            "search": (30, hour_seconds / 60),
        }
        self._clock = clock
        self._open: dict[tuple[str, str], Budget] = {}

    def of(self, token: str, resource: str) -> Budget:
        """A token's budget at this moment."""
        limit, seconds = self._kinds[resource]
        budget = self._open.get((token, resource))
        now = self._clock()
        if budget is None or budget.reset <= now:
            budget = self._open[token, resource] = Budget(resource, limit, now + seconds)
        return budget

    def everything(self, token: str) -> dict[str, Budget]:
        """All budgets of a token."""
        return {resource: self.of(token, resource) for resource in self._kinds}
