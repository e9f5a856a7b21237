"""What tests of the lane share: two releases to change between, and a registry that slips."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.releases import Release
from service.live_release import ReleaseLane
from tests.fake_registry import MemoryRegistry
from tests.worlds import NAMED, World


class SlipperyRegistry(MemoryRegistry):
    """A registry that does what it is told and then does or says something else."""

    def __init__(self) -> None:
        super().__init__()
        self.after_champion: Callable[[], None] | None = None
        self.ignores_champion = False

    def make_champion(self, version: int) -> None:
        """Move the alias, then slip, once."""
        if self.ignores_champion:
            return
        super().make_champion(version)
        slip, self.after_champion = self.after_champion, None
        if slip is not None:
            slip()


@dataclass(frozen=True, slots=True)
class Two:
    """Two versions with a release each, the first served."""

    world: World
    registry: SlipperyRegistry
    first: Release
    second: Release


def make_two(tmp_path: Path) -> Two:
    """A world of two releases in a folder."""
    registry = SlipperyRegistry()
    world = World(tmp_path, registry)
    first = world.add_release(world.add_version("north"), NAMED, served=True)
    second = world.add_release(world.add_version("south"), NAMED)
    world.encoders.clear()
    return Two(world, registry, first, second)


def lane_over(world: World, **changes: Any) -> ReleaseLane:
    options: dict[str, Any] = {"watch_seconds": 0.02, "keep_open": 0, "enough_memory": lambda _: True}
    return ReleaseLane(world.workspace, **(options | changes))


@asynccontextmanager
async def started(world: World, *, watching: bool = False, **changes: Any) -> AsyncIterator[ReleaseLane]:
    lane = lane_over(world, **changes)
    await lane.start()
    watcher = asyncio.create_task(lane.watch()) if watching else None
    try:
        yield lane
    finally:
        world.may_load.set()
        if watcher is not None:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher
        await lane.close()


def is_closed(world: World, number: int) -> bool:
    """Whether the encoder that was loaded as that one in order has been closed."""
    return world.encoders[number].is_closed


def served(lane: ReleaseLane) -> str | None:
    return lane.live.opened.release.id if lane.live else None


def named(world: World) -> str | None:
    champion = world.registry.champion()
    return champion.release_id if champion else None


async def answers(lane: ReleaseLane) -> bool:
    """Whether the live pair can encode and search."""
    async with lane.borrow() as live:
        vector = live.opened.encoder.encode_queries(["motor"])[0]
        return len(live.opened.index.search_dense(vector, limit=3)) == 3


async def fail_while_loading(lane: ReleaseLane, reference: str) -> None:
    async with lane.borrow():
        await lane.load(reference)
        raise ZeroDivisionError


async def until(holds: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.005)
