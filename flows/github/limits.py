"""How fast to ask: points by the hour and by the minute, what GitHub says of its limits, and how long to wait.

GitHub's rules (docs: "Rate limits and query limits for the GraphQL API"): a number of points an hour by what a question
costs; 2,000 points a minute, where each question counts one; `Retry-After` when it is there, otherwise the reset when
nothing remains, otherwise a minute and then exponentially.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any, Protocol

from flows.sources.port import Say

HOUR, MINUTE = 3_600.0, 60.0
REQUESTS_A_MINUTE = 1_900  # of 2,000: others may use the token too
LONGEST_WAIT = 900.0  # seconds: the ceiling of what we wait on our own account
LONGEST_RETRY = 60.0  # seconds between two tries of a request that failed
WORTH_SAYING = 1.0  # seconds


class Clock(Protocol):
    """The time, and how to let it pass."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""


class SystemClock:
    """The machine's own."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        time.sleep(seconds)


@dataclass(slots=True)
class _Window:
    """What GitHub last said of one of its hourly limits."""

    limit: int
    remaining: int
    reset_at: float


class Pace:
    """Waits before a request when that is due, and remembers what requests cost.

    `wait_seconds` is the first wait on a secondary limit without Retry-After (GitHub asks for 60); tries after a
    failure wait a sixtieth of it, twice as long each time.
    """

    def __init__(
        self, clock: Clock, say: Say, *, wait_seconds: float = 60.0, points_an_hour: int | None = None
    ) -> None:
        self.clock = clock
        self.spent = 0  # points since the start
        self.waited = 0.0  # seconds since the start
        self._say = say
        self._wait_seconds = wait_seconds
        self._points_an_hour = points_an_hour
        self._windows: dict[str, _Window] = {}
        self._costs: deque[tuple[float, int]] = deque()
        self._last_cost = 1

    def limit(self, resource: str = "graphql") -> int | None:
        """Points an hour as GitHub says it, None before the first answer and where there is no limit."""
        window = self._windows.get(resource)
        return None if window is None else window.limit

    def before(self, resource: str) -> None:
        """Wait until a request may be sent."""
        window = self._windows.get(resource)
        now = self.clock.now()
        if window is not None and window.reset_at > now and window.remaining < max(self._last_cost, 1):
            self._windows.pop(resource)
            self.wait(window.reset_at - now + 1, f"the {window.limit:,} points an hour that GitHub gives are used up")
        while self._costs and self._costs[0][0] <= now - HOUR:
            self._costs.popleft()
        if self._points_an_hour is not None:
            most = self._points_an_hour - self._last_cost
            self._keep_within(most, list(self._costs), HOUR, "the points an hour of --points are used up")
        if len(self._costs) > REQUESTS_A_MINUTE:
            last = [(moment, 1) for moment, _ in islice(reversed(self._costs), REQUESTS_A_MINUTE + 1)]
            self._keep_within(REQUESTS_A_MINUTE - 1, last[::-1], MINUTE, "GitHub takes 2,000 questions a minute")

    def charge(self, cost: int) -> None:
        """Count what a request cost; one that brought no answer costs as well."""
        self.spent += cost
        self._last_cost = cost
        self._costs.append((self.clock.now(), cost))

    def told(self, resource: str, *, limit: int, remaining: int, reset_at: float) -> None:
        """Take what an answer says of a limit."""
        self._windows[resource] = _Window(limit, remaining, reset_at)

    def refused_until(self, resource: str, retry_after: float | None, times: int) -> tuple[float, str]:
        """How long to wait after a refusal for a limit, the `times`-th in a row from 1, and why."""
        window, now = self._windows.get(resource), self.clock.now()
        if retry_after is not None:
            return retry_after, "GitHub asks to wait"
        if window is not None and window.remaining <= 0 and window.reset_at > now and times == 1:
            return window.reset_at - now + 1, f"the {window.limit:,} points an hour that GitHub gives are used up"
        ceiling = max(LONGEST_WAIT, self._wait_seconds) if self._wait_seconds >= MINUTE else self._wait_seconds * 8
        seconds = min(ceiling, self._wait_seconds * 2 ** (times - 1))
        return seconds * random.uniform(1.0, 1.1), "GitHub's secondary limit is reached"

    def after_failure(self, times: int) -> float:
        """How long to wait before another try, after `times` failures of the same request."""
        most = min(LONGEST_RETRY, 2.0 ** (times - 1)) * self._wait_seconds / MINUTE
        return most * random.uniform(0.5, 1.0)

    def wait(self, seconds: float, why: str) -> None:
        """Let time pass, and say so."""
        seconds = max(0.0, seconds)
        if seconds >= WORTH_SAYING:
            until = datetime.fromtimestamp(self.clock.now() + seconds).astimezone()
            self._say(f"Waiting {duration(seconds)}, until {until:%H:%M:%S}: {why}.")
        self.waited += seconds
        self.clock.sleep(seconds)

    def _keep_within(self, most: int, costs: list[tuple[float, int]], window_seconds: float, why: str) -> None:
        now = self.clock.now()
        recent = [(moment, cost) for moment, cost in costs if moment > now - window_seconds]
        over = sum(cost for _, cost in recent) - max(0, most)
        if over <= 0:
            return
        for moment, cost in recent:
            over -= cost
            if over <= 0:
                self.wait(moment + window_seconds - now, why)
                return


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that `Retry-After` asks for, written as a number or as a date; None when it is not there."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)


def limit_in_headers(headers: Mapping[str, str]) -> dict[str, Any] | None:
    """What the x-ratelimit headers say, None when they are not all there."""
    try:
        return {
            "limit": int(headers["x-ratelimit-limit"]),
            "remaining": int(headers["x-ratelimit-remaining"]),
            "reset_at": float(headers["x-ratelimit-reset"]),
        }
    except (KeyError, ValueError):
        return None


def duration(seconds: float) -> str:
    """For people: 40 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
