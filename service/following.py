"""How a process keeps up with the champion: what went wrong, and when to try a refused one again."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Literal

from indexing.errors import RegistryUnavailable

LOG = logging.getLogger("vivier.service")
MAX_BACKOFF_SECONDS = 300.0


@dataclass(slots=True)
class Follower:
    """The state that `/health` shows."""

    watch_seconds: float
    state: Literal["following", "stalled", "registry away"] = "following"
    problem: str | None = None
    refused: str | None = None  # the release id it cannot load
    failures: int = 0  # in a row
    errors: int = 0  # since the start, the registry away included
    confirmed: str | None = None  # the registry's revision at which it named what serves
    has_asked: bool = False  # this process itself, so that the registry is open
    _retry_at: float = field(default=0.0, repr=False)

    @property
    def is_waiting(self) -> bool:
        """Whether it is too early to try the refused release again."""
        return self.state == "stalled" and time.monotonic() < self._retry_at

    def trust(self, revision: str | None) -> None:
        """What serves was confirmed at this revision before this process began."""
        self.confirmed = revision

    def recover(self, *, confirmed: str | None = None) -> None:
        """What serves is what the registry names, as of this revision."""
        self.state, self.problem, self.refused, self.failures = "following", None, None, 0
        self.confirmed, self.has_asked = confirmed, True

    def turn_to(self, release_id: str) -> None:
        """Another champion than the one that was refused: its failures are its own."""
        if release_id != self.refused:
            self.recover()
            self.refused = release_id

    def stall(self, error: Exception) -> None:
        """Say why the champion is not followed; looking for another costs little and goes on as ever."""
        self.problem = str(error) or type(error).__name__
        self.confirmed = None
        self.errors += 1
        if isinstance(error, RegistryUnavailable):
            self.state, self.refused = "registry away", None
            return
        self.state = "stalled"
        self.failures += 1
        pause = self.watch_seconds * 2 ** min(self.failures, 10)
        self._retry_at = time.monotonic() + min(pause, max(MAX_BACKOFF_SECONDS, self.watch_seconds))
        LOG.warning("the champion cannot be loaded: %s", error)
