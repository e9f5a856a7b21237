"""Following the champion, and starting with and without one."""

from __future__ import annotations

import asyncio
import shutil
from functools import partial
from pathlib import Path

import pytest

from indexing.errors import NoReleaseServed, RegistryUnavailable
from service.live_release import ReleaseLane
from tests.service.lanes import Two, answers, is_closed, named, served, started, until
from tests.worlds import NAMED, World

pytestmark = pytest.mark.anyio


def has_problem(lane: ReleaseLane, problem: str) -> bool:
    return lane.follower.problem == problem


async def test_another_process_s_change_is_followed(two: Two) -> None:
    async with started(two.world, watching=True) as lane:
        two.registry.make_champion(2)
        await until(lambda: served(lane) == two.second.id, 2.0)
        assert lane.live is not None
        assert lane.live.generation == 2
        await until(lambda: is_closed(two.world, 0))


async def test_a_new_release_of_the_served_version_is_followed(two: Two) -> None:
    async with started(two.world, watching=True) as lane:
        newer = two.world.add_release(1, NAMED[:3])
        await until(lambda: served(lane) == newer.id, 2.0)


async def test_a_champion_that_cannot_be_loaded_is_tried_ever_more_rarely_and_told_of(two: Two) -> None:
    two.world.drifting.add(two.second.fingerprint)
    async with started(two.world, watching=True) as lane:
        two.registry.make_champion(2)
        await until(lambda: lane.follower.failures >= 3)
        assert (lane.follower.state, lane.follower.refused) == ("stalled", two.second.id)
        assert "canary" in (lane.follower.problem or "")
        assert served(lane) == two.first.id
        assert await answers(lane)
        attempts, looks = len(two.world.encoders), len(two.registry.happened("champion"))
        await until(lambda: len(two.registry.happened("champion")) >= looks + 6)
        assert len(two.world.encoders) <= attempts + 2  # looking goes on, trying waits
        two.world.drifting.clear()
        await until(lambda: lane.follower.state == "following")
        assert (served(lane), lane.follower.problem, lane.follower.failures) == (two.second.id, None, 0)


async def test_a_stalled_follower_follows_the_next_champion_at_once(two: Two) -> None:
    two.world.drifting.add(two.second.fingerprint)
    third = two.world.add_release(two.world.add_version("east"), NAMED)
    async with started(two.world, watching=True, watch_seconds=0.02) as lane:
        two.registry.make_champion(2)
        await until(lambda: lane.follower.failures >= 5)  # the next attempt is 0.64 s away
        two.registry.make_champion(3)
        await until(lambda: served(lane) == third.id, 0.5)
        await until(lambda: lane.follower.state == "following")


async def test_a_stalled_follower_is_well_again_when_the_alias_comes_back(two: Two) -> None:
    two.world.drifting.add(two.second.fingerprint)
    async with started(two.world, watching=True) as lane:
        two.registry.make_champion(2)
        await until(lambda: lane.follower.state == "stalled")
        two.registry.make_champion(1)
        await until(lambda: lane.follower.state == "following")
        assert lane.live is not None
        assert lane.live.generation == 1


async def test_with_the_registry_away_serving_goes_on_and_following_resumes(two: Two) -> None:
    async with started(two.world, watching=True) as lane:
        two.registry.is_down = True
        await until(lambda: lane.follower.state == "registry away")
        assert await answers(lane)
        with pytest.raises(RegistryUnavailable):
            await lane.load("2")
        assert served(lane) == two.first.id
        two.registry.is_down = False
        two.registry.make_champion(2)
        await until(lambda: served(lane) == two.second.id, 2.0)
        await until(lambda: lane.follower.state == "following")


async def test_when_a_half_done_move_cannot_be_undone_the_alias_is_followed_in_the_end(two: Two) -> None:
    def go_away() -> None:
        two.registry.is_down = True
        raise RegistryUnavailable("MLflow did not answer in time.")

    async with started(two.world, watching=True) as lane:
        two.registry.after_champion = go_away
        with pytest.raises(RegistryUnavailable):
            await lane.load("2")
        assert served(lane) == two.first.id
        two.registry.is_down = False
        await until(lambda: served(lane) == named(two.world) == two.second.id)


