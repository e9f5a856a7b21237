"""Many needs at once: each answered as it would be alone, all from one release."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from service import search_schemas
from tests.service.conftest import Running, running
from tests.worlds import NAMED, World

SEARCHES: list[dict[str, Any]] = [
    {"query": "embedded motor control in Rust", "limit": 3},
    {"query": "cartes marines", "filters": {"countries": ["France"]}},
    {"query": "a library for chess", "offset": 5, "limit": 5},
    {"query": "embedded motor control in Rust", "limit": 3},
    {"query": "motor", "mode": "sparse", "rerank": False, "explain": False},
    {"query": "nothing of this is anywhere: xylophone", "mode": "sparse"},
]


def batch(service: Running, searches: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    response = service.client.post("/agent_search/batch", json={"searches": searches, **more})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    search_schemas.BatchOut.model_validate(found, strict=True, extra="forbid")
    return found


def without_chance(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in answer.items() if name not in ("search_id", "took_ms")}


def test_every_search_of_a_batch_is_answered_as_alone_and_in_order(service: Running) -> None:
    found = batch(service, SEARCHES)
    alone = [service.client.post("/agent_search", json=search).json() for search in SEARCHES]
    assert [without_chance(one) for one in found["answers"]] == [without_chance(one) for one in alone]
    assert found["release"]["id"] == service.releases[0].id
    assert found["took_ms"] > 0


def test_equal_searches_are_run_once_and_have_ids_of_their_own(service: Running) -> None:
    def count() -> float:
        rows = service.client.get("/metrics").text.splitlines()
        return float(next(row for row in rows if row.startswith('vivier_stage_seconds_count{stage="rank"}')).split()[1])

    before = count()
    found = batch(service, [{"query": "chess"}, {"query": "music"}] * 50)
    assert count() == before + 2
    assert len({answer["search_id"] for answer in found["answers"]}) == 100


def test_a_hundred_different_searches_are_answered(service: Running) -> None:
    found = batch(service, [{"query": f"a library number {number} for chess", "limit": 1} for number in range(100)])
    assert len(found["answers"]) == 100
    assert all(answer["candidates"] for answer in found["answers"])


def test_a_batch_can_ask_another_release(changing: Running) -> None:
    found = batch(changing, SEARCHES[:2], version="2")
    releases = {found["release"]["id"], *(answer["release"]["id"] for answer in found["answers"])}
    assert releases == {changing.releases[1].id}


def test_the_first_invalid_need_is_named_whatever_comes_after(service: Running) -> None:
    searches: list[dict[str, Any]] = [{"query": f"motor {number}"} for number in range(20)]
    for place in (7, 12, 19):
        searches[place] = {"query": "motor", "filters": {"cities": [f"Atlantis {place}"]}}
    response = service.client.post("/agent_search/batch", json={"searches": searches})
    assert response.status_code == 422
    assert response.json()["field"] == "searches[7].filters.cities[0]"
    assert response.json()["detail"].startswith("searches[7].filters.cities[0]: ")
    assert batch(service, searches[:7])["answers"]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_single_search_is_answered_while_batches_are_under_way(tmp_path: Path, threads: int) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, release, search_threads=threads) as service:
        done: list[int] = []

        def ask(turn: int) -> None:
            searches = [{"query": f"motor control {turn} {number}"} for number in range(100)]
            found = batch(service, searches)
            done.append(len(found["answers"]))

        batches = [threading.Thread(target=ask, args=(turn,)) for turn in range(3)]
        for thread in batches:
            thread.start()
        singles = 0
        while any(thread.is_alive() for thread in batches):
            assert service.client.post("/agent_search", json={"query": f"motor {singles}"}).status_code == 200
            singles += 1
        for thread in batches:
            thread.join(30)
        assert done == [100] * 3
        assert singles > 3
