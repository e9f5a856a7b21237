"""What a request needs: the service's parts, and the right to be here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from fastapi import Request

from indexing.skills import Catalogue
from service.live_release import ReleaseLane
from service.security import Guard
from service.telemetry import Metrics

P = ParamSpec("P")
R = TypeVar("R")


class Service:
    """The parts of one application, opened and closed with it."""

    def __init__(
        self, *, lane: ReleaseLane, catalogue: Catalogue, guard: Guard, metrics: Metrics, threads: int
    ) -> None:
        self.lane = lane
        self.catalogue = catalogue
        self.guard = guard
        self.metrics = metrics
        # Searching is CPU work: more threads than this only fight over the interpreter.
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="search")

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run CPU work beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*args, **kwargs))

    def refresh_gauges(self) -> None:
        """Bring the metrics that are states, not counts, up to date."""
        live = self.lane.live
        self.metrics.switches.set(self.lane.switches)
        self.metrics.follower_failures.set(self.lane.follower.failures)
        self.metrics.release.clear()
        if live is not None:
            self.metrics.generation.set(live.generation)
            self.metrics.release.labels(live.opened.release.id).set(1)
            self.metrics.people.set(live.opened.release.people)
            self.metrics.cache_hits.set(live.opened.query_cache_hits)

    def close(self) -> None:
        """Let the threads finish."""
        self._threads.shutdown()


# Coroutines, though nothing in them waits: FastAPI hands a plain function to a thread, three hand-overs a request.
async def service_of(request: Request) -> Service:
    """The application's parts."""
    return _service(request)


async def admit_search(request: Request) -> None:
    """Refuse a search without one of the keys, when keys are set."""
    _service(request).guard.admit_search(request)


async def admit_admin(request: Request) -> None:
    """Refuse an administrator's act without the right."""
    _service(request).guard.admit_admin(request)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service
