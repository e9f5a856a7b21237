"""Releases beside the live one, for requests that name a version: opened when first asked for, few at a time."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from indexing.errors import NotEnoughMemory, VivierError
from indexing.open_release import OpenRelease, Pair
from indexing.workspace import Workspace

LOG = logging.getLogger("vivier.service")
MOST_OPEN = 2


@dataclass(slots=True)
class _Extra:
    """One release, being opened or open, and how many requests use it."""

    opening: asyncio.Task[OpenRelease]
    requests: int = 0


class ExtraReleases:
    """Owns the extra releases. Its own state belongs to the event loop; opening and closing run on threads."""

    def __init__(
        self, workspace: Workspace, *, enough_memory: Callable[[Pair], bool], most_open: int = MOST_OPEN
    ) -> None:
        self._workspace = workspace
        self._enough_memory = enough_memory
        self._most_open = most_open
        self._extras: OrderedDict[str, _Extra] = OrderedDict()  # least recently used first
        self._leaving: set[asyncio.Task[None]] = set()
        self._room = asyncio.Lock()  # one pair is opened at a time, or two would count on the same free memory

    def has(self, release_id: str) -> bool:
        """Whether this release is open or being opened."""
        return release_id in self._extras

    @asynccontextmanager
    async def borrow(self, release_id: str) -> AsyncIterator[OpenRelease]:
        """The release for one request. ReleaseNotFound, ReleaseRefused, NotEnoughMemory, RegistryUnavailable."""
        extra = self._extras.get(release_id)
        if extra is None:
            extra = self._extras[release_id] = _Extra(asyncio.create_task(self._open(release_id)))
        self._extras.move_to_end(release_id)
        extra.requests += 1
        try:
            # Shielded: others may wait for the same opening, and a pair that nobody holds could not be closed.
            yield await asyncio.shield(extra.opening)
        finally:
            extra.requests -= 1
            if extra.requests == 0 and _failed(extra):
                self._extras.pop(release_id, None)
            self._close_surplus(self._most_open)

    def let_go(self, release_id: str) -> None:
        """Close a release that nobody uses: it serves now, and would be open twice."""
        if release_id in self._extras and self._is_idle(release_id):
            self._leave(release_id)

    def make_way(self) -> bool:
        """Begin to close whatever nobody uses: the champion does not fit. False: it does not fit yet."""
        self._close_surplus(0)
        return False

    async def close_dropped(self) -> None:
        """Close those nobody uses whose collection is gone."""
        for release_id in [one for one in self._extras if self._is_idle(one)]:
            extra = self._extras[release_id]
            if not _failed(extra):
                release = extra.opening.result().release
                is_there = await asyncio.to_thread(self._workspace.has_collection, release)
                if not is_there and release_id in self._extras and self._is_idle(release_id):
                    self._leave(release_id)

    async def give_way(self) -> bool:
        """Close whatever nobody uses, for something that needs the memory; whether there was anything."""
        gave = bool(self._leaving) or any(map(self._is_idle, self._extras))
        self._close_surplus(0)
        await self._left()
        return gave

    async def close(self) -> None:
        """Close every release."""
        await asyncio.gather(*(extra.opening for extra in self._extras.values()), return_exceptions=True)
        for release_id in list(self._extras):
            self._leave(release_id)
        await self._left()

    async def _open(self, release_id: str) -> OpenRelease:
        release = await asyncio.to_thread(self._workspace.registry.release, release_id)
        pair = await asyncio.to_thread(self._workspace.verify, release)
        async with self._room:
            # Those in use stay: a request that holds one release and asks for another would wait for itself.
            self._close_surplus(self._most_open)
            await self._left()
            if not self._enough_memory(pair) and not (await self.give_way() and self._enough_memory(pair)):
                raise NotEnoughMemory(
                    f"There is too little free memory to open {release_id} beside the release that serves; "
                    f"ask without a version, or let an administrator load {release_id}."
                )
            return await asyncio.to_thread(self._workspace.open, pair)

    def _is_idle(self, release_id: str) -> bool:
        extra = self._extras[release_id]
        return extra.requests == 0 and extra.opening.done()

    def _close_surplus(self, most: int) -> None:
        surplus = len(self._extras) - most
        idle = [release_id for release_id in self._extras if self._is_idle(release_id)]
        for release_id in idle[: max(0, surplus)]:
            self._leave(release_id)

    def _leave(self, release_id: str) -> None:
        extra = self._extras.pop(release_id)
        if _failed(extra):
            return
        # Not awaited: closing takes a second on a busy machine, and the last request need not wait for it.
        leaving = asyncio.create_task(_close(extra.opening.result()))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _left(self) -> None:
        await asyncio.gather(*self._leaving)


def _failed(extra: _Extra) -> bool:
    return extra.opening.done() and (extra.opening.cancelled() or extra.opening.exception() is not None)


async def _close(opened: OpenRelease) -> None:
    try:
        await asyncio.to_thread(opened.close)
    except VivierError as error:
        LOG.warning("an extra release was not closed cleanly: %s", error)
