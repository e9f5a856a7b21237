"""Helpers of batches: the answers are the same with them, and nothing is lost when one fails."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

import pytest

from indexing.assembly import people_store
from indexing.candidates import Answer, Conditions, Need
from indexing.edge_index import EdgeStore
from indexing.errors import InvalidNeed
from indexing.hidden_people import HiddenPeople
from indexing.onnx_encoder import OnnxEncoder
from indexing.search import search_people
from indexing.skills import load_catalogue
from service.batch import search_all
from service.batch_helpers import BatchHelpers, Helper, HelperFailed, start_helper
from service.dependencies import Service
from service.erasing import Erasing
from service.extra_releases import ExtraReleases
from service.helper_process import serve
from service.metrics import Metrics
from service.security import Guard
from tests.encoders import minilm_folder
from tests.service.conftest import make_settings
from tests.service.lanes import Two, lane_over, until
from tests.worlds import NAMED, World

pytestmark = pytest.mark.anyio
NEEDS = [Need(f"embedded motor control number {number}", limit=3) for number in range(30)]


@pytest.fixture
def start(two: Two, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Helper]]:
    """Starts helpers on threads, over the same world in memory; `two.world.may_load` holds them up."""
    monkeypatch.setattr("service.helper_process.assemble", lambda _: two.world.workspace)
    threads: list[threading.Thread] = []

    def on_a_thread() -> Helper:
        ours, theirs = Pipe()

        def work() -> None:
            with theirs:
                serve(theirs)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        ours.send("settings")
        return Helper(ours)

    yield on_a_thread
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


@asynccontextmanager
async def serving(two: Two, start: Callable[[], Helper], *, count: int = 1, **changes: Any) -> AsyncIterator[Service]:
    def fits(_: object) -> bool:
        return True

    lane = lane_over(two.world)
    await lane.start()
    service = Service(
        lane=lane,
        extras=ExtraReleases(two.world.workspace, enough_memory=fits),
        helpers=BatchHelpers(start, two.world.workspace, count=count, **({"enough_memory": fits} | changes)),
        catalogue=load_catalogue(),
        guard=Guard(admin_key="", search_keys=""),
        metrics=Metrics(),
        threads=2,
        hidden=HiddenPeople(),
        erasing=Erasing(partial(people_store, make_settings(two.world.workspace.home)), has_tombstones=lambda: False),
    )
    try:
        yield service
    finally:
        two.world.may_load.set()
        await service.close()
        await lane.close()


async def batch(service: Service, needs: list[Need], version: str | None = None) -> list[Answer]:
    async with service.borrow(version) as live:
        return await search_all(needs, live.opened, service)


def people(answers: list[Answer]) -> list[list[tuple[str, float]]]:
    return [[(one.profile.login, one.score) for one in answer.candidates] for answer in answers]


async def until_ready(service: Service, release: Any, count: int = 1) -> None:
    await until(lambda: len(service.helpers.ready(release)) == count)


async def test_a_batch_with_helpers_is_answered_as_without(two: Two, start: Callable[[], Helper]) -> None:
    async with serving(two, start, count=2) as service:
        alone = await batch(service, NEEDS)
        await until_ready(service, two.first, 2)
        assert people(await batch(service, NEEDS)) == people(alone)


async def test_few_searches_start_no_helper(two: Two, start: Callable[[], Helper]) -> None:
    async with serving(two, start) as service:
        await batch(service, NEEDS[:3] * 20)
        assert len(two.world.encoders) == 1


@pytest.mark.parametrize("changes", [{"count": 0}, {"enough_memory": lambda _: False}], ids=["none wanted", "no room"])
async def test_without_helpers_the_threads_do_it(
    two: Two, start: Callable[[], Helper], changes: dict[str, Any]
) -> None:
    async with serving(two, start, **changes) as service:
        for _ in range(2):
            assert len(await batch(service, NEEDS)) == len(NEEDS)
            await asyncio.sleep(0.05)
        assert len(two.world.encoders) == 1


async def test_a_helper_opens_the_release_that_batches_ask_for(two: Two, start: Callable[[], Helper]) -> None:
    async with serving(two, start) as service:
        await batch(service, NEEDS)
        await until_ready(service, two.first)
        others = await batch(service, NEEDS, "2")
        assert service.helpers.ready(two.first) == []
        await until_ready(service, two.second)
        assert people(await batch(service, NEEDS, "2")) == people(others)


async def test_a_helper_that_ends_loses_no_search_and_is_not_started_again_at_once(
    two: Two, start: Callable[[], Helper], caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(two, start) as service:
        alone = await batch(service, NEEDS)
        await until_ready(service, two.first)
        service.helpers.ready(two.first)[0]._connection.close()
        with caplog.at_level(logging.WARNING):
            assert people(await batch(service, NEEDS)) == people(alone)
        assert "a batch helper was given up" in caplog.text
        assert "motor" not in caplog.text
        assert service.helpers.ready(two.first) == []


async def test_an_invalid_need_is_named_when_a_helper_meets_it(two: Two, start: Callable[[], Helper]) -> None:
    async with serving(two, start) as service:
        await batch(service, NEEDS)
        await until_ready(service, two.first)
        needs = [*NEEDS[:15], Need("motor", conditions=Conditions(countries=("Atlantis",))), *NEEDS[15:]]
        for _ in range(5):
            with pytest.raises(InvalidNeed, match=r"^searches\[15\]\.filters\.countries\[0\]"):
                await batch(service, needs)
        assert len(service.helpers.ready(two.first)) == 1


async def test_idle_helpers_end(two: Two, start: Callable[[], Helper], monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(two, start) as service:
        await batch(service, NEEDS)
        await until_ready(service, two.first)
        monkeypatch.setattr("service.batch_helpers.IDLE_SECONDS", 0.01)
        service.helpers.ready(two.first)
        await until(lambda: [encoder.is_closed for encoder in two.world.encoders] == [False, True])


async def test_a_service_that_stops_while_a_helper_opens_leaves_none(two: Two, start: Callable[[], Helper]) -> None:
    async with serving(two, start) as service:
        two.world.may_load.clear()
        await batch(service, NEEDS)
        await asyncio.sleep(0.05)
    await until(lambda: all(encoder.is_closed for encoder in two.world.encoders))


@pytest.fixture
def real(tmp_path: Path, pytestconfig: pytest.Config) -> World:
    """A world whose collections and encoder are real, so that another process sees them."""
    world = World(tmp_path)
    world.workspace = replace(world.workspace, store=EdgeStore(world.workspace.home), load_encoder=OnnxEncoder)
    model_folder = tmp_path / "model"
    model_folder.mkdir()
    (model_folder / "modules.json").write_text("[]", encoding="utf-8")
    assert pytestconfig.cache is not None
    world.registry.register(model_folder, minilm_folder(pytestconfig.cache, "int8"), name="minilm")
    return world


@pytest.mark.slow
async def test_a_process_of_its_own_answers_as_this_one_and_ends_with_its_connection(real: World) -> None:
    release = real.add_release(1, NAMED)
    home = real.workspace.home
    helper = start_helper(make_settings(home, processed=real.workspace.processed))
    process = helper._process
    assert process is not None
    await helper.open(release)
    process.send_signal(signal.SIGINT)  # Ctrl-C reaches every process of the terminal
    needs = [Need("embedded Rust", limit=3), Need("motor", conditions=Conditions(countries=("Atlantis",)))]
    found = await helper.search(needs)
    assert found[0] is not None
    opened = real.open(release)
    assert people([found[0]]) == people([search_people(needs[0], opened, load_catalogue())])
    opened.close()
    assert found[1] is None
    await asyncio.to_thread(helper.stop)
    assert process.returncode == 0  # it closed what it had open
    with pytest.raises(HelperFailed):
        await helper.search(needs)
