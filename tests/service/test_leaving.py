"""Leaving: from the moment of the request a person is in no answer of any process."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.app import create_app
from tests.service.conftest import Running, make_settings, running
from tests.worlds import NAMED, World

QUERY = "parser for tide tables, motors and maps"
GONE = NAMED[0].login


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Running]:
    world = World(tmp_path)
    releases = [
        world.add_release(world.add_version(name), NAMED, served=name == "north") for name in ("north", "south")
    ]
    with running(world, *releases, store_searches=True, watch_seconds=600) as found:
        yield found


def logins(body: dict[str, Any]) -> list[str]:
    return [one["login"] for one in body["candidates"]]


def search(service: Running, **more: Any) -> dict[str, Any]:
    response = service.client.post("/agent_search", json={"query": QUERY, "limit": 100} | more)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def leave(service: Running, login: str = GONE) -> None:
    response = service.client.delete(f"/profiles/{login}")
    assert response.status_code == 202, response.text
    assert response.json()["hidden_at"]
    assert response.json()["erased_at"] is None


def test_who_leaves_is_in_no_answer_from_then_on(here: Running) -> None:
    before = search(here)
    assert GONE in logins(before)
    leave(here)
    after = search(here)
    # Scores are normalised over who is found, so that others may change places.
    assert sorted(logins(after)) == sorted(login for login in logins(before) if login != GONE)
    assert after["pool"]["total"] == before["pool"]["total"] - 1
    for mode in ("dense", "sparse"):
        assert GONE not in here.client.post("/agent_search", json={"query": QUERY, "mode": mode}).text
    for version in ("1", "2", here.releases[1].id):
        assert GONE not in logins(search(here, version=version))


def test_every_other_route_has_forgotten_the_person_too(here: Running) -> None:
    other = NAMED[1].login
    assert here.client.get(f"/profiles/{GONE}").status_code == 200
    assert here.client.get(f"/profiles/{GONE}/indexed").json() == {"indexed": True}
    total = here.client.get(f"/profiles/{other}/similar").json()["pool"]["total"]
    leave(here)
    assert here.client.get(f"/profiles/{GONE}").status_code == 404
    assert here.client.get(f"/profiles/{GONE.upper()}").status_code == 404
    assert here.client.get(f"/profiles/{GONE}/similar").status_code == 404
    assert here.client.get(f"/profiles/{GONE}/indexed").json() == {"indexed": False}
    similar = here.client.get(f"/profiles/{other}/similar", params={"limit": 100}).json()
    assert GONE not in logins(similar)
    assert similar["pool"]["total"] == total - 1
    batch = here.client.post("/agent_search/batch", json={"searches": [{"query": f"{QUERY} {n}"} for n in range(12)]})
    assert GONE not in batch.text
    compared = here.client.post("/agent_search/compare", json={"query": QUERY, "versions": ["1", "2"]})
    assert compared.status_code == 200
    assert GONE not in compared.text


def test_nobody_can_be_compared_with_who_left(here: Running) -> None:
    leave(here)
    response = here.client.post("/agent_search", json={"query": f"someone like @{GONE}"})
    assert response.status_code == 422
    assert "in no profile here" in response.json()["detail"]


def test_a_search_that_showed_the_person_replays_without_and_one_that_named_them_is_gone(here: Running) -> None:
    showed = search(here)["search_id"]
    named = search(here, query=f"someone like @{GONE} who draws maps")["search_id"]
    leave(here)
    replayed = here.client.get(f"/searches/{showed}")
    assert replayed.status_code == 200
    assert GONE not in replayed.text
    assert replayed.json()["differences"]["erased"] == 1
    assert here.client.get(f"/searches/{named}").status_code == 404


def test_another_process_on_the_same_home_hides_the_person_at_once(here: Running) -> None:
    with running(here.world, *here.releases, watch_seconds=600) as second:
        assert GONE in logins(search(second))
        leave(here)
        assert GONE not in logins(search(second))


def test_who_was_never_here_can_leave_too_and_comes_back_under_no_case(here: Running) -> None:
    leave(here, "Not-Yet-Here")
    world = here.world
    people = (*NAMED, NAMED[0].__class__(login="not-yet-here", bio=QUERY))
    release = world.add_release(1, sorted(people, key=lambda one: one.login))
    assert here.client.post(f"/models/load/{release.id}").status_code == 200
    assert "not-yet-here" not in logins(search(here))
    assert here.client.get("/profiles/not-yet-here").status_code == 404


def test_only_an_administrator_lets_people_leave_and_anyone_may_ask_whether_they_are_here(tmp_path: Path) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, release, admin_key="open-sesame", search_keys="look") as service:
        assert service.client.delete(f"/profiles/{GONE}").status_code == 401
        assert service.client.get(f"/profiles/{GONE}").status_code == 401
        assert service.client.get(f"/profiles/{GONE}/indexed").json() == {"indexed": True}
        allowed = {"Authorization": "Bearer open-sesame"}
        assert service.client.delete(f"/profiles/{GONE}", headers=allowed).status_code == 202
        assert service.client.get(f"/profiles/{GONE}/indexed").json() == {"indexed": False}
    with running(world, release, client="203.0.113.9") as service:
        assert service.client.delete(f"/profiles/{GONE}").status_code == 403


def test_now_starts_the_command_that_erases_and_a_second_one_does_not_run_beside_it(tmp_path: Path) -> None:
    from starlette.testclient import TestClient

    world = World(tmp_path)
    world.add_release(world.add_version("north"), NAMED, served=True)
    note = tmp_path / "erased"
    script = f"import pathlib, time; time.sleep(.5); pathlib.Path({str(note)!r}).touch()"
    app = create_app(make_settings(world.workspace.home), world.workspace, erase_command=[sys.executable, "-c", script])
    with TestClient(app, base_url="http://localhost:8000", client=("127.0.0.1", 50_000)) as client:
        assert client.delete(f"/profiles/{GONE}").json()["erasing"] is False
        assert client.delete(f"/profiles/{GONE}", params={"now": True}).json()["erasing"] is True
        assert client.delete(f"/profiles/{NAMED[1].login}", params={"now": True}).json()["erasing"] is False
        deadline = time.monotonic() + 20
        while not note.exists():
            assert time.monotonic() < deadline, "the command was not run"
            time.sleep(0.05)


def test_a_release_that_was_dropped_elsewhere_is_let_go(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.add_release(world.add_version("north"), NAMED, served=True)
    second = world.add_release(world.add_version("south"), NAMED)
    with running(world, first, second, watch_seconds=0.05) as service:
        assert service.client.post("/models/load/2").status_code == 200  # the first is a spare now
        spare, live = (encoder for encoder in world.encoders if not encoder.is_closed)
        world.store.drop(first.collection)
        deadline = time.monotonic() + 20
        while not spare.is_closed:
            assert time.monotonic() < deadline, "the spare stayed open"
            time.sleep(0.05)
        assert not live.is_closed
        assert search(service)["release"]["id"] == second.id
