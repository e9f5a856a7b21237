"""Answers that would take too long: the caller is told, and nothing is let go of while a thread still uses it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.deadlines import to_its_end
from tests.service.broken_index import HeldIndex, live, put_in
from tests.service.conftest import Running, running
from tests.service.test_problems import problem
from tests.worlds import NAMED, World

NEED = {"query": "motor"}


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Running]:
    world = World(tmp_path)
    releases = [
        world.add_release(world.add_version(name), NAMED, served=name == "north") for name in ("north", "south")
    ]
    with running(world, *releases, request_seconds=0.3, search_threads=1, keep_open=0, watch_seconds=600) as service:
        yield service


def until(holds: object, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def test_a_search_that_takes_too_long_is_told_to_come_back_and_the_next_one_is_answered(impatient: Running) -> None:
    held = put_in(impatient, HeldIndex)
    response = impatient.client.post("/agent_search", json=NEED)
    assert problem(response, 503).title == "The answer took too long"
    assert response.headers["retry-after"]
    assert impatient.client.get("/health/live").status_code == 200
    held.may_answer.set()
    assert impatient.client.post("/agent_search", json=NEED).status_code == 200
    assert live(impatient).requests == 0


def test_the_release_stays_open_until_the_thread_is_done_with_it(impatient: Running) -> None:
    held, before = put_in(impatient, HeldIndex), live(impatient)
    assert impatient.client.post("/agent_search", json=NEED).status_code == 503
    assert impatient.client.post("/models/load/2").status_code == 200
    encoder = before.opened.encoder
    assert before.requests == 1
    assert not encoder.is_closed
    held.may_answer.set()
    until(lambda: encoder.is_closed)
    assert before.requests == 0


def test_searches_that_still_wait_for_a_thread_are_given_up_and_never_run(impatient: Running) -> None:
    held = put_in(impatient, HeldIndex)
    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(impatient.client.post, "/agent_search", json=NEED) for _ in range(4)]
        assert [one.result().status_code for one in asked] == [503] * 4
    held.may_answer.set()
    until(lambda: live(impatient).requests == 0)
    assert held.asked == 1
    assert impatient.client.post("/agent_search", json=NEED).status_code == 200


def test_a_batch_that_takes_too_long_leaves_its_places_free(impatient: Running) -> None:
    held = put_in(impatient, HeldIndex)
    many = {"searches": [{"query": f"motor number {number}"} for number in range(20)]}
    assert problem(impatient.client.post("/agent_search/batch", json=many), 503)
    held.may_answer.set()
    until(lambda: live(impatient).requests == 0)
    assert held.asked == 1
    few = {"searches": [NEED, {"query": "maps"}]}
    assert impatient.client.post("/agent_search/batch", json=few).status_code == 200


def test_loading_a_release_may_take_longer_than_a_search(impatient: Running) -> None:
    impatient.world.may_load.clear()
    with ThreadPoolExecutor(1) as caller:
        loading = caller.submit(impatient.client.post, "/models/load/2")
        time.sleep(0.6)  # twice what a search may take; the load is still waited for
        assert not loading.done()
        impatient.world.may_load.set()
        assert loading.result().status_code == 200


@pytest.mark.anyio
async def test_work_that_is_given_up_is_waited_for_however_often_it_is_cancelled() -> None:
    may_end = threading.Event()
    working = asyncio.ensure_future(to_its_end(asyncio.ensure_future(asyncio.to_thread(may_end.wait, 20))))
    await asyncio.sleep(0.01)
    for _ in range(3):
        working.cancel()
        await asyncio.sleep(0.01)
        assert not working.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await working
