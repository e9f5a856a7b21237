"""Stored searches: what comes back, how long, and what an erasure leaves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from indexing.candidates import Conditions, Need, Plan
from indexing.errors import DatabaseUnavailable, InputError
from indexing.search_store import Erased, SearchStore, StoredSearch

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def make_search(name: str = "one", **changes: Any) -> StoredSearch:
    values: dict[str, Any] = {
        "id": name,
        "asked_at": NOON,
        "release_id": "v1-20260901t000000-abcd",
        "need": Need("embedded motor control", limit=3),
        "plan": Plan(preferred=("Rust",), words="embedded motor control"),
        "results": (("ada-lumen", 0.75), ("bo-quill", 0.5)),
    }
    return StoredSearch(**(values | changes))


def ADA(login: str) -> bool:  # noqa: N802
    return login.casefold() == "ada-lumen"


@pytest.fixture
def store(database_url: str) -> Iterator[SearchStore]:
    opened = SearchStore(database_url)
    yield opened
    opened.close()


def test_a_search_comes_back_as_it_was_kept(store: SearchStore) -> None:
    whole = make_search(
        need=Need(
            "du Rust à Lyon 🦀",
            limit=7,
            offset=3,
            conditions=Conditions(
                countries=("France",), min_followers=5, active_since="2025-01-01", hireable=True, exclude=("dune",)
            ),
            overrides={"preferred": ["Go"], "seniority": None, "min_followers": 3},
            mode="sparse",
            rerank=False,
            explain=False,
            relax=False,
        ),
        plan=Plan(required=("Rust",), places=("Lyon",), seniority="senior", hireable=True, like=("eve",), steps=("a",)),
    )
    store.keep([whole, make_search("two")])
    found = store.find("one", since=LONG_AGO)
    assert found == whole
    assert found is not None
    assert found.asked_at.utcoffset() == timedelta(0)
    assert store.find("three", since=LONG_AGO) is None


def test_what_was_kept_is_there_after_closing(store: SearchStore, database_url: str) -> None:
    store.keep([make_search()])
    store.close()
    again = SearchStore(database_url)
    assert again.find("one", since=LONG_AGO) == make_search()
    again.close()


def test_nothing_is_kept_twice_and_a_batch_is_kept_whole_or_not(store: SearchStore) -> None:
    store.keep([])
    store.keep([make_search()])
    with pytest.raises(DatabaseUnavailable):
        store.keep([make_search("two"), make_search("one")])
    assert store.find("two", since=LONG_AGO) is None


def test_a_search_is_found_until_it_is_too_old_and_then_deleted(store: SearchStore) -> None:
    store.keep([make_search("old", asked_at=NOON - timedelta(days=31)), make_search("new")])
    month = NOON - timedelta(days=30)
    assert store.find("old", since=month) is None
    assert store.find("new", since=month) is not None
    assert store.delete_before(month) == 1
    assert store.delete_before(month) == 0
    assert store.find("old", since=LONG_AGO) is None
    assert store.find("new", since=NOON) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"need": Need("motors", conditions=Conditions(exclude=("bo", "Ada-Lumen")))},
        {"need": Need("motors", overrides={"like": ["ada-lumen"]})},
        {"need": Need("motors", overrides={"excluded": ["@ada-lumen"]})},
        {"need": Need("somebody like @Ada-Lumen, in Rust")},
        {"need": Need("somebody like https://github.com/ada-lumen/tide-tables")},
        {"plan": Plan(like=("ada-lumen",))},
        {"plan": Plan(excluded=("@ada-lumen",))},
        {"plan": Plan(steps=("leave out @ada-lumen",))},
    ],
    ids=str,
)
def test_a_search_that_names_an_erased_person_is_deleted(store: SearchStore, changes: dict[str, Any]) -> None:
    store.keep([make_search(results=(), **changes), make_search("other", results=())])
    assert store.erase_people(ADA) == Erased(deleted=1, trimmed=0)
    assert store.find("one", since=LONG_AGO) is None
    assert store.find("other", since=LONG_AGO) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"need": Need("somebody like @ada-lumen-two or @ada")},
        {"need": Need("ada lumen writes Ada", conditions=Conditions(languages=("ada-lumen",)))},
        {"plan": Plan(required=("ada-lumen",), ignored=("ada-lumens",))},
    ],
    ids=str,
)
def test_a_search_that_names_somebody_else_stays(store: SearchStore, changes: dict[str, Any]) -> None:
    store.keep([make_search(results=(), **changes)])
    assert store.erase_people(ADA) == Erased(0, 0)
    assert store.find("one", since=LONG_AGO) is not None


def test_a_search_that_showed_an_erased_person_keeps_the_others_and_how_many_went(
    store: SearchStore, database_url: str
) -> None:
    store.keep([make_search(results=(("Ada-Lumen", 0.75), ("bo-quill", 0.5))), make_search("two", results=())])
    assert store.erase_people(ADA) == Erased(deleted=0, trimmed=1)
    found = store.find("one", since=LONG_AGO)
    assert found is not None
    assert (found.results, found.erased) == ((("bo-quill", 0.5),), 1)
    assert store.erase_people(ADA) == Erased(0, 0)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert "lumen" not in str(connection.execute(text("SELECT * FROM stored_searches")).all()).casefold()
    engine.dispose()


def test_a_locked_database_is_unavailable_and_the_error_carries_no_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexing.databases.LOCK_SECONDS", 0.05)
    impatient = SearchStore(f"sqlite:///{tmp_path}/vivier.db")
    impatient.keep([make_search()])
    holder = sqlite3.connect(tmp_path / "vivier.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(DatabaseUnavailable) as caught:
            impatient.keep([make_search("xylophone", need=Need("xylophone"))])
    finally:
        holder.close()
    assert "xylophone" not in str(caught.value) + str(caught.value.__cause__)
    impatient.keep([make_search("two")])
    impatient.close()


def test_a_database_that_is_not_there_is_unavailable_until_it_is(tmp_path: Path) -> None:
    store = SearchStore(f"sqlite:///{tmp_path}/later/vivier.db")
    for attempt in (lambda: store.keep([make_search()]), lambda: store.find("one", since=LONG_AGO)):
        with pytest.raises(DatabaseUnavailable):
            attempt()
    (tmp_path / "later").mkdir()
    store.keep([make_search()])
    assert store.find("one", since=LONG_AGO) == make_search()
    store.close()


@pytest.mark.parametrize("address", ["", "nonsense", "nosuch://x", "sqlite+nosuch:///x.db"])
def test_an_address_that_cannot_be_used_is_refused_without_saying_it(address: str) -> None:
    with pytest.raises(InputError, match="VIVIER_DATABASE_URL"):
        SearchStore(address)


def test_the_password_of_an_address_is_in_no_error() -> None:
    with pytest.raises(InputError) as caught:
        SearchStore("nosuch://vivier:open-sesame@localhost/x")
    assert "open-sesame" not in str(caught.value)


def test_a_stored_search_shows_no_need_when_it_is_printed() -> None:
    assert "motor" not in repr(make_search())


def test_a_row_of_another_version_of_the_program_can_be_read(store: SearchStore, database_url: str) -> None:
    store.keep([make_search()])
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE stored_searches SET need = :need, plan = :plan"),
            {"need": '{"query": "motors", "colour": "red", "conditions": {"smell": 1}}', "plan": '{"mood": 1}'},
        )
    engine.dispose()
    assert store.find("one", since=LONG_AGO) == replace(make_search(), need=Need("motors"), plan=Plan())


def test_many_processes_may_open_a_new_database_at_once(database_url: str) -> None:
    stores = [SearchStore(database_url) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda pair: pair[1].keep([make_search(str(pair[0]))]), enumerate(stores)))
    assert all(stores[0].find(str(number), since=LONG_AGO) for number in range(8))
    for store in stores:
        store.close()


def test_the_file_is_nobody_elses(tmp_path: Path) -> None:
    with closing(SearchStore(f"sqlite:///{tmp_path}/vivier.db")) as store:
        store.keep([make_search()])
        store.find("one", since=LONG_AGO)
    modes = {file.name: file.stat().st_mode & 0o077 for file in tmp_path.glob("vivier.db*")}
    assert "vivier.db" in modes
    assert set(modes.values()) == {0}
