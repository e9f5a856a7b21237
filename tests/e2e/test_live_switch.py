"""Changing the pair under load: nobody notices."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.load.client import Client
from tests.processes import ServiceProcess, serving

pytestmark = pytest.mark.e2e

QUERIES = (
    "embedded firmware for motor control",
    "cartographie et données géographiques",
    "web accessibility",
    "traitement du signal audio",
    "Kubernetes operators",
    "séismes et géophysique",
)


def essence(answer: dict[str, Any]) -> list[tuple[str, float]]:
    return [(candidate["login"], candidate["score"]) for candidate in answer["candidates"]]


def same(found: list[tuple[str, float]], wanted: list[tuple[str, float]]) -> bool:
    return [login for login, _ in found] == [login for login, _ in wanted] and all(
        abs(left - right) <= 1e-5 for (_, left), (_, right) in zip(found, wanted, strict=True)
    )


def answers_alone(url: str) -> dict[str, list[tuple[str, float]]]:
    found = {}
    for query in QUERIES:
        answer = httpx.post(f"{url}/agent_search", json={"query": query}, timeout=30).json()
        found[query] = essence(answer)
    return found


def load(url: str, reference: object) -> dict[str, Any]:
    response = httpx.post(f"{url}/models/load/{reference}", timeout=60)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def switch_under_load(service: ServiceProcess, *, clients: int, switches: int, pause: float) -> tuple[int, list[str]]:
    """Search from several clients while the pair changes; how many answers, and what was wrong with any."""
    alone: dict[int, dict[str, list[tuple[str, float]]]] = {}
    for version in (1, 2):
        load(service.url, version)
        alone[version] = answers_alone(service.url)
    wrong: list[str] = []
    counted = [0] * clients
    done = threading.Event()

    def search(place: int) -> None:
        client = Client(service.port)
        while not done.is_set():
            query = QUERIES[(counted[place] + place) % len(QUERIES)]
            status, body = client.post("/agent_search", {"query": query})
            answer = json.loads(body)
            if status != 200:
                wrong.append(f"{status}: {answer}")
            elif not same(essence(answer), alone[answer["release"]["model_version"]][query]):
                wrong.append(f"{query!r} of {answer['release']['id']} is not what that release answers alone")
            counted[place] += 1
        client.close()

    threads = [threading.Thread(target=search, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(switches):
            load(service.url, 1 + turn % 2)
            time.sleep(pause)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    return sum(counted), wrong


def test_the_pair_changes_under_load_and_every_answer_is_that_of_the_release_it_names(two_versions: Path) -> None:
    with serving(two_versions) as service:
        answered, wrong = switch_under_load(service, clients=4, switches=6, pause=0.3)
    assert wrong == []
    assert answered > 50


@pytest.mark.slow
@pytest.mark.long
def test_twenty_switches_in_a_minute_with_eight_clients(two_versions: Path) -> None:
    with serving(two_versions) as service:
        answered, wrong = switch_under_load(service, clients=8, switches=24, pause=2.5)
    assert wrong == []
    assert answered > 1_000


@pytest.mark.slow
def test_every_cold_switch_works_too(two_versions: Path) -> None:
    with serving(two_versions, VIVIER_KEEP_OPEN="0") as service:
        _, wrong = switch_under_load(service, clients=2, switches=4, pause=0.3)
    assert wrong == []


@pytest.mark.slow
def test_a_second_process_follows_within_the_watch_interval(two_versions: Path) -> None:
    with (
        serving(two_versions, VIVIER_WATCH_SECONDS="0.5") as first,
        serving(two_versions, VIVIER_WATCH_SECONDS="0.5") as second,
    ):
        load(first.url, 1)
        switched = load(first.url, 2)
        deadline = time.monotonic() + 10
        serving_now = None
        while time.monotonic() < deadline and serving_now != switched["serving"]:
            serving_now = httpx.get(f"{second.url}/health", timeout=5).json()["release"]["id"]
            time.sleep(0.1)
        assert serving_now == switched["serving"]
        load(second.url, 1)


@pytest.mark.slow
def test_ctrl_c_ends_the_service_cleanly_and_the_next_one_serves_what_was_served(two_versions: Path) -> None:
    service = ServiceProcess(two_versions)
    service.wait()
    served = load(service.url, 2)["serving"]
    assert service.stop() == 0
    assert list((two_versions / "clones").glob("*")) == []
    with serving(two_versions) as service:
        assert httpx.get(f"{service.url}/health", timeout=5).json()["release"]["id"] == served
        load(service.url, 1)


@pytest.mark.slow
def test_a_killed_service_leaves_nothing_that_the_next_one_does_not_remove(two_versions: Path) -> None:
    killed = ServiceProcess(two_versions)
    killed.wait()
    killed.stop(kill=True)
    left = {path.name for path in (two_versions / "clones").iterdir()}
    assert left
    with serving(two_versions):
        now = {path.name for path in (two_versions / "clones").iterdir()}
    assert not left & now
