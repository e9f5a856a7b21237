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

from indexing.errors import (
    AliasNotMoved,
    NoReleaseServed,
    NotEnoughMemory,
    RegistryUnavailable,
    VivierError,
)
from indexing.open_release import OpenRelease, Pair
from indexing.registry import Champion
from indexing.releases import Release
from indexing.workspace import Workspace

LOG = logging.getLogger("vivier.service")
MAX_BACKOFF_SECONDS = 300.0


class LiveRelease:
    """An open release that serves, with the number of this process's switch and its requests under way."""

    def __init__(self, opened: OpenRelease, generation: int) -> None:
        self.opened = opened
        self.generation = generation
        self.requests = 0
        self.is_retired = False


@dataclass(slots=True)
class Follower:
    """How this process keeps up with the champion."""

    state: str = "following"  # following | stalled | registry away
    problem: str | None = None
    refused: str | None = None  # the release id it cannot load
    failures: int = 0


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
    ) -> None:
        self.workspace = workspace
        self.follower = Follower()
        self.switches = 0
        self._watch_seconds = watch_seconds
        self._keep_open = keep_open
        self._enough_memory = enough_memory
        self._live: LiveRelease | None = None
        self._spare: list[OpenRelease] = []  # kept open, most recently served last
        self._lock = asyncio.Lock()
        self._emptied = False  # between drop-first's unloading and its loading

    @property
    def live(self) -> LiveRelease | None:
        """What serves now; requests use `borrow` instead."""
        return self._live

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[LiveRelease]:
        """The live release for one request. NoReleaseServed when there is none."""
        live = self._live
        if live is None:
            raise NoReleaseServed(
                "A release is being loaded; try again shortly."
                if self._emptied
                else "No release is loaded; run `vivier index`, or load one with POST /models/load/{version}.",
                retry_after_seconds=2 if self._emptied else 10,
            )
        live.requests += 1
        try:
            yield live
        finally:
            live.requests -= 1
            if live.is_retired and live.requests == 0:
                await self._let_go(live.opened)

    async def start(self) -> None:
        """Serve the champion; with the registry away, the release that this home served last."""
        async with self._lock:
            try:
                champion = await asyncio.to_thread(self.workspace.registry.champion)
                if champion is None:
                    return
                release = await asyncio.to_thread(self.workspace.registry.release, champion.release_id)
                opened = await self._prepare(release)
            except RegistryUnavailable as error:
                self._stall("registry away", error)
                last = await asyncio.to_thread(self.workspace.last_served)
                if last is None:
                    return
                opened = await self._prepare(last, registry_is_away=True)
            await self._swap(opened)

    async def load(self, reference: str, *, drop_first: bool = False) -> Switched:
        """Serve a version, alias or release id, and let the registry say so; the last of two loads wins."""
        async with self._lock:
            started = time.perf_counter()
            target = await asyncio.to_thread(self.workspace.registry.resolve, reference)
            release = await asyncio.to_thread(self.workspace.registry.release, target.release_id)
            previous = self._live.opened.release.id if self._live else None
            if previous == release.id:
                await asyncio.to_thread(self.workspace.verify, release)
                await asyncio.to_thread(self._point_registry, target)
            else:
                opened = await self._prepare_or_restore(release, drop_first=drop_first)
                try:
                    await asyncio.to_thread(self._point_registry, target)
                except BaseException:
                    await self._let_go(opened)
                    await self._restore()
                    raise
                await self._swap(opened)
            self.follower = Follower()
            generation = self._live.generation if self._live else 0
            return Switched(previous, release.id, generation, (time.perf_counter() - started) * 1000)

    async def watch(self) -> None:
        """Follow the champion until cancelled; what cannot be loaded is tried again ever more rarely."""
        while True:
            pause = self._watch_seconds * 2 ** min(self.follower.failures, 6)
            await asyncio.sleep(min(pause, max(MAX_BACKOFF_SECONDS, self._watch_seconds)))
            try:
                await self._follow()
            except RegistryUnavailable as error:
                self._stall("registry away", error)
                self.follower.failures = 0  # looking costs little, so keep looking
            except VivierError as error:
                self._stall("stalled", error)
                LOG.warning("the champion cannot be loaded: %s", error)

    async def _follow(self) -> None:
        champion = await asyncio.to_thread(self.workspace.registry.champion)
        async with self._lock:
            live = self._live.opened.release.id if self._live else None
            if champion is not None and champion.release_id != live:
                # Read again inside the lane: a load may have moved it while this one waited.
                champion = await asyncio.to_thread(self.workspace.registry.champion)
                live = self._live.opened.release.id if self._live else None
            if champion is not None and champion.release_id != live:
                self.follower.refused = champion.release_id
                release = await asyncio.to_thread(self.workspace.registry.release, champion.release_id)
                await self._swap(await self._prepare(release))
            self.follower = Follower()

    def _stall(self, state: str, error: VivierError) -> None:
        self.follower.state = state
        self.follower.problem = str(error)
        self.follower.failures += 1

    def _point_registry(self, target: Champion) -> None:
        """Move the version's release tag and the alias to the target; on failure put back what was moved."""
        registry = self.workspace.registry
        before = next((known.release_id for known in registry.versions() if known.version == target.version), None)
        registry.make_current(target.version, target.release_id)
        try:
            registry.make_champion(target.version)
            now = registry.champion()
            if now != target:
                raise AliasNotMoved(f"The alias names {now.release_id if now else 'nothing'} after it was moved.")
        except VivierError:
            if before is not None and before != target.release_id:
                registry.make_current(target.version, before)
            raise

    async def _prepare(self, release: Release, *, registry_is_away: bool = False) -> OpenRelease:
        pair = await asyncio.to_thread(self.workspace.verify, release, registry_is_away=registry_is_away)
        for spare in self._spare:
            if spare.release.id == release.id:
                self._spare.remove(spare)
                return spare
        if self._live is not None and not self._enough_memory(pair):
            await self._close_spares()
            if not self._enough_memory(pair):
                raise NotEnoughMemory(
                    f"There is too little free memory to hold {release.id} beside the release that serves; "
                    "load it with ?policy=drop-first, which answers 503 while it loads."
                )
        return await asyncio.to_thread(self.workspace.open, pair)

    async def _prepare_or_restore(self, release: Release, *, drop_first: bool) -> OpenRelease:
        if not drop_first or self._live is None:
            return await self._prepare(release)
        await asyncio.to_thread(self.workspace.verify, release)
        dropped, self._live, self._emptied = self._live, None, True
        old = dropped.opened.release
        await self._close_spares()
        self._dropped = old
        dropped.is_retired = True
        while dropped.requests:
            await asyncio.sleep(0.005)
        await asyncio.to_thread(dropped.opened.close)
        self._generation_before_drop = dropped.generation
        try:
            return await self._prepare(release)
        except VivierError:
            await self._restore()
            raise

    async def _restore(self) -> None:
        """After a failed drop-first: serve the dropped release again."""
        if self._live is None and self._dropped is not None:
            await self._swap(await self._prepare(self._dropped))

    async def _swap(self, opened: OpenRelease) -> None:
        old = self._live
        before = old.generation if old else self._generation_before_drop
        self._live = LiveRelease(opened, before + 1)
        self._emptied, self._dropped = False, None
        self.switches += old is not None
        await asyncio.to_thread(self.workspace.remember_served, opened.release)
        if old is not None:
            old.is_retired = True
            if old.requests == 0:
                await self._let_go(old.opened)

    _dropped: Release | None = None
    _generation_before_drop = 0

    async def _let_go(self, opened: OpenRelease) -> None:
        """Keep a release that nobody uses as a spare, or close it."""
        self._spare.append(opened)
        while len(self._spare) > self._keep_open:
            await asyncio.to_thread(self._spare.pop(0).close)

    async def _close_spares(self) -> None:
        while self._spare:
            await asyncio.to_thread(self._spare.pop().close)

    async def close(self) -> None:
        """Close every pair."""
        async with self._lock:
            await self._close_spares()
            live, self._live = self._live, None
            if live is not None:
                await asyncio.to_thread(live.opened.close)
