"""`GET /models/loading`: how far a change of release is, whoever began it and whatever becomes of it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indexing.errors import NotEnoughMemory, VivierError
from indexing.releases import Release
from service.answers import LoadingOut
from service.live_release import ReleaseLane
from service.release_loading import STAGES
from tests.service.conftest import Running, running
from tests.service.lanes import Two, answers, lane_over, make_two, served, started, until
from tests.service.test_switching import until as soon
from tests.worlds import NAMED, World

pytestmark = pytest.mark.anyio


class Watched:
    """A lane whose every step notes what the lane says at that moment."""

    def __init__(self, two: Two, **changes: Any) -> None:
        self.two = two
        self.seen: list[tuple[str, str, str | None]] = []  # what happens, the stage told, the release told of
        load, fetch = two.world.workspace.load_encoder, two.registry.fetch_model

        def fetch_model(version: int, folder: Path) -> Path:
            self._note("fetches")
            return fetch(version, folder)

        def load_encoder(folder: Path) -> Any:
            self._note("opens")
            return load(folder)

        two.registry.fetch_model = fetch_model  # type: ignore[method-assign, assignment]
        object.__setattr__(two.world.workspace, "load_encoder", load_encoder)
        self.lane = lane_over(two.world, warm=lambda _: self._note("warms"), **changes)

    def _note(self, act: str) -> None:
        loading = self.lane.loading
        self.seen.append((act, loading.stage if loading else "nothing", loading.release.id if loading else None))

    async def load(self, reference: str, **options: Any) -> list[tuple[str, str, str | None]]:
        """What was told while this was loaded."""
        self.seen.clear()
        self.two.registry.after_champion = lambda: self._note("moves the champion")
        await self.lane.load(reference, **options)
        return list(self.seen)


@pytest.fixture
async def watched(two: Two) -> Any:
    found = Watched(two)
    await found.lane.start()
    yield found
    await found.lane.close()


def steps(release: Release) -> list[tuple[str, str, str]]:
    acts = ("fetches", "opens", "warms", "moves the champion")
    return [(act, stage, release.id) for act, stage in zip(acts, STAGES, strict=True)]


async def test_a_load_tells_each_stage_and_nothing_when_it_is_over(watched: Watched) -> None:
    assert watched.lane.loading is None
    assert await watched.load("2") == steps(watched.two.second)
    assert watched.lane.loading is None


async def test_drop_first_tells_them_too_while_nothing_serves(watched: Watched) -> None:
    verified, *rest = await watched.load("2", drop_first=True)
    assert verified == ("fetches", "verifying", watched.two.second.id)  # before anything is dropped
    assert rest == steps(watched.two.second)
    assert watched.lane.loading is None


async def test_loading_what_serves_is_verified_and_named_only(watched: Watched) -> None:
    first = watched.two.first.id
    assert await watched.load("1") == [("fetches", "verifying", first), ("moves the champion", "switching", first)]


async def test_an_open_spare_is_neither_opened_nor_warmed_again(two: Two) -> None:
    watched = Watched(two, keep_open=1)
    await watched.lane.start()
    await watched.load("2")
    first = two.first.id
    assert await watched.load("1") == [("fetches", "verifying", first), ("moves the champion", "switching", first)]
    await watched.lane.close()


async def test_the_start_and_a_followed_champion_are_told_of_as_well(two: Two) -> None:
    async with started(two.world, watching=True) as lane:
        two.world.may_load.clear()
        before = datetime.now(UTC)
        two.registry.make_champion(2)  # another process did
        await until(lambda: lane.loading is not None and lane.loading.stage == "opening")
        told = lane.loading
        assert told is not None
        assert (told.release.id, served(lane)) == (two.second.id, two.first.id)
        assert timedelta(0) <= told.since - before < timedelta(seconds=5)
        two.world.may_load.set()
        await until(lambda: served(lane) == two.second.id and lane.loading is None)
        assert await answers(lane)


async def test_a_load_that_fails_is_over(two: Two) -> None:
    async with started(two.world) as lane:
        await refused(lane, "77")
        two.registry.is_down = True
        await refused(lane, "2")
    async with started(make_two(two.world.workspace.home.parent / "full").world, enough_memory=lambda _: False) as lane:
        with pytest.raises(NotEnoughMemory):
            await lane.load("2")
        assert lane.loading is None


async def refused(lane: ReleaseLane, reference: str) -> None:
    with pytest.raises(VivierError):
        await lane.load(reference)
    assert lane.loading is None


async def test_going_back_after_a_failed_drop_first_is_a_loading_of_the_old_one(two: Two) -> None:
    watched = Watched(two)
    await watched.lane.start()
    two.world.drifting.add(two.second.fingerprint)
    with pytest.raises(VivierError):
        await watched.load("2", drop_first=True)
    told = watched.seen
    assert [one[2] for one in told] == [two.second.id] * 3 + [two.first.id] * 2  # its own files are not fetched
    assert [stage for _, stage, _ in told] == ["verifying", "verifying", "opening", "opening", "warming"]
    assert (served(watched.lane), watched.lane.loading) == (two.first.id, None)
    await watched.lane.close()


def ask(service: Running) -> LoadingOut:
    response = service.client.get("/models/loading")
    assert response.status_code == 200, response.text
    return LoadingOut.model_validate_json(response.text, strict=True, extra="forbid")


def test_the_route_tells_what_serves_and_what_is_coming(changing: Running) -> None:
    first, second = changing.releases
    idle = ask(changing)
    assert idle.loading is None
    assert idle.serving is not None
    assert idle.serving.id == first.id
    changing.world.may_load.clear()
    loading = threading.Thread(target=lambda: changing.client.post("/models/load/2?policy=drop-first"))
    loading.start()
    try:
        soon(lambda: (told := ask(changing).loading) is not None and told.stage == "opening")
        told = ask(changing)
        assert told.serving is None
        assert told.loading is not None
        assert (told.loading.release, told.loading.model_version) == (second.id, second.model_version)
        assert told.loading.stages == ["verifying", "opening", "warming", "switching"]
    finally:
        changing.world.may_load.set()
        loading.join(10)
    done = ask(changing)
    assert done.loading is None
    assert done.serving is not None
    assert (done.serving.id, done.serving.generation) == (second.id, 2)


def test_with_nothing_to_serve_it_answers_all_the_same(tmp_path: Path) -> None:
    with running(World(tmp_path)) as empty:
        assert ask(empty).model_dump() == {"loading": None, "serving": None}


def test_it_wants_a_key_and_costs_no_search(tmp_path: Path) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, release, search_keys="sesame", rate_limit_per_minute=1) as here:
        assert here.client.get("/models/loading").status_code == 401
        here.client.headers["authorization"] = "Bearer sesame"
        assert [here.client.get("/models/loading").status_code for _ in range(5)] == [200] * 5
        assert here.client.post("/agent_search", json={"query": "motor"}).status_code == 200
