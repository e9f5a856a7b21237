"""What a request needs: the service's parts, and the right to be here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from typing import Annotated, ParamSpec, TypeVar

from fastapi import Depends, Request

from indexing.candidates import Answer, Need
from indexing.champions import Cause
from indexing.errors import NotEnoughMemory, VivierError
from indexing.facets import Facets, count_facets
from indexing.hidden_people import HiddenPeople
from indexing.open_release import OpenRelease
from indexing.profiles import Profile, Work
from indexing.search import search_people
from indexing.similar import read_profile
from indexing.skills import Catalogue
from service.batch_helpers import BatchHelpers
from service.deadlines import to_its_end
from service.erasing import Erasing
from service.extra_releases import ExtraReleases
from service.kept_map import KeptMap
from service.live_release import LiveRelease, ReleaseLane, Switched
from service.metrics import Metrics
from service.rate_limits import Allowance, RateLimits
from service.reachability import Reachability
from service.references import References
from service.security import Guard
from service.state_metrics import state_metrics
from service.stored_searches import StoredSearches

LOG = logging.getLogger("vivier.service")
P = ParamSpec("P")
R = TypeVar("R")


class Service:
    """The parts of one application, opened and closed with it."""

    def __init__(
        self,
        *,
        lane: ReleaseLane,
        extras: ExtraReleases,
        helpers: BatchHelpers,
        catalogue: Catalogue,
        guard: Guard,
        metrics: Metrics,
        threads: int,
        hidden: HiddenPeople,
        erasing: Erasing,
        searches: StoredSearches | None = None,
        limits: RateLimits | None = None,
    ) -> None:
        self.lane = lane
        self.extras = extras
        self.helpers = helpers
        self.catalogue = catalogue
        self.guard = guard
        self.limits = limits or RateLimits()
        workspace = lane.workspace
        self.reachability = Reachability(
            {
                "registry": workspace.registry.is_healthy,
                "index": workspace.store.is_healthy,
                "database": workspace.tombstones.is_healthy,  # stored searches are in the same one
            }
        )
        self.metrics = metrics
        metrics.state.read = lambda: state_metrics(lane, self.reachability.known)
        self.erasing = erasing
        self.searches = searches  # None: they are not stored
        self.hidden = hidden
        self.map = KeptMap(self.run)
        self._references = References(workspace.registry)
        # Searching is CPU work: more threads than this only fight over the interpreter.
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="search")
        # Batches leave one thread to single requests, however many batches there are.
        self.batch_places = max(1, threads - 1)
        self.batch_turns = asyncio.Semaphore(self.batch_places)

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run CPU work beside the event loop, as a part of the same request."""
        context = copy_context()
        working = self._threads.submit(lambda: context.run(work, *args, **kwargs))
        return await to_its_end(asyncio.wrap_future(working), give_up=working.cancel)

    def search(self, need: Need, opened: OpenRelease) -> Answer:
        """One search, on the thread that asks."""
        found = search_people(need, opened, self.catalogue, hidden=self.hidden.of(opened))
        self.metrics.observe_search(found.timings)
        return found

    def facets(self, need: Need, opened: OpenRelease) -> Facets:
        """What a need could be narrowed by, on the thread that asks."""
        return count_facets(need, opened, self.catalogue, hidden=self.hidden.of(opened))

    def profile(self, login: str, opened: OpenRelease) -> tuple[Profile, list[Work]]:
        """One person, on the thread that asks. ProfileNotFound, also for whoever left."""
        return read_profile(login, opened, hidden=self.hidden.of(opened))

    @asynccontextmanager
    async def borrow(self, reference: str | None = None) -> AsyncIterator[LiveRelease]:
        """The live release, or the one a version, alias or release id names, for one request."""
        release_id = None if reference is None else await self._release_id(reference)
        if release_id is None or self._is_live(release_id):
            async with self.lane.borrow() as live:
                self.extras.let_go(live.opened.release.id)
                yield live
            return
        async with self.extras.borrow(release_id) as opened:
            live_now = self.lane.live
            yield LiveRelease(opened, live_now.generation if live_now else 0)

    async def load(self, reference: str, *, drop_first: bool, cause: Cause = "load") -> Switched:
        """Change what serves; releases that only some requests asked for give way to it."""
        try:
            return await self.lane.load(reference, drop_first=drop_first, cause=cause)
        except NotEnoughMemory:
            if not await self.extras.give_way():
                raise
            return await self.lane.load(reference, drop_first=drop_first, cause=cause)

    async def _release_id(self, reference: str) -> str:
        if self._is_live(reference) or self.extras.has(reference):
            return reference
        return await self._references.release_id(reference)

    def _is_live(self, release_id: str) -> bool:
        return self.lane.live is not None and self.lane.live.opened.release.id == release_id

    async def watch_dropped(self, seconds: float) -> None:
        """Let go of releases that were erased elsewhere, until cancelled: their files last as long as they are open."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.lane.close_dropped()
                await self.extras.close_dropped()
                await self.helpers.close_dropped()
            except VivierError as error:
                LOG.warning("whether a release was dropped is not known: %s", error)

    async def close(self) -> None:
        """Let the threads finish, write what waits, end the helpers, close the extra releases."""
        self._threads.shutdown()
        await asyncio.to_thread(self.erasing.close)
        if self.searches is not None:
            await asyncio.to_thread(self.searches.close)
        await self.helpers.close()
        await self.extras.close()


# Coroutines, though nothing in them waits: FastAPI hands a plain function to a thread, three hand-overs a request.
async def service_of(request: Request) -> Service:
    """The application's parts."""
    return _service(request)


async def admit_search(request: Request) -> None:
    """Refuse a search without one of the keys, when keys are set, and one too many a minute."""
    _service(request).guard.admit_search(request)
    charge(request)


async def admit_key(request: Request) -> None:
    """Refuse whoever may not search; nothing is counted."""
    _service(request).guard.admit_search(request)


async def admit_anyone(request: Request) -> None:
    """Let anybody ask, though not without end."""
    charge(request)


async def admit_admin(request: Request) -> None:
    """Refuse an administrator's act without the right."""
    _service(request).guard.admit_admin(request)


Served = Annotated[Service, Depends(service_of)]


def charge(request: Request, cost: int = 1) -> None:
    """Count a request as that many searches, and let its answer say what is left. TooManyRequests."""
    service = _service(request)

    def note(allowance: Allowance) -> None:
        request.state.rate_limit = allowance.headers

    service.limits.spend_search(lambda: service.guard.caller(request), cost, note)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service
