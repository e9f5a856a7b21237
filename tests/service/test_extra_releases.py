"""Releases beside the live one: opened once, few at a time, closed when nobody uses them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from indexing.errors import CanaryDrift, NotEnoughMemory, RegistryUnavailable, ReleaseNotFound
from indexing.releases import Release
from service.extra_releases import ExtraReleases
from service.references import FRESH_SECONDS, References
from tests.fake_registry import MemoryRegistry
from tests.service.lanes import until
from tests.worlds import NAMED, World

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class Four:
    """Four releases of four versions, none of them open."""

    world: World
    releases: tuple[Release, ...]

    def open_now(self) -> list[str]:
        """The versions whose encoders are open, by their salts."""
        return [encoder._salt for encoder in self.world.encoders if not encoder.is_closed]


@pytest.fixture
def four(tmp_path: Path) -> Four:
    world = World(tmp_path)
    releases = tuple(world.add_release(world.add_version(name), NAMED) for name in ("a", "b", "c", "d"))
    world.encoders.clear()
    return Four(world, releases)


@asynccontextmanager
async def extras_over(four: Four, **changes: Any) -> AsyncIterator[ExtraReleases]:
    extras = ExtraReleases(four.world.workspace, **({"enough_memory": lambda _: True} | changes))
    try:
        yield extras
    finally:
        four.world.may_load.set()
        await extras.close()
        assert four.open_now() == []


async def use(extras: ExtraReleases, release: Release) -> None:
    async with extras.borrow(release.id) as opened:
        assert opened.release.id == release.id
        assert len(opened.index.search_dense(opened.encode_query("motor"), limit=3)) == 3


async def test_a_release_is_opened_once_and_stays_open(four: Four) -> None:
    async with extras_over(four) as extras:
        await asyncio.gather(*(use(extras, four.releases[0]) for _ in range(5)))
        await use(extras, four.releases[0])
        assert len(four.world.encoders) == 1
        assert four.open_now() == ["a"]


async def test_the_third_takes_the_place_of_the_least_recently_used(four: Four) -> None:
    a, b, c, _ = four.releases
    async with extras_over(four) as extras:
        for release in (a, b, a, c):
            await use(extras, release)
        await until(lambda: four.open_now() == ["a", "c"])


async def test_a_release_in_use_is_closed_when_its_last_request_is_done(four: Four) -> None:
    a, b, c, _ = four.releases
    async with extras_over(four) as extras:
        async with extras.borrow(a.id), extras.borrow(b.id):
            async with extras.borrow(a.id):
                await use(extras, c)
                await asyncio.sleep(0.05)
            assert four.open_now()[:2] == ["a", "b"]
        await until(lambda: len(four.open_now()) == 2)


async def test_requests_that_hold_one_release_and_ask_for_another_do_not_wait_for_each_other(four: Four) -> None:
    async def hold(first: Release, second: Release) -> None:
        async with extras.borrow(first.id):
            await asyncio.sleep(0.01)
            await use(extras, second)

    a, b, c, d = four.releases
    async with extras_over(four) as extras:
        await asyncio.wait_for(asyncio.gather(hold(a, b), hold(c, d), hold(b, c), hold(d, a)), 10)
        await until(lambda: len(four.open_now()) == 2)


async def test_a_refused_release_tells_everybody_who_waits_and_is_tried_again(four: Four) -> None:
    release = four.releases[0]
    four.world.drifting.add(release.fingerprint)
    async with extras_over(four) as extras:
        told = await asyncio.gather(*(use(extras, release) for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in told] == [CanaryDrift] * 3
        assert len(four.world.encoders) == 1
        assert not extras.has(release.id)
        four.world.drifting.clear()
        await use(extras, release)


async def test_a_caller_who_goes_away_takes_nothing_from_the_others(four: Four) -> None:
    release = four.releases[0]
    four.world.may_load.clear()
    async with extras_over(four) as extras:
        gone, stays = (asyncio.create_task(use(extras, release)) for _ in range(2))
        await asyncio.sleep(0.02)
        gone.cancel()
        four.world.may_load.set()
        await stays
        assert len(four.world.encoders) == 1


async def test_without_memory_it_is_refused_once_nobody_can_give_way(four: Four) -> None:
    room: list[bool] = []
    a, b, *_ = four.releases
    async with extras_over(four, enough_memory=lambda _: room.pop(0) if room else False) as extras:
        with pytest.raises(NotEnoughMemory, match=a.id):
            await use(extras, a)
        room.append(True)
        await use(extras, a)
        room.extend([False, True])  # too little, and enough once the first is closed
        await use(extras, b)
        assert four.open_now() == ["b"]
        async with extras.borrow(b.id):
            with pytest.raises(NotEnoughMemory):
                await use(extras, a)


async def test_what_serves_now_is_let_go(four: Four) -> None:
    a, *_ = four.releases
    async with extras_over(four) as extras:
        async with extras.borrow(a.id):
            extras.let_go(a.id)
            assert four.open_now() == ["a"]
        extras.let_go(a.id)
        extras.let_go("v9-unknown")
        await until(lambda: four.open_now() == [])


async def test_idle_releases_give_way_and_those_in_use_do_not(four: Four) -> None:
    a, b, *_ = four.releases
    async with extras_over(four) as extras:
        assert not await extras.give_way()
        await use(extras, b)
        async with extras.borrow(a.id):
            assert await extras.give_way()
            assert four.open_now() == ["a"]
            assert not await extras.give_way()


async def test_a_reference_is_asked_for_once_while_the_registry_stays_as_it_is(four: Four) -> None:
    registry, references = four.world.registry, References(four.world.registry)
    named = await asyncio.gather(*(references.release_id("2") for _ in range(4)))
    assert named == [four.releases[1].id] * 4
    assert registry.happened("resolve") == [("2",)]
    other = four.world.add_release(2, NAMED)
    assert await references.release_id("2") == other.id


async def test_an_unknown_reference_is_remembered_until_the_registry_changes(four: Four) -> None:
    references = References(four.world.registry)
    for _ in range(3):
        with pytest.raises(ReleaseNotFound):
            await references.release_id("challenger")
    assert len(four.world.registry.happened("resolve")) == 1
    four.world.registry.aliases["challenger"] = 1
    assert await references.release_id("challenger") == four.releases[0].id


class Untold(MemoryRegistry):
    """A registry that has to be asked to know whether it changed, as an MLflow server has."""

    def revision(self) -> str | None:
        """Never known."""
        return None


async def test_where_only_asking_would_tell_an_answer_holds_for_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Untold()
    world = World(tmp_path, registry)
    first = world.add_release(world.add_version("a"), NAMED)
    references = References(registry)
    registry.is_down = True
    for _ in range(3):  # that it is away is remembered too
        with pytest.raises(RegistryUnavailable):
            await references.release_id("1")
    assert len(registry.happened("resolve")) == 1
    registry.is_down = False
    now = time.monotonic()
    monkeypatch.setattr("service.references.time.monotonic", lambda: now + FRESH_SECONDS)
    assert await references.release_id("1") == first.id
    assert await references.release_id("1") == first.id
    assert len(registry.happened("resolve")) == 2
