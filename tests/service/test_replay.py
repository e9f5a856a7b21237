"""A search of earlier, asked again of the release that answered it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indexing.search_store import SearchStore
from service import search_schemas
from service.stored_searches import StoredSearches
from tests.indexing.test_search_store import make_search
from tests.service.conftest import Running, running
from tests.worlds import NAMED, PEOPLE, World

SEARCH: dict[str, Any] = {"query": "embedded motor control in Rust", "limit": 3}
NEEDS: list[dict[str, Any]] = [
    SEARCH,
    {"query": "cartes marines à Brest", "filters": {"countries": ["France"], "exclude": ["bo-quill"]}},
    {"query": "senior Go developer, at least 10 followers", "plan": {"preferred": ["Go"]}},
    {"query": "quelqu'un qui fait du Python, sauf JavaScript", "mode": "sparse", "rerank": False},
    {"query": "a library for chess", "offset": 5, "limit": 20, "explain": False},
]


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Running]:
    world = World(tmp_path)
    world.workspace.home.mkdir(parents=True, exist_ok=True)
    first = world.add_release(world.add_version("north"), PEOPLE, served=True)
    second = world.add_release(world.add_version("south"), PEOPLE)
    with running(world, first, second, watch_seconds=600, store_searches=True) as service:
        yield service


def ask(service: Running, body: dict[str, Any]) -> dict[str, Any]:
    response = service.client.post("/agent_search", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def replay(service: Running, search_id: str) -> dict[str, Any]:
    response = service.client.get(f"/searches/{search_id}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    search_schemas.ReplayOut.model_validate(found, strict=True, extra="forbid")
    return found


def database(service: Running) -> Path:
    return service.world.workspace.home / "vivier.db"


def erase(service: Running, number: int, login: str) -> None:
    """Take a person out of a release's collection, as an erasure does."""
    index = service.world.store.open(service.releases[number].collection)
    assert index.delete_people(list(index.find_people([login]).values())) == 1


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need["query"])
def test_a_search_asked_again_finds_the_same(keeping: Running, need: dict[str, Any]) -> None:
    answer = ask(keeping, need)
    found = replay(keeping, answer["search_id"])
    assert found["search_id"] == found["answer"]["search_id"] == answer["search_id"]
    assert found["answer"]["candidates"] == answer["candidates"]
    assert found["differences"] == {"entered": [], "left": [], "moved": [], "rescored": 0, "erased": 0}
    assert found["changed"] is False
    assert found["release"] == answer["release"]
    assert datetime.now(UTC) - datetime.fromisoformat(found["asked_at"]) < timedelta(minutes=1)
    assert replay(keeping, answer["search_id"]) | {"answer": 0} == found | {"answer": 0}


def test_the_release_that_answered_answers_again_when_another_serves(keeping: Running) -> None:
    answer = ask(keeping, SEARCH)
    keeping.client.post("/models/load/2")
    found = replay(keeping, answer["search_id"])
    assert (found["release"]["id"], found["release"]["generation"]) == (keeping.releases[0].id, 2)
    assert found["changed"] is False


def test_searches_of_batches_comparisons_and_tables_are_kept_too(keeping: Running) -> None:
    several = keeping.client.post("/agent_search/batch", json={"searches": [SEARCH, {"query": "chess"}]}).json()
    both = keeping.client.post("/agent_search/compare", json=SEARCH | {"versions": ["1", "2"]}).json()
    as_table = keeping.client.post("/agent_search", json=SEARCH, headers={"accept": "text/csv"})
    ids = [answer["search_id"] for answer in (*several["answers"], *both["answers"])]
    for search_id in (*ids, as_table.headers["x-search-id"]):
        assert replay(keeping, search_id)["changed"] is False
    assert replay(keeping, ids[-1])["release"]["id"] == keeping.releases[1].id


def test_a_change_is_told(keeping: Running) -> None:
    answer = ask(keeping, SEARCH)
    assert keeping.client.app.state.service.searches.written()  # type: ignore[attr-defined]
    with sqlite3.connect(database(keeping)) as connection:  # as if it had found others then
        then = '[["bo-quill", 0.9], ["fay-words", 0.5], ["person-00", 0.1]]'
        connection.execute("UPDATE stored_searches SET results = ?", [then])
    connection.close()
    found = replay(keeping, answer["search_id"])
    assert found["changed"] is True
    now = [one["login"] for one in answer["candidates"]]
    assert now[:2] == ["cyr-volt", "bo-quill"]
    assert found["differences"] == {
        "entered": [{"login": "cyr-volt", "rank": 1}, {"login": now[2], "rank": 3}],
        "left": [{"login": "fay-words", "rank": 2}, {"login": "person-00", "rank": 3}],
        "moved": [{"login": "bo-quill", "before": 1, "after": 2}],
        "rescored": 0,
        "erased": 0,
    }


def test_somebody_erased_since_is_counted_and_is_no_change(keeping: Running) -> None:
    answer = ask(keeping, SEARCH)
    erase(keeping, 0, answer["candidates"][1]["login"])
    found = replay(keeping, answer["search_id"])
    assert found["differences"]["erased"] == 1
    assert (found["differences"]["entered"], found["differences"]["left"], found["differences"]["moved"]) == (
        [],
        [],
        [],
    )
    assert found["changed"] is False
    assert answer["candidates"][1]["login"] not in str(found)


