"""Changing and losing the release, as callers see it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service import answers
from tests.service.conftest import Running, running
from tests.worlds import NAMED, World

SEARCH = {"query": "motor"}


def until(holds: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def served(service: Running) -> str | None:
    release = service.client.get("/").json()["release"]
    return release["id"] if release else None


def health(service: Running) -> dict[str, Any]:
    answer: dict[str, Any] = service.client.get("/health").json()
    return answer


def test_a_load_answers_what_it_did_and_searches_come_from_the_new_release(changing: Running) -> None:
    first, second = changing.releases
    response = changing.client.post("/models/load/2")
    assert response.status_code == 200
    switched = answers.SwitchedOut.model_validate(response.json(), strict=True, extra="forbid")
    assert (switched.previous, switched.serving, switched.generation) == (first.id, second.id, 2)
    release = changing.client.post("/agent_search", json=SEARCH).json()["release"]
    assert (release["id"], release["model_version"], release["generation"]) == (second.id, 2, 2)
    assert release["fingerprint"] == second.fingerprint


def test_every_version_is_listed_with_whether_it_could_be_loaded(changing: Running) -> None:
    first, second = changing.releases
    changing.world.add_version("west")
    changing.world.store.drop(second.collection)
    answer = changing.client.get("/models/info").json()
    lines = {line["version"]: line for line in answer["versions"]}
    assert [line["version"] for line in answer["versions"]] == [3, 2, 1]
    answers.ModelsOut.model_validate(answer, strict=True, extra="forbid")
    assert (lines[1]["loadable"], lines[1]["reason"], lines[1]["aliases"]) == (True, None, ["champion"])
    assert (lines[1]["release"], lines[1]["people"]) == (first.id, len(NAMED))
    assert lines[2]["loadable"] is False
    assert second.collection in lines[2]["reason"]
    assert lines[3]["loadable"] is False
    assert "vivier index --version 3" in lines[3]["reason"]


def test_a_refused_load_says_why_and_the_old_release_goes_on(changing: Running) -> None:
    changing.world.drifting.add(changing.releases[1].fingerprint)
    response = changing.client.post("/models/load/2")
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert "canary" in response.json()["detail"]
    assert changing.client.post("/agent_search", json=SEARCH).json()["release"]["id"] == changing.releases[0].id


def test_too_little_memory_is_507_with_the_way_out(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add_release(world.add_version("north"), NAMED, served=True)
    second = world.add_release(world.add_version("south"), NAMED)
    with running(world, watch_seconds=600, memory_reserve_bytes=2**60) as service:
        response = service.client.post("/models/load/2")
        assert response.status_code == 507
        assert "policy=drop-first" in response.json()["detail"]
        assert service.client.post("/models/load/2?policy=drop-first").json()["serving"] == second.id


def test_in_the_gap_of_drop_first_callers_are_told_when_to_come_back(changing: Running) -> None:
    world = changing.world
    world.may_load.clear()
    statuses: list[int] = []
    loading = threading.Thread(
        target=lambda: statuses.append(changing.client.post("/models/load/2?policy=drop-first").status_code)
    )
    loading.start()
    try:
        until(lambda: served(changing) is None)
        response = changing.client.post("/agent_search", json=SEARCH)
        assert (response.status_code, response.headers["retry-after"]) == (503, "2")
        assert "being loaded" in response.json()["detail"]
        assert changing.client.get("/health").status_code == 503
        assert changing.client.get("/health/live").status_code == 200
    finally:
        world.may_load.set()
        loading.join(10)
    assert statuses == [200]
    assert changing.client.post("/agent_search", json=SEARCH).json()["release"]["id"] == changing.releases[1].id


def test_a_failed_drop_first_serves_the_old_release_again(changing: Running) -> None:
    changing.world.drifting.add(changing.releases[1].fingerprint)
    assert changing.client.post("/models/load/2?policy=drop-first").status_code == 409
    assert changing.client.post("/agent_search", json=SEARCH).json()["release"]["id"] == changing.releases[0].id
    assert health(changing)["status"] == "ok"


def test_with_the_registry_down_serving_goes_on_and_health_is_degraded(changing: Running) -> None:
    changing.world.registry.is_down = True
    assert changing.client.post("/agent_search", json=SEARCH).status_code == 200
    response = changing.client.get("/health")
    assert (response.status_code, response.json()["status"], response.json()["mlflow"]) == (
        200,
        "degraded",
        "unreachable",
    )
    for refused in (changing.client.get("/models/info"), changing.client.post("/models/load/2")):
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["content-type"] == "application/problem+json"
    assert served(changing) == changing.releases[0].id


def test_a_champion_that_cannot_be_loaded_is_told_in_health(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.add_release(world.add_version("north"), NAMED, served=True)
    second = world.add_release(world.add_version("south"), NAMED)
    world.drifting.add(second.fingerprint)
    with running(world, watch_seconds=0.02) as service:
        world.registry.make_champion(2)
        until(lambda: health(service)["status"] == "degraded")
        told = health(service)
        assert told["release"]["id"] == first.id
        assert told["follower"]["state"] == "stalled"
        assert told["follower"]["refused"] == second.id
        assert "canary" in told["follower"]["problem"]
        assert "vivier_follower_failures 0.0" not in service.client.get("/metrics").text
        world.drifting.clear()
        until(lambda: served(service) == second.id)
        assert health(service)["status"] == "ok"


def test_started_with_the_registry_down_the_last_release_serves(tmp_path: Path) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world) as service:
        assert served(service) == release.id
    world.registry.is_down = True
    with running(world) as service:
        assert service.client.post("/agent_search", json=SEARCH).json()["release"]["id"] == release.id
        assert health(service)["status"] == "degraded"
        assert health(service)["follower"]["state"] == "registry away"


@pytest.mark.parametrize("is_down", [False, True], ids=["registry up", "registry down"])
def test_started_with_nothing_it_says_so_and_lives(tmp_path: Path, is_down: bool) -> None:
    world = World(tmp_path)
    world.registry.is_down = is_down
    with running(world) as service:
        response = service.client.get("/health")
        assert (response.status_code, response.json()["status"]) == (503, "no release")
        answers.HealthOut.model_validate(response.json(), strict=True, extra="forbid")
        assert response.headers["retry-after"]
        assert service.client.get("/health/live").status_code == 200
        assert service.client.get("/").json()["release"] is None
        assert service.client.get("/metrics").status_code == 200
        for refused in (
            service.client.post("/agent_search", json=SEARCH),
            service.client.post("/predict", json={"texts": ["motor"]}),
            service.client.get("/profiles/ada-lumen"),
        ):
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "10"
            assert "vivier index" in refused.json()["detail"]


def test_started_with_a_broken_champion_it_lives_and_says_why(tmp_path: Path) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    world.store.drop(release.collection)
    with running(world, watch_seconds=600) as service:
        told = service.client.get("/health")
        assert told.status_code == 503
        assert told.json()["follower"]["state"] == "stalled"
        assert release.collection in told.json()["follower"]["problem"]


def test_searches_under_way_through_many_switches_all_come_from_one_release_each(changing: Running) -> None:
    wrong: list[str] = []
    done = threading.Event()
    pairs = {release.id: (release.collection, release.fingerprint) for release in changing.releases}

    def search() -> None:
        while not done.is_set():
            response = changing.client.post("/agent_search", json=SEARCH)
            release = response.json().get("release", {})
            if response.status_code != 200 or pairs[release["id"]] != (release["collection"], release["fingerprint"]):
                wrong.append(response.text)
            elif response.json()["candidates"][0]["login"] != "cyr-volt":
                wrong.append("another came first")

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        generations = [changing.client.post(f"/models/load/{2 - turn % 2}").json()["generation"] for turn in range(10)]
    finally:
        done.set()
        for thread in threads:
            thread.join(10)
    assert generations == list(range(2, 12))
    assert wrong == []
