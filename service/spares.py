"""Releases kept open beside the one that serves, so that switching back is instant."""

from __future__ import annotations

import asyncio

from indexing.open_release import OpenRelease
from indexing.workspace import Workspace


class Spares:
    """Owns at most so many open releases, the one that served last kept longest."""

    def __init__(self, workspace: Workspace, *, most: int) -> None:
        self._workspace = workspace
        self._most = most
        self._open: list[OpenRelease] = []  # most recently served last

    def take(self, release_id: str) -> OpenRelease | None:
        """A spare, no longer one; None when it is not open."""
        found = next((spare for spare in self._open if spare.release.id == release_id), None)
        if found is not None:
            self._open.remove(found)
        return found

    async def keep(self, opened: OpenRelease) -> None:
        """Take a release that nobody uses; the oldest is closed when there are too many."""
        self._open.append(opened)
        while len(self._open) > self._most:
            await asyncio.to_thread(self._open.pop(0).close)

    async def close_dropped(self) -> None:
        """Close those whose collection is gone: a person was erased from it, and its files last while it is open."""
        for spare in list(self._open):
            if not await asyncio.to_thread(self._workspace.has_collection, spare.release) and spare in self._open:
                self._open.remove(spare)
                await asyncio.to_thread(spare.close)

    async def close(self) -> None:
        """Close every one."""
        while self._open:
            await asyncio.to_thread(self._open.pop().close)
