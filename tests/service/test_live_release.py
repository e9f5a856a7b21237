"""The lane: one release serves, another takes its place whole, or nothing changes for anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from indexing.errors import (
    AliasNotMoved,
    CanaryDrift,
    CollectionNotFound,
    FingerprintMismatch,
    ModelFilesCorrupt,
    NoReleaseServed,
    NotEnoughMemory,
    RegistryUnavailable,
    ReleaseNotFound,
    VivierError,
)
from indexing.open_release import Pair
from indexing.releases import Release
from tests.service.lanes import Two, answers, fail_while_loading, is_closed, named, served, started, until
from tests.worlds import NAMED

pytestmark = pytest.mark.anyio


async def test_the_champion_serves_from_the_start(two: Two) -> None:
    async with started(two.world) as lane:
        assert served(lane) == two.first.id
        assert lane.live is not None
        assert (lane.live.generation, lane.switches, lane.follower.state) == (1, 0, "following")
        assert await answers(lane)


@pytest.mark.parametrize("reference", ["version", "v", "alias", "release"])
async def test_a_release_is_loaded_by_version_alias_or_id(two: Two, reference: str) -> None:
    two.registry.aliases["challenger"] = 2
    name = {"version": "2", "v": "v2", "alias": "challenger", "release": two.second.id}[reference]
    async with started(two.world) as lane:
        switched = await lane.load(name)
        assert (switched.previous, switched.serving, switched.generation) == (two.first.id, two.second.id, 2)
        assert switched.took_ms > 0
        assert served(lane) == named(two.world) == two.second.id
        assert await answers(lane)


async def test_every_switch_raises_the_generation_by_one(two: Two) -> None:
    async with started(two.world) as lane:
        generations = [(await lane.load(version)).generation for version in ("2", "1", "2")]
    assert generations == [2, 3, 4]


async def test_loading_what_serves_changes_nothing_and_mends_the_alias(two: Two) -> None:
    async with started(two.world) as lane:
        two.registry.aliases["champion"] = 2
        switched = await lane.load(two.first.id)
        assert (switched.previous, switched.serving, switched.generation) == (two.first.id, two.first.id, 1)
        assert named(two.world) == two.first.id
        assert len(two.world.encoders) == 1


async def test_an_older_release_of_the_same_version_can_be_gone_back_to(two: Two) -> None:
    newer = two.world.add_release(1, NAMED[:4])
    async with started(two.world) as lane:
        assert served(lane) == newer.id
        await lane.load(two.first.id)
        assert served(lane) == named(two.world) == two.first.id
        async with lane.borrow() as live:
            assert live.opened.index.count_people() == len(NAMED)


async def test_an_unknown_reference_is_not_found(two: Two) -> None:
    async with started(two.world) as lane:
        for reference in ("7", "nobody", "v2-20200101t000000-aaaa", "🦀"):
            with pytest.raises(ReleaseNotFound):
                await lane.load(reference)
        assert served(lane) == two.first.id


# The old pair.


async def test_the_old_pair_is_closed_after_its_last_request_and_not_before(two: Two) -> None:
    async with started(two.world) as lane:
        async with lane.borrow() as early:
            async with lane.borrow() as late:
                await lane.load("2")
                assert late is early
                assert early.opened.release.id == two.first.id
                assert not is_closed(two.world, 0)
            assert not is_closed(two.world, 0)
            assert len(early.opened.encoder.encode_queries(["still here"])) == 1
            async with lane.borrow() as new:
                assert new.opened.release.id == two.second.id
        await until(lambda: is_closed(two.world, 0))
        assert not is_closed(two.world, 1)
        assert await answers(lane)


async def test_the_last_request_of_an_old_pair_does_not_wait_for_its_closing(two: Two) -> None:
    async with started(two.world) as lane:
        old = two.world.encoders[0]
        old.may_close.clear()
        async with lane.borrow():
            await lane.load("2")
        assert not old.is_closed
        assert await answers(lane)
        old.may_close.set()
        await until(lambda: old.is_closed)


async def test_a_request_that_fails_lets_go_of_its_release_too(two: Two) -> None:
    async with started(two.world) as lane:
        with pytest.raises(ZeroDivisionError):
            await fail_while_loading(lane, "2")
        await until(lambda: is_closed(two.world, 0))


async def test_a_spare_is_opened_again_without_loading_and_closed_when_it_is_one_too_many(two: Two) -> None:
    third = two.world.add_release(two.world.add_version("east"), NAMED)
    two.world.encoders.clear()
    async with started(two.world, keep_open=1) as lane:
        await lane.load("2")
        assert not is_closed(two.world, 0)
        await lane.load("1")
        assert len(two.world.encoders) == 2
        assert await answers(lane)
        await lane.load(third.id)
        assert [encoder.is_closed for encoder in two.world.encoders] == [False, True, False]
    assert all(encoder.is_closed for encoder in two.world.encoders)


# What must not serve.


def corrupt(two: Two) -> Release:
    two.world.model_file(two.second).write_text("southwards", encoding="utf-8")
    return two.second


def lose_collection(two: Two) -> Release:
    two.world.store.drop(two.second.collection)
    return two.second


def mislabel(two: Two) -> Release:
    return two.world.add_mislabelled_release(2, "another-encoder")


def mix(two: Two) -> Release:
    return two.world.add_mixed_release(2, 1)


def drift(two: Two) -> Release:
    two.world.drifting.add(two.second.fingerprint)
    return two.second


def fail_current(two: Two) -> Release:
    two.registry.fail_next("make_current")
    return two.second


def fail_champion(two: Two) -> Release:
    two.registry.fail_next("make_champion")
    return two.second


def lose_answer(two: Two) -> Release:
    def slip() -> None:
        raise RegistryUnavailable("MLflow did not answer in time.")

    two.registry.after_champion = slip
    return two.second


def ignore_champion(two: Two) -> Release:
    two.registry.ignores_champion = True
    return two.second


def lose_fetching(two: Two) -> Release:
    two.registry.fail_next("fetch_model")
    return two.second


FAULTS: dict[Callable[[Two], Release], type[VivierError]] = {
    corrupt: ModelFilesCorrupt,
    lose_collection: CollectionNotFound,
    mislabel: FingerprintMismatch,
    mix: FingerprintMismatch,
    drift: CanaryDrift,
    fail_current: AliasNotMoved,
    fail_champion: AliasNotMoved,
    lose_answer: RegistryUnavailable,
    ignore_champion: AliasNotMoved,
    lose_fetching: RegistryUnavailable,
}


@pytest.mark.parametrize("drop_first", [False, True], ids=["beside", "drop-first"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_failed_load_leaves_the_old_release_serving_and_named(
    two: Two, fault: Callable[[Two], Release], drop_first: bool
) -> None:
    async with started(two.world) as lane:
        target = fault(two)
        current = {known.version: known.release_id for known in two.registry.versions()}
        with pytest.raises(FAULTS[fault]):
            await lane.load(target.id, drop_first=drop_first)
        assert served(lane) == named(two.world) == two.first.id
        assert {known.version: known.release_id for known in two.registry.versions()} == current
        assert await answers(lane)
        assert [encoder.is_closed for encoder in two.world.encoders].count(False) == 1


async def test_a_failed_move_to_a_release_of_the_same_version_puts_its_tag_back(two: Two) -> None:
    newer = two.world.add_release(1, NAMED[:4])
    async with started(two.world) as lane:
        two.registry.fail_next("make_champion")
        with pytest.raises(AliasNotMoved):
            await lane.load(two.first.id)
        assert served(lane) == named(two.world) == newer.id


async def test_a_corrupt_model_is_fetched_anew_by_the_next_load(two: Two) -> None:
    async with started(two.world) as lane:
        corrupt(two)
        with pytest.raises(ModelFilesCorrupt, match="hash"):
            await lane.load("2")
        assert (await lane.load("2")).serving == two.second.id
        assert await answers(lane)


async def test_what_another_process_moved_meanwhile_is_left_as_it_is(two: Two) -> None:
    third = two.world.add_release(two.world.add_version("east"), NAMED)

    def another_process_loads() -> None:
        two.registry.make_champion(3)

    two.registry.after_champion = another_process_loads
    async with started(two.world) as lane:
        with pytest.raises(AliasNotMoved, match=third.id):
            await lane.load("2")
        assert (served(lane), named(two.world)) == (two.first.id, third.id)


async def test_of_two_loads_at_once_the_last_wins(two: Two) -> None:
    third = two.world.add_release(two.world.add_version("east"), NAMED)
    two.world.encoders.clear()
    async with started(two.world) as lane:
        two.world.may_load.clear()
        first = asyncio.create_task(lane.load("2"))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(lane.load("3"))
        await asyncio.sleep(0.02)
        assert served(lane) == two.first.id
        two.world.may_load.set()
        switched = [await first, await second]
        assert [one.serving for one in switched] == [two.second.id, third.id]
        assert switched[1].previous == two.second.id
        assert served(lane) == named(two.world) == third.id
        assert [encoder.is_closed for encoder in two.world.encoders] == [True, True, False]


async def test_that_the_served_release_cannot_be_written_down_stops_no_load(two: Two) -> None:
    async with started(two.world) as lane:
        note = two.world.workspace.home / "served.json"
        note.unlink()
        note.mkdir()  # whatever is written there now fails
        assert (await lane.load("2")).serving == two.second.id
        assert is_closed(two.world, 0)


# Memory.


async def test_too_little_memory_is_refused_with_the_way_out(two: Two) -> None:
    async with started(two.world, enough_memory=lambda _: False) as lane:
        with pytest.raises(NotEnoughMemory, match="policy=drop-first"):
            await lane.load("2")
        assert served(lane) == named(two.world) == two.first.id
        assert (await lane.load("2", drop_first=True)).serving == two.second.id
        assert [encoder.is_closed for encoder in two.world.encoders] == [True, False]


async def test_spares_go_before_a_load_is_refused_for_memory(two: Two) -> None:
    third = two.world.add_release(two.world.add_version("east"), NAMED)
    two.world.encoders.clear()

    def enough(_: Pair) -> bool:
        return sum(not encoder.is_closed for encoder in two.world.encoders) < 2

    async with started(two.world, keep_open=1, enough_memory=enough) as lane:
        await lane.load("2")
        assert (await lane.load(third.id)).serving == third.id


async def test_drop_first_tells_callers_to_come_back_while_it_loads(two: Two) -> None:
    async with started(two.world) as lane:
        two.world.may_load.clear()
        loading = asyncio.create_task(lane.load("2", drop_first=True))
        await until(lambda: lane.live is None)
        with pytest.raises(NoReleaseServed, match="being loaded") as refused:
            async with lane.borrow():
                pass
        assert refused.value.retry_after_seconds == 2
        await until(lambda: is_closed(two.world, 0))
        two.world.may_load.set()
        assert (await loading).serving == two.second.id
        assert await answers(lane)


async def test_drop_first_waits_for_the_requests_under_way(two: Two) -> None:
    async with started(two.world, keep_open=1) as lane:
        async with lane.borrow() as live:
            loading = asyncio.create_task(lane.load("2", drop_first=True))
            await until(lambda: lane.live is None)
            await asyncio.sleep(0.03)
            assert not is_closed(two.world, 0)
            assert len(live.opened.encoder.encode_queries(["still here"])) == 1
        assert (await loading).serving == two.second.id
        assert is_closed(two.world, 0)
        # The dropped pair is closed: going back must open it again instead of taking it for a spare.
        await lane.load("1")
        assert await answers(lane)


async def test_drop_first_comes_back_even_with_the_registry_away(two: Two) -> None:
    async with started(two.world) as lane:
        two.world.may_load.clear()
        loading = asyncio.create_task(lane.load("2", drop_first=True))
        await until(lambda: lane.live is None)
        two.registry.is_down = True
        two.world.may_load.set()
        with pytest.raises(RegistryUnavailable):
            await loading
        assert served(lane) == two.first.id
        assert await answers(lane)
