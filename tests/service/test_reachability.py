"""Whether dependencies answer: each told apart, side by side, in time, and as a metric."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexing.assembly import people_store
from indexing.errors import RegistryUnavailable
from indexing.people_store import PeopleStore
from service.reachability import Reachability
from tests.service.conftest import Running, make_settings, running
from tests.worlds import NAMED, World


def test_health_tells_each_dependency_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, index_answers = World(tmp_path), True
    monkeypatch.setattr(world.store, "is_healthy", lambda: index_answers)
    with running(
        world, world.add_release(world.add_version("north"), NAMED, served=True), watch_seconds=600
    ) as service:
        assert _told(service) == ("ok", "ok", "ok", "ok")
        world.registry.is_down = True
        assert _told(service) == ("degraded", "unreachable", "ok", "ok")
        world.registry.is_down, index_answers = False, False
        assert _told(service) == ("degraded", "ok", "unreachable", "ok")
        metrics = service.client.get("/metrics").text
    assert 'vivier_dependency_up{dependency="registry"} 1.0' in metrics
    assert 'vivier_dependency_up{dependency="index"} 0.0' in metrics
    assert 'vivier_dependency_up{dependency="database"} 1.0' in metrics


def test_a_database_that_is_away_is_told_and_costs_no_search(tmp_path: Path) -> None:
    world = World(tmp_path)
    with running(world, world.add_release(world.add_version("north"), NAMED, served=True)) as service:
        people_store(make_settings(world.workspace.home)).hide("eve-nobody")
        assert _told(service) == ("ok", "ok", "ok", "ok")
        assert service.client.post("/agent_search", json={"query": "motor"}).status_code == 200
        for file in world.workspace.home.glob("vivier.db*"):
            file.unlink()
        (world.workspace.home / "vivier.db").mkdir()
        service.client.app.state.service.lane.workspace.tombstones._opened._engine.dispose()  # type: ignore[attr-defined]
        assert _told(service) == ("degraded", "ok", "ok", "unreachable")
        assert service.client.post("/agent_search", json={"query": "motor"}).status_code == 200


def test_no_database_is_made_to_look_whether_it_answers(changing: Running) -> None:
    assert _told(changing)[3] == "ok"
    assert not list(changing.world.workspace.home.glob("vivier.db*"))


def test_a_database_that_answers_is_healthy(database_url: str) -> None:
    people = PeopleStore(database_url, b"key")
    assert people.is_healthy()
    people.close()


def test_a_database_that_nobody_serves_is_not() -> None:
    people = PeopleStore("postgresql://nobody@127.0.0.1:1/none", b"key")
    assert not people.is_healthy()


@pytest.mark.anyio
async def test_dependencies_that_hang_are_looked_at_side_by_side_and_each_by_one_thread() -> None:
    may_answer, asked = threading.Event(), [0, 0]

    def hang(number: int) -> Callable[[], bool]:
        def check() -> bool:
            asked[number] += 1
            return may_answer.wait(20)

        return check

    looking = Reachability({"one": hang(0), "two": hang(1), "three": lambda: True}, patience_seconds=0.2)
    started = time.monotonic()
    for _ in range(3):
        assert await looking.look() == {"one": False, "two": False, "three": True}
    assert time.monotonic() - started < 0.2 * 3 * 1.9  # one after another it would be twice that
    assert asked == [1, 1]
    may_answer.set()
    assert await looking.look() == {"one": True, "two": True, "three": True}


@pytest.mark.anyio
async def test_a_look_that_fails_is_an_answer() -> None:
    def away() -> bool:
        raise RegistryUnavailable("MLflow is away.")

    def unreadable() -> bool:
        raise PermissionError("no")

    assert await Reachability({"a": away, "b": unreadable}).look() == {"a": False, "b": False}


@pytest.mark.anyio
async def test_who_only_reads_finds_what_the_last_look_said() -> None:
    answers = iter([True, False])
    looking = Reachability({"index": lambda: next(answers, False)})
    assert looking.known == {}
    watching = asyncio.create_task(looking.watch(0.01))
    for told in ({"index": True}, {"index": False}):
        while looking.known != told:
            await asyncio.sleep(0.002)
    watching.cancel()


def _told(service: Running) -> tuple[Any, ...]:
    body = service.client.get("/health").json()
    return tuple(body[name] for name in ("status", "mlflow", "qdrant", "database"))
