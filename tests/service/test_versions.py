"""`version` in a search: any release answers, and what serves stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from indexing.releases import Release
from service import schemas
from tests.service.conftest import Running, running
from tests.worlds import NAMED, World

SEARCH: dict[str, Any] = {"query": "embedded motor control in Rust", "limit": 3}


def ask(service: Running, version: str | None) -> dict[str, Any]:
    response = service.client.post("/agent_search", json=SEARCH | {"version": version})
    assert response.status_code == 200, response.text
    schemas.SearchOut.model_validate(response.json(), strict=True, extra="forbid")
    answer: dict[str, Any] = response.json()
    return answer


def encoders_opened(world: World) -> int:
    return len(world.encoders)


@pytest.mark.parametrize("reference", ["2", "v2", "challenger", "release id"])
def test_another_release_answers_by_version_alias_or_id(changing: Running, reference: str) -> None:
    first, second = changing.releases
    changing.world.registry.aliases["challenger"] = 2
    answer = ask(changing, second.id if reference == "release id" else reference)
    assert answer["release"] == {
        "id": second.id,
        "model_version": 2,
        "collection": second.collection,
        "generation": 1,
        "data_rev": second.data_rev,
        "fingerprint": second.fingerprint,
    }
    assert answer["candidates"][0]["login"] == "cyr-volt"
    assert changing.client.get("/").json()["release"]["id"] == first.id
    assert ask(changing, None)["release"]["id"] == first.id
    champion = changing.world.registry.champion()
    assert champion is not None
    assert champion.release_id == first.id


@pytest.mark.parametrize("reference", ["1", "champion", "release id"])
def test_the_live_release_is_not_opened_again(changing: Running, reference: str) -> None:
    before = encoders_opened(changing.world)
    first = changing.releases[0]
    assert ask(changing, first.id if reference == "release id" else reference)["release"]["id"] == first.id
    assert encoders_opened(changing.world) == before


def test_a_version_is_opened_once_and_its_answers_are_those_it_gives_when_it_serves(changing: Running) -> None:
    before = encoders_opened(changing.world)
    beside = [ask(changing, "2") for _ in range(3)]
    assert encoders_opened(changing.world) == before + 1
    changing.client.post("/models/load/2")
    serving = ask(changing, None)
    assert serving["candidates"] == beside[0]["candidates"]
    assert serving["release"]["generation"] == 2


def test_the_registry_is_asked_once_for_many_searches(changing: Running) -> None:
    registry = changing.world.registry
    ask(changing, "2")
    registry.events.clear()
    for _ in range(5):
        ask(changing, "2")
    assert [event for event in registry.events if event[0] not in ("revision", "is_healthy")] == []


def test_a_version_that_is_loaded_is_not_kept_open_beside(changing: Running) -> None:
    ask(changing, "2")
    beside = changing.world.encoders[-1]
    changing.client.post("/models/load/2")
    ask(changing, "2")
    for _ in range(200):
        if beside.is_closed:
            break
        ask(changing, "2")
    assert beside.is_closed


@pytest.mark.parametrize("path", ["/agent_search", "/agent_search/batch", "/agent_search/compare"])
@pytest.mark.parametrize(
    ("case", "status", "words"),
    [
        ("unknown", 404, "No release answers"),
        ("drifted", 409, "canary"),
        ("dropped", 409, "build it again"),
        ("registry away", 503, "MLflow"),
    ],
)
def test_a_version_that_cannot_answer_says_why(
    changing: Running, path: str, case: str, status: int, words: str
) -> None:
    world, second = changing.world, changing.releases[1]
    if case == "drifted":
        world.drifting.add(second.fingerprint)
    if case == "dropped":
        world.store.drop(second.collection)
    world.registry.is_down = case == "registry away"
    version = "7" if case == "unknown" else "2"
    bodies: dict[str, dict[str, Any]] = {
        "/agent_search": SEARCH | {"version": version},
        "/agent_search/batch": {"searches": [SEARCH], "version": version},
        "/agent_search/compare": SEARCH | {"versions": [changing.releases[0].id, version]},
    }
    response = changing.client.post(path, json=bodies[path])
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert words in response.json()["detail"]
    assert ask(changing, None)["release"]["id"] == changing.releases[0].id


def test_too_little_memory_for_another_release_is_507(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.add_release(world.add_version("north"), NAMED, served=True)
    world.add_release(world.add_version("south"), NAMED)
    with running(world, first, watch_seconds=600, memory_reserve_bytes=2**60) as service:
        response = service.client.post("/agent_search", json=SEARCH | {"version": "2"})
        assert response.status_code == 507
        assert "without a version" in response.json()["detail"]
        assert ask(service, "1")["release"]["id"] == first.id


def test_an_extra_release_gives_its_memory_to_one_that_shall_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    releases: list[Release] = [world.add_release(world.add_version("north"), NAMED, served=True)]
    releases += [world.add_release(world.add_version(name), NAMED) for name in ("south", "west")]
    world.encoders.clear()
    monkeypatch.setattr(  # room for two pairs and no more
        "service.app.memory.fits",
        lambda pair, *, reserve_bytes: sum(not encoder.is_closed for encoder in world.encoders) < 2,
    )
    with running(world, *releases, watch_seconds=600, keep_open=0) as service:
        assert ask(service, "2")["release"]["id"] == releases[1].id
        assert service.client.post("/models/load/3").json()["serving"] == releases[2].id


def test_everything_is_closed_when_the_service_stops(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.add_release(world.add_version("north"), NAMED, served=True)
    second = world.add_release(world.add_version("south"), NAMED)
    world.encoders.clear()
    with running(world, first, second, watch_seconds=600) as service:
        ask(service, "2")
        assert [encoder.is_closed for encoder in world.encoders] == [False, False]
    assert [encoder.is_closed for encoder in world.encoders] == [True, True]
