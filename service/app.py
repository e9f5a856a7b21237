"""The application: parts opened in the lifespan, closed in the same block."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import os
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from indexing.assembly import people_store
from indexing.centring import tongue_of
from indexing.errors import VivierError
from indexing.hidden_people import HiddenPeople
from indexing.needs import read_need
from indexing.places import country_middles
from indexing.prediction import detect_language
from indexing.run_environment import package_version
from indexing.skills import load_catalogue
from indexing.workspace import Workspace
from service import health, map_routes, memory, people_routes, routes, search_routes, ui
from service.batch_helpers import BatchHelpers, start_helper
from service.callers import TrustedProxies
from service.dependencies import Service
from service.erasing import Erasing
from service.extra_releases import ExtraReleases
from service.live_release import ReleaseLane
from service.mcp_server import over_http
from service.metrics import Metrics
from service.problems import install_problem_handlers
from service.rate_limits import RateLimits
from service.request_bodies import BodyLimits
from service.security import Guard
from service.settings import ServiceSettings
from service.stored_searches import StoredSearches
from service.telemetry import Telemetry
from service.tracing import NO_TRACING, Tracing

if TYPE_CHECKING:
    from indexing.search_store import SearchStore

LOG = logging.getLogger("vivier.service")
DESCRIPTION = """Find developers by what they have built.

For internal mobility, open-source programmes, conferences and research. Not for spam, and not for selling personal
information to recruiters, headhunters or job boards: GitHub's acceptable-use policy forbids both.
"""


def _read_tables() -> None:
    """Load the gazetteer, cue words and language detectors now: the first request should not wait for them."""
    read_need("Go developer in Lyon, ideally with Kubernetes", load_catalogue(), today=date(2026, 1, 1))
    country_middles()
    tongue_of("a text long enough to have a language")
    detect_language("a text long enough to have a language")


def _store_of(settings: ServiceSettings) -> SearchStore | None:
    if not settings.store_searches:
        return None
    from indexing.search_store import SearchStore  # SQLAlchemy takes .2 s: for those who store searches

    return SearchStore(settings.database, patience_seconds=10)  # a database that hangs must not keep a thread


def _service_of(
    settings: ServiceSettings,
    workspace: Workspace,
    metrics: Metrics,
    *,
    store: SearchStore | None,
    proxies: TrustedProxies,
) -> Service:
    """The parts of one application, with nothing opened yet."""
    fits = functools.partial(memory.fits, reserve_bytes=settings.memory_reserve_bytes)
    hidden = HiddenPeople()
    extras = ExtraReleases(workspace, enough_memory=fits)
    limits = RateLimits(
        searches=settings.rate_limit_per_minute,
        failures=settings.auth_failures_per_minute,
        note_refusal=metrics.note_refusal,
    )
    return Service(
        lane=ReleaseLane(
            workspace,
            watch_seconds=settings.watch_seconds,
            keep_open=settings.keep_open,
            enough_memory=lambda pair: fits(pair) or extras.make_way(),
            warm=hidden.of,
        ),
        extras=extras,
        helpers=BatchHelpers(
            functools.partial(start_helper, settings),
            workspace,
            count=min(settings.batch_helpers, (os.cpu_count() or 1) - 1),
            enough_memory=fits,
        ),
        catalogue=load_catalogue(),
        guard=Guard(
            admin_key=settings.admin_key.get_secret_value(),
            search_keys=settings.search_keys.get_secret_value(),
            limits=limits,
            proxies=proxies,
        ),
        limits=limits,
        metrics=metrics,
        hidden=hidden,
        threads=settings.search_threads or os.cpu_count() or 1,
        erasing=Erasing(
            functools.partial(people_store, settings),
            has_tombstones=lambda: bool(workspace.tombstones.marks()),
        ),
        searches=StoredSearches(store, days=settings.search_days) if store is not None else None,
    )


@contextlib.asynccontextmanager
async def _open(service: Service, watch_seconds: float) -> AsyncIterator[None]:
    """Start serving, watch what has to be watched, and close everything at the end."""
    lane = service.lane
    try:
        await asyncio.to_thread(lane.workspace.store.sweep)  # what killed processes left
    except VivierError as error:
        LOG.warning("what killed processes left was not removed: %s", error)
    await asyncio.to_thread(_read_tables)
    await lane.start()
    gc.freeze()  # tables and release live as long as the process: the collector need not walk them again
    watching = (
        lane.watch(),
        service.watch_dropped(watch_seconds),
        service.erasing.watch(),
        service.reachability.watch(),
    )
    watchers = [asyncio.create_task(one) for one in watching]
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        await service.close()
        await lane.close()


def create_app(
    settings: ServiceSettings,
    workspace: Workspace,
    *,
    erase_command: Sequence[str] = (),
    tracing: Tracing = NO_TRACING,
) -> FastAPI:
    """The application over an assembled workspace; nothing is opened before its lifespan starts.

    `erase_command` is a command line that erases whoever is hidden; without one, somebody else runs it.
    """
    metrics = Metrics()
    workspace = tracing.observed(workspace)
    store = _store_of(settings)
    proxies = TrustedProxies(settings.trusted_proxies)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = service = _service_of(settings, workspace, metrics, store=store, proxies=proxies)
        service.erasing.command = erase_command
        async with _open(service, settings.watch_seconds):
            yield
        await asyncio.to_thread(tracing.close)

    app = FastAPIOffline(  # /docs and /redoc with their scripts: the usual pages fetch them from another host
        static_url="/docs/assets",
        title="Vivier",
        version=package_version(),
        description=DESCRIPTION,
        lifespan=lifespan,
        # Its own spans and logs have addresses, whole paths (with logins) and the messages of errors: ours have not.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        redirect_slashes=False,  # one address for one thing; a redirect would repeat whatever Host it was sent
    )
    app.state.request_seconds = settings.request_seconds
    install_problem_handlers(app)
    people = (people_routes.router, people_routes.leaving)
    searches = (search_routes.router, map_routes.router)
    for router in (health.router, *searches, routes.texts, routes.router, *people, ui.router):
        app.include_router(router)
    app.include_router(over_http.router(settings.allowed_hosts))
    body_limits = BodyLimits(settings.max_body_bytes, settings.body_seconds)
    app.add_middleware(Telemetry, metrics=metrics, body_limits=body_limits, tracing=tracing)
    return app