def test_a_release_that_is_gone_says_why_it_cannot_answer(keeping: Running) -> None:
    answer = ask(keeping, SEARCH | {"version": "2"})
    assert keeping.client.app.state.service.searches.written()  # type: ignore[attr-defined]
    keeping.world.store.drop(keeping.releases[1].collection)
    with running(keeping.world, *keeping.releases, watch_seconds=600, store_searches=True) as service:
        response = service.client.get(f"/searches/{answer['search_id']}")
    assert (response.status_code, response.headers["content-type"]) == (409, "application/problem+json")
    assert keeping.releases[1].collection in response.json()["detail"]


def test_without_storing_the_route_says_how_to_store(service: Running) -> None:
    answer = ask(service, SEARCH)
    response = service.client.get(f"/searches/{answer['search_id']}")
    assert response.status_code == 404
    assert "VIVIER_STORE_SEARCHES=true" in response.json()["detail"]
    assert not database(service).exists()


@pytest.mark.parametrize("search_id", ["0" * 32, "nobody", "🦀"])
def test_an_unknown_search_is_not_found(keeping: Running, search_id: str) -> None:
    response = keeping.client.get(f"/searches/{search_id}")
    assert (response.status_code, response.json()["title"]) == (404, "No such search")
    assert "30 days" in response.json()["detail"]


def test_old_searches_are_not_found_and_are_deleted_at_the_start(keeping: Running) -> None:
    world = keeping.world
    store = SearchStore(f"sqlite:///{database(keeping)}")
    now = datetime.now(UTC)
    old = make_search("old", asked_at=now - timedelta(days=8), release_id=keeping.releases[0].id)
    store.keep([old, replace(old, id="new", asked_at=now - timedelta(days=6))])
    assert replay(keeping, "old")
    with running(world, *keeping.releases, watch_seconds=600, store_searches=True, search_days=7) as service:
        assert service.client.get("/searches/old").status_code == 404
        assert replay(service, "new")
    assert store.find("old", since=now - timedelta(days=365)) is None
    store.close()


def test_searches_outlive_the_service(keeping: Running) -> None:
    answer = ask(keeping, SEARCH)
    assert keeping.client.app.state.service.searches.written()  # type: ignore[attr-defined]
    with running(keeping.world, *keeping.releases, watch_seconds=600, store_searches=True) as service:
        assert replay(service, answer["search_id"])["changed"] is False


def test_replaying_wants_the_key_of_a_search(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.workspace.home.mkdir(parents=True, exist_ok=True)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, release, store_searches=True, search_keys="one", admin_key="open-sesame") as service:
        key = {"authorization": "Bearer one"}
        search_id = service.client.post("/agent_search", json=SEARCH, headers=key).json()["search_id"]
        assert service.client.get(f"/searches/{search_id}").status_code == 401
        assert service.client.get(f"/searches/{search_id}", headers=key).status_code == 200


def test_with_the_database_locked_searches_answer_and_the_log_says_so(
    keeping: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = keeping.client.app.state.service.searches  # type: ignore[attr-defined]
    ask(keeping, SEARCH)
    assert searches.written()
    monkeypatch.setattr("indexing.databases.LOCK_SECONDS", 0.2)
    impatient = StoredSearches(SearchStore(f"sqlite:///{database(keeping)}"), days=30)
    monkeypatch.setattr(keeping.client.app.state.service, "searches", impatient)  # type: ignore[attr-defined]
    holder = sqlite3.connect(database(keeping), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with caplog.at_level(logging.WARNING):
            answer = ask(keeping, {"query": "xylophone motor"})
            assert answer["candidates"]
            assert impatient.written()
        lost = keeping.client.get(f"/searches/{answer['search_id']}")
    finally:
        holder.close()
    assert lost.status_code in (404, 503)
    assert "1 searches were not stored" in caplog.text
    assert "xylophone" not in caplog.text
    impatient.close()
    monkeypatch.undo()


def test_too_many_waiting_searches_are_dropped_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.stored_searches.MOST_WAITING", 3)
    searches = StoredSearches(SearchStore(f"sqlite:///{tmp_path}/vivier.db"), days=30)
    with caplog.at_level(logging.WARNING), searches._changed:  # the writer cannot take any meanwhile
        for number in range(5):
            searches.keep(make_search(f"s{number}", asked_at=datetime.now(UTC)))
    assert searches.written()
    assert searches.find("s2").id == "s2"
    searches.close()
    assert "2 searches were not stored" in caplog.text


def test_with_a_database_away_replaying_is_503(tmp_path: Path) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    elsewhere = f"sqlite:///{tmp_path}/missing/vivier.db"
    with running(world, release, store_searches=True, database_url=elsewhere) as service:
        search_id = ask(service, SEARCH)["search_id"]
        service.client.app.state.service.searches.written()  # type: ignore[attr-defined]
        response = service.client.get(f"/searches/{search_id}")
        assert response.status_code == 503
        assert response.headers["retry-after"]
