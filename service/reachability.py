"""Whether what the service needs answers: looked at side by side, one look at a time for each, with a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from indexing.errors import VivierError

CHECK_SECONDS = 2.0
LOOK_SECONDS = 15.0  # as often as Prometheus usually asks


class Reachability:
    """Looks at dependencies by name. Belongs to the event loop."""

    def __init__(self, checks: Mapping[str, Callable[[], bool]], *, patience_seconds: float = CHECK_SECONDS) -> None:
        self._checks = checks
        self._patience_seconds = patience_seconds
        self._looks: dict[str, asyncio.Task[bool]] = {}
        self.known: dict[str, bool] = {}  # what the last look at each said

    async def look(self) -> Mapping[str, bool]:
        """Whether each answers now; one that does not do so in time does not."""
        self.known.update(zip(self._checks, await asyncio.gather(*map(self._answers, self._checks)), strict=True))
        return self.known

    async def watch(self, seconds: float = LOOK_SECONDS) -> None:
        """Look again and again, until cancelled, for whoever only reads what is known."""
        while True:
            await asyncio.sleep(seconds)
            await self.look()

    async def _answers(self, name: str) -> bool:
        # A look that hangs keeps a thread; the next ones wait for it instead of keeping theirs too.
        look = self._looks.get(name)
        if look is None or look.done():
            look = self._looks[name] = asyncio.create_task(asyncio.to_thread(_check, self._checks[name]))
        done, _ = await asyncio.wait([look], timeout=self._patience_seconds)
        return bool(done) and look.result()


def _check(is_healthy: Callable[[], bool]) -> bool:
    try:
        return bool(is_healthy())
    except (VivierError, OSError):
        return False