async def test_the_watcher_survives_what_nobody_expected(two: Two) -> None:
    async with started(two.world, watching=True) as lane:
        for number, error in enumerate((OSError("the disk is full"), ZeroDivisionError("a mistake of ours"))):
            two.registry.fail_next("champion", error)
            two.registry.aliases[f"candidate-{number}"] = 2  # a change, so that it is asked again
            await until(partial(has_problem, lane, str(error)))
        two.registry.make_champion(2)
        await until(lambda: served(lane) == two.second.id, 2.0)


async def test_a_registry_that_has_not_changed_is_not_asked_again(two: Two) -> None:
    async with started(two.world, watching=True) as lane:
        await until(lambda: lane.follower.confirmed is not None)
        asked = len(two.registry.happened("champion"))
        await asyncio.sleep(0.2)  # ten looks
        assert len(two.registry.happened("champion")) == asked
        two.registry.make_champion(2)
        await until(lambda: served(lane) == two.second.id, 2.0)


# Starting.


async def test_started_with_a_registry_that_has_not_changed_it_serves_before_asking(two: Two) -> None:
    async with started(two.world):
        pass
    two.registry.events.clear()
    async with started(two.world, watching=True) as lane:
        assert served(lane) == two.first.id
        assert two.registry.happened("champion") == []
        await until(lambda: two.registry.happened("champion") != [])  # and then it asks all the same
        assert lane.follower.state == "following"


async def test_stopped_right_after_a_load_it_serves_the_new_pair_before_asking(two: Two) -> None:
    async with started(two.world) as lane:
        await lane.load("2")
    two.registry.events.clear()
    async with started(two.world) as lane:
        assert served(lane) == two.second.id
        assert two.registry.happened("champion") == []


async def test_a_process_that_people_are_searching_asks_later(two: Two) -> None:
    async with started(two.world):
        pass
    two.registry.events.clear()
    async with started(two.world, watching=True) as lane:
        for _ in range(30):  # of the watcher's looks
            assert await answers(lane)
            await asyncio.sleep(0.02)
        assert two.registry.happened("champion") == []
        two.registry.make_champion(2)  # a change is followed however busy it is
        while served(lane) != two.second.id:
            assert await answers(lane)
            await asyncio.sleep(0.02)


async def test_started_after_somebody_else_moved_the_champion_it_serves_that_one(two: Two) -> None:
    async with started(two.world):
        pass
    two.registry.make_champion(2)
    async with started(two.world) as lane:
        assert served(lane) == two.second.id


async def test_started_without_its_local_model_copy_it_asks_the_registry_for_one(two: Two) -> None:
    async with started(two.world):
        pass
    shutil.rmtree(two.world.workspace.models)
    async with started(two.world) as lane:
        assert served(lane) == two.first.id
        assert lane.follower.state == "following"


async def test_started_with_the_registry_away_the_last_served_release_serves(two: Two) -> None:
    async with started(two.world) as lane:
        await lane.load("2")
    two.registry.is_down = True
    async with started(two.world, watching=True) as lane:
        assert served(lane) == two.second.id
        assert await answers(lane)
        assert lane.follower.state == "registry away"
        two.registry.is_down = False
        await until(lambda: lane.follower.state == "following")
        assert served(lane) == two.second.id


async def test_started_with_a_champion_that_is_refused_the_last_served_release_serves(two: Two) -> None:
    async with started(two.world):
        pass
    two.registry.make_champion(2)
    two.world.drifting.add(two.second.fingerprint)
    async with started(two.world) as lane:
        assert served(lane) == two.first.id
        assert (lane.follower.state, lane.follower.refused) == ("stalled", two.second.id)


async def test_started_with_nothing_it_waits_and_serves_the_first_release_there_is(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with started(world, watching=True) as lane:
        with pytest.raises(NoReleaseServed, match="vivier index"):
            async with lane.borrow():
                pass
        release = world.add_release(world.add_version("north"), NAMED, served=True)
        await until(lambda: served(lane) == release.id)


@pytest.mark.parametrize("note", ["", "{}", "[1]", "nonsense"])
async def test_started_with_the_registry_away_and_an_unreadable_note_nothing_serves(two: Two, note: str) -> None:
    two.registry.is_down = True
    two.world.workspace.home.mkdir(parents=True, exist_ok=True)
    (two.world.workspace.home / "served.json").write_text(note, encoding="utf-8")
    async with started(two.world) as lane:
        assert lane.live is None
        assert lane.follower.state == "registry away"
