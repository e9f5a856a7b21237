"""How much a caller may ask in a minute, and how often be wrong about a key. Counted in this process alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from indexing.errors import TooManyRequests

if TYPE_CHECKING:
    from throttled.rate_limiter.gcra import GCRARateLimiter

MOST_CALLERS = 65_536  # remembered at once, some 20 MB; the one that has been silent longest is forgotten first
WINDOW_SECONDS = 60
SEARCH, AUTHENTICATION = "search", "authentication"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a minute's requests, as the fields of draft-ietf-httpapi-ratelimit-headers-11 say it."""

    limit: str
    per_minute: int
    remaining: int
    reset_seconds: int
    refusal: str | None = None  # why nothing was spent, None when it was

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit-Policy` and `RateLimit`."""
        policy = f'"{self.limit}";q={self.per_minute};w={WINDOW_SECONDS}'
        state = f'"{self.limit}";r={self.remaining};t={self.reset_seconds}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


class RateLimit:
    """One allowance a minute for each caller, refilled evenly (GCRA): all of it at once, then one by one."""

    def __init__(self, name: str, per_minute: int) -> None:
        self.name = name
        self.per_minute = per_minute  # 0: no limit
        self._limiter: GCRARateLimiter | None = None

    def spend(self, caller: str, cost: int = 1) -> Allowance:
        """What is left; with a refusal, nothing was spent, and the reset is when there will be enough."""
        if cost > self.per_minute:
            left = self._counting.peek(caller).remaining
            refusal = f"This asks for {cost} at once, and {self.per_minute} a minute are allowed; send fewer at a time."
            return Allowance(self.name, self.per_minute, left, WINDOW_SECONDS, refusal)
        spent = self._counting.limit(caller, cost)
        left = spent.state.remaining
        if not spent.limited:
            return Allowance(self.name, self.per_minute, left, math.ceil(spent.state.reset_after))
        wait = max(1, math.ceil(spent.state.retry_after))
        refusal = f"{self.per_minute} a minute are allowed; try again in {wait} s."
        return Allowance(self.name, self.per_minute, left, wait, refusal)

    def wait_seconds(self, caller: str) -> int:
        """Seconds until the caller has something to spend, 0 when that is now."""
        if self._limiter is None:
            return 0  # nobody has spent anything yet
        return math.ceil(self._limiter.peek(caller).retry_after)

    @property
    def _counting(self) -> GCRARateLimiter:
        if self._limiter is None:
            # Made when first needed: it takes .2 s to import, where redis, which it knows too, is installed.
            from throttled.rate_limiter import per_min
            from throttled.rate_limiter.gcra import GCRARateLimiter
            from throttled.store import MemoryStore

            self._limiter = GCRARateLimiter(
                per_min(self.per_minute, burst=self.per_minute), MemoryStore(options={"MAX_SIZE": MOST_CALLERS})
            )
        return self._limiter


class RateLimits:
    """The limits of one service; `note_refusal` is told the name of the limit whenever somebody is turned away."""

    def __init__(
        self, *, searches: int = 0, failures: int = 0, note_refusal: Callable[[str], None] = lambda _: None
    ) -> None:
        """Requests, and wrong keys, that each caller has in a minute; 0 sets no limit."""
        self._searches = RateLimit(SEARCH, searches)
        self._failures = RateLimit(AUTHENTICATION, failures)
        self._note_refusal = note_refusal

    def spend_search(self, caller: Callable[[], str], cost: int, note: Callable[[Allowance], None]) -> None:
        """Let a caller search that often, and note what is left. TooManyRequests, with nothing spent.

        Without a limit nobody is asked who is calling.
        """
        if not self._searches.per_minute or cost < 1:
            return
        allowance = self._searches.spend(caller(), cost)
        note(allowance)
        if allowance.refusal is not None:
            self._refuse(SEARCH, allowance.refusal, allowance.reset_seconds)

    def admit_attempt(self, address: str) -> None:
        """Let an address try a key. TooManyRequests after too many wrong ones, whatever the next one is."""
        wait = self._failures.wait_seconds(address)
        if wait:
            self._refuse(AUTHENTICATION, f"Too many wrong keys came from here; try again in {wait} s.", wait)

    def note_failure(self, address: str) -> None:
        """An address gave a wrong key."""
        if self._failures.per_minute:
            self._failures.spend(address)

    def _refuse(self, limit: str, sentence: str, wait_seconds: int) -> NoReturn:
        self._note_refusal(limit)
        raise TooManyRequests(sentence, limit=limit, retry_after_seconds=wait_seconds)
