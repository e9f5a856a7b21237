"""The points of each open release's map, read once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakKeyDictionary

from indexing.open_release import OpenRelease
from indexing.people_map import MapPoint, map_of

Points = tuple[MapPoint, ...]


class KeptMap:
    """Remembers what reading five thousand markers gave, tenths of a second, until somebody leaves."""

    def __init__(self, run: Callable[[Callable[[OpenRelease], Points], OpenRelease], Awaitable[Points]]) -> None:
        self._run = run
        self._kept: WeakKeyDictionary[OpenRelease, tuple[frozenset[bytes], Points]] = WeakKeyDictionary()
        self._turn = asyncio.Lock()  # whoever comes meanwhile finds them

    async def points(self, opened: OpenRelease) -> Points:
        """Everybody on the map; hidden people are left out when an answer is made of it."""
        async with self._turn:
            return await self._run(self._read, opened)

    def _read(self, opened: OpenRelease) -> Points:
        # Read anew after every tombstone: on a server, who left may be gone from the collection before anybody asks,
        # and then nothing tells any more which of the points were theirs.
        marks = opened.tombstones.marks()
        known = self._kept.get(opened)
        if known is None or known[0] != marks:
            known = self._kept[opened] = marks, map_of(opened)
        return known[1]
