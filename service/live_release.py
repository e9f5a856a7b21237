"""The live release and the one lane in which it changes.

A request takes the live release once and uses it to its end. A change prepares the new pair first (verify, open,
canaries, warm-up), then moves the registry's pointers, reads them back, swaps the reference, and lets the old pair go
when its last request is done. A failure before the swap changes nothing that anybody sees.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from indexing.champions import Cause, crown
from indexing.errors import NoReleaseServed, VivierError
from indexing.open_release import OpenRelease, Pair
from indexing.registry import Champion
from indexing.releases import Release
from indexing.workspace import Workspace
from service.following import Follower
from service.release_loading import Loading, ReleaseLoading
from service.spares import Spares

LOG = logging.getLogger("vivier.service")
QUIET_SECONDS = 2.0


class LiveRelease:
    """An open release that serves, with the number of this process's switch and its requests under way."""

    def __init__(self, opened: OpenRelease, generation: int) -> None:
        self.opened = opened
        self.generation = generation
        self.requests = 0
        self.is_retired = False


@dataclass(frozen=True, slots=True)
class Switched:
    """What a load did."""

    previous: str | None
    serving: str
    generation: int
    took_ms: float


class ReleaseLane:
    """Owns the live release; every change goes through its lock."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        watch_seconds: float,
        keep_open: int,
        enough_memory: Callable[[Pair], bool],
        warm: Callable[[OpenRelease], object] = lambda opened: None,
    ) -> None:
        """`warm` does what the first request of a release should not wait for."""
        self.workspace = workspace
        self.follower = Follower(watch_seconds)
        self.switches = 0
        self._watch_seconds = watch_seconds
        self._live: LiveRelease | None = None
        self._spares = Spares(workspace, most=keep_open)
        self._loading = ReleaseLoading(workspace, self._spares, enough_memory=enough_memory, warm=warm)
        self._leaving: set[asyncio.Task[None]] = set()  # on their way to the spares, or being closed
        self._lock = asyncio.Lock()
        self._generation = 0
        self._asked_at = 0.0  # when a request last came
        self._dropped: Release | None = None  # between drop-first's unloading and its loading

    @property
    def live(self) -> LiveRelease | None:
        """What serves now; requests use `borrow` instead."""
        return self._live

    @property
    def loading(self) -> Loading | None:
        """What is on its way to serve, and how far it is; None when nothing is."""
        return self._loading.now

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[LiveRelease]:
        """The live release for one request. NoReleaseServed when there is none."""
        live = self._live
        if live is None:
            raise NoReleaseServed(
                "A release is being loaded; try again shortly."
                if self._dropped
                else "No release is loaded; run `vivier index`, or load one with POST /models/load/{version}.",
                retry_after_seconds=2 if self._dropped else 10,
            )
        live.requests += 1
        self._asked_at = time.monotonic()
        try:
            yield live
        finally:
            live.requests -= 1
            if live.is_retired and live.requests == 0:
                # Not awaited: closing takes a second on a busy machine, and the last request need not wait for it.
                leaving = asyncio.create_task(self._spares.keep(live.opened))
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)

    async def start(self) -> None:
        """Serve the champion; when that cannot be, the release that this home served last."""
        async with self._changing():
            if await self._serve_confirmed():
                return
            try:
                revision = await asyncio.to_thread(self.workspace.registry.revision)
                champion = await asyncio.to_thread(self.workspace.registry.champion)
                if champion is None:
                    return
                self.follower.turn_to(champion.release_id)
                release = await asyncio.to_thread(self.workspace.registry.release, champion.release_id)
                await self._swap(await self._prepare(release))
                await self._confirm(revision)
            except (VivierError, OSError) as error:
                self.follower.stall(error)
                await self._serve_last()

    async def _serve_confirmed(self) -> bool:
        """Serve what is the champion for sure, without opening MLflow; the watcher does so in a quiet moment."""
        try:
            revision = await asyncio.to_thread(self.workspace.registry.revision)
            known = await asyncio.to_thread(self.workspace.confirmed_champion, revision)
            if known is None:
                return False
            await self._swap(await self._prepare(known, registry_is_away=True), confirmed=revision)
            self.follower.trust(revision)
        except (VivierError, OSError) as error:
            LOG.warning("the champion served last cannot be loaded from this home alone: %s", error)
            return False
        return True

    async def _confirm(self, revision: str | None) -> None:
        """The registry, read at this revision or later, named what serves as the champion."""
        self.follower.recover(confirmed=revision)
        if self._live is not None and revision is not None:
            await self._remember(self._live.opened.release, confirmed=revision)

    async def _remember(self, release: Release, *, confirmed: str | None = None) -> None:
        try:
            await asyncio.to_thread(self.workspace.remember_served, release, confirmed=confirmed)
        except OSError as error:
            LOG.warning("which release serves could not be written down: %s", error)

    async def _serve_last(self) -> None:
        try:
            last = await asyncio.to_thread(self.workspace.last_served)
            if last is not None:
                await self._swap(await self._prepare(last, registry_is_away=True))
        except (VivierError, OSError) as error:
            LOG.warning("the release served last cannot be loaded either: %s", error)

    async def load(self, reference: str, *, drop_first: bool = False, cause: Cause = "load") -> Switched:
        """Serve a version, alias or release id, and let the registry say so; the last of two loads wins."""
        async with self._changing():
            started = time.perf_counter()
            registry = self.workspace.registry
            target = await asyncio.to_thread(registry.resolve, reference)
            release = await asyncio.to_thread(registry.release, target.release_id)
            previous = self._live.opened.release.id if self._live else None
            if previous == release.id:
                self._loading.reach(release, "verifying")
                await asyncio.to_thread(self.workspace.verify, release)
                self._loading.reach(release, "switching")
                revision = await asyncio.to_thread(crown, registry, target, cause=cause)
            elif drop_first and self._live is not None:
                revision = await self._replace_dropping(self._live, release, target, cause)
            else:
                revision = await self._replace(release, target, cause)
            await self._confirm(revision)
            return Switched(previous, release.id, self._generation, (time.perf_counter() - started) * 1000)

    async def _replace(self, release: Release, target: Champion, cause: Cause) -> str | None:
        opened = await self._prepare(release)
        try:
            revision = await asyncio.to_thread(crown, self.workspace.registry, target, cause=cause)
        except BaseException:
            await self._spares.keep(opened)
            raise
        await self._swap(opened)
        return revision

    async def _replace_dropping(
        self, live: LiveRelease, release: Release, target: Champion, cause: Cause
    ) -> str | None:
        self._loading.reach(release, "verifying")
        await asyncio.to_thread(self.workspace.verify, release)  # most of what can fail, before anything is dropped
        await self._drop(live)
        try:
            opened = await self._prepare(release)
            try:
                revision = await asyncio.to_thread(crown, self.workspace.registry, target, cause=cause)
            except BaseException:
                await asyncio.to_thread(opened.close)
                raise
        except BaseException:
            await self._restore()
            raise
        await self._swap(opened)
        return revision

    async def watch(self) -> None:
        """Follow the champion until cancelled; one that cannot be loaded is tried again ever more rarely."""
        while True:
            await asyncio.sleep(self._watch_seconds)
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001  # a task's outermost edge: a watcher that died goes unnoticed
                self.follower.stall(error)

    async def _follow(self) -> None:
        revision = await asyncio.to_thread(self.workspace.registry.revision)
        if revision is not None and revision == self.follower.confirmed and (self.follower.has_asked or self._is_busy):
            return  # nothing has changed since the registry named what serves
        champion = await asyncio.to_thread(self.workspace.registry.champion)
        if champion is not None and champion.release_id == self.follower.refused and self.follower.is_waiting:
            return
        async with self._changing():
            # Read again inside the lane: a load may have moved it while this one waited.
            if champion is not None and not self._serves(champion.release_id):
                champion = await asyncio.to_thread(self.workspace.registry.champion)
            if champion is not None and not self._serves(champion.release_id):
                self.follower.turn_to(champion.release_id)
                release = await asyncio.to_thread(self.workspace.registry.release, champion.release_id)
                await self._swap(await self._prepare(release))
            await self._confirm(revision if champion is not None else None)

    @property
    def _is_busy(self) -> bool:
        """Whether people are searching: opening MLflow keeps one core for seconds, and they would feel it."""
        return time.monotonic() - self._asked_at < QUIET_SECONDS

    def _serves(self, release_id: str) -> bool:
        return self._live is not None and self._live.opened.release.id == release_id

    async def _prepare(self, release: Release, *, registry_is_away: bool = False) -> OpenRelease:
        return await self._loading.prepare(release, is_beside=self._live is not None, registry_is_away=registry_is_away)

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[None]:
        """The lane, alone; whatever was loaded in it has been loaded at its end, or failed."""
        async with self._lock:
            try:
                yield
            finally:
                self._loading.end()

    async def _drop(self, live: LiveRelease) -> None:
        """Stop serving and free the pair; whoever asks meanwhile is told to come back."""
        self._live, self._dropped = None, live.opened.release
        await self._spares.close()
        while live.requests:
            await asyncio.sleep(0.005)
        await asyncio.to_thread(live.opened.close)

    async def _restore(self) -> None:
        """After a failed drop-first: serve the dropped release again, from this home's own copy."""
        dropped, self._dropped = self._dropped, None
        if dropped is None:
            return
        try:
            await self._swap(await self._prepare(dropped, registry_is_away=True))
        except VivierError as error:
            LOG.error("the dropped release cannot be loaded again; the watcher goes on trying: %s", error)

    async def _swap(self, opened: OpenRelease, *, confirmed: str | None = None) -> None:
        old, self._dropped = self._live, None
        self._generation += 1
        self._live = LiveRelease(opened, self._generation)
        self.switches += self._generation > 1
        await self._remember(opened.release, confirmed=confirmed)
        if old is not None:
            old.is_retired = True
            if old.requests == 0:
                await self._spares.keep(old.opened)

    async def close_dropped(self) -> None:
        """Close spares whose collection is gone."""
        async with self._lock:
            await self._spares.close_dropped()

    async def close(self) -> None:
        """Close every pair."""
        async with self._lock:
            await asyncio.gather(*self._leaving)
            await self._spares.close()
            live, self._live = self._live, None
            if live is not None:
                await asyncio.to_thread(live.opened.close)
