from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.assembly import people_store, tombstones_of
from indexing.errors import DatabaseUnavailable, InputError
from indexing.people_store import KEY_FILE, PeopleStore, tombstone_key
from indexing.settings import HomeSettings
from indexing.tombstones import id_mark, login_mark

KEY = b"k" * 32


@pytest.fixture
def store(database_url: str) -> Iterator[PeopleStore]:
    with closing(PeopleStore(database_url, KEY)) as opened:
        yield opened


def test_nobody_is_covered_before_somebody_leaves(store: PeopleStore) -> None:
    assert store.marks() == frozenset()
    assert not store.covers("ada-lumen", "U_1", 7)
    assert store.pending().requests == 0


def test_a_person_is_covered_by_login_in_any_case_and_by_every_id(store: PeopleStore) -> None:
    store.hide("Ada-Lumen", 4711, "U_kgDOAA")
    assert store.covers("ADA-LUMEN")
    assert store.covers("somebody-renamed", 4711)
    assert store.covers(None, "U_kgDOAA")
    assert store.covers(None, "4711")
    assert not store.covers("ada-lumen-two", 4712, None, "")


def test_a_login_is_not_taken_for_an_id(store: PeopleStore) -> None:
    store.hide("4711")
    assert not store.covers("ada", 4711)


@given(login=st.text(min_size=1, max_size=20), number=st.integers(0, 10**12))
def test_marks_of_logins_and_ids_never_meet_and_depend_on_the_key(login: str, number: int) -> None:
    assert login_mark(KEY, login) != id_mark(KEY, login)
    assert id_mark(KEY, str(number)) != id_mark(b"other" * 8, str(number))


def test_another_process_is_believed_at_once(store: PeopleStore, database_url: str) -> None:
    assert not store.covers("ada-lumen")
    with closing(PeopleStore(database_url, KEY)) as other:
        before = store.marks()
        other.hide("ada-lumen")
        assert store.covers("ada-lumen")
        assert store.marks() is not before
        assert store.marks() is store.marks()


def test_the_database_names_nobody(tmp_path: Path) -> None:
    with closing(PeopleStore(f"sqlite:///{tmp_path}/vivier.db", KEY)) as store:
        store.hide("ada-lumen", 4711)
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ada-lumen" not in content
    assert b"4711" not in content


def test_a_request_that_names_nobody_is_refused(store: PeopleStore) -> None:
    with pytest.raises(InputError, match="login"):
        store.hide(" ".strip())
    assert store.pending().requests == 0


def test_requests_at_one_moment_all_count(store: PeopleStore, database_url: str) -> None:
    """The same person asks twice, others ask too, each through another process's store, ids in any order."""
    asked = [("ada", 1, 2), ("ada", 2, 1), ("bo", 2, 3), ("cy", 3, 1)] * 3
    with ExitStack() as opened, ThreadPoolExecutor(len(asked)) as threads:
        stores = [opened.enter_context(closing(PeopleStore(database_url, KEY))) for _ in asked]
        moments = list(threads.map(lambda pair: pair[0].hide(*pair[1]), zip(stores, asked, strict=True)))
    assert all(store.covers(None, number) for number in (1, 2, 3))
    assert store.hide("ada") == store.hide("ada")
    assert len(moments) == len(asked)


def test_asking_twice_keeps_the_first_moment_and_erases_again(store: PeopleStore) -> None:
    first = store.hide("ada-lumen", 4711)
    store.note_erased(hidden_before=datetime.now(UTC))
    assert store.erased_at("ada-lumen") is not None
    assert store.hide("ada-lumen", 4711) == first
    assert store.erased_at("ada-lumen") is None
    assert store.pending().requests == 1


def test_only_those_hidden_before_a_sweep_began_are_noted_as_erased(store: PeopleStore) -> None:
    store.hide("ada-lumen")
    began = datetime.now(UTC)
    store.hide("bo-quill")
    assert store.pending().requests == 2
    assert store.note_erased(hidden_before=began) == 1
    assert store.erased_at("ada-lumen") is not None
    assert store.erased_at("bo-quill") is None
    waiting = store.pending()
    assert waiting.requests == 1
    assert waiting.oldest is not None
    assert timedelta() <= waiting.oldest - began < timedelta(minutes=1)


def test_a_database_that_goes_away_leaves_what_was_read_and_hides_nobody_before(tmp_path: Path) -> None:
    path = tmp_path / "vivier.db"
    with closing(PeopleStore(f"sqlite:///{path}", KEY)) as store:
        store.hide("ada-lumen")
        assert store.covers("ada-lumen")
        damage(path)
        assert store.covers("ada-lumen")
    nowhere = f"sqlite:///{tmp_path}/no/such/folder/vivier.db"
    with closing(PeopleStore(nowhere, KEY)) as store, pytest.raises(DatabaseUnavailable, match="nobody may be shown"):
        store.covers("ada-lumen")


def damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE tombstones")


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    key = tombstone_key(tmp_path, "")
    assert tombstone_key(tmp_path, "") == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
    assert tombstone_key(tmp_path, "s" * 32) == b"s" * 32
    with pytest.raises(InputError, match="VIVIER_TOMBSTONE_KEY"):
        tombstone_key(tmp_path, "short")


def test_an_installation_without_tombstones_opens_no_database(tmp_path: Path) -> None:
    settings = HomeSettings(_env_file=None, home=tmp_path / "var")
    tombstones = tombstones_of(settings)
    assert not tombstones.covers("ada-lumen")
    assert not (tmp_path / "var").exists()
    with closing(people_store(settings)) as store:
        store.hide("ada-lumen")
    assert tombstones.covers("ada-lumen")


def test_a_backups_tombstones_are_added_and_none_is_taken_away(store: PeopleStore) -> None:
    """Erased before the backup: not in it. Hidden or erased since: in what it brings back, and to be erased again."""
    store.hide("erased-before")
    store.note_erased(hidden_before=datetime.now(UTC))
    store.hide("waiting-then")
    saved = store.tombstones()
    store.hide("left-since")
    store.note_erased(hidden_before=datetime.now(UTC))
    assert store.add_back(saved) == 3
    assert all(map(store.covers, ("erased-before", "waiting-then", "left-since")))
    assert store.pending().requests == 2
    assert store.erased_at("erased-before") is not None
    assert store.add_back(saved) == 3, "twice is as once"


def test_a_backups_tombstones_fill_an_empty_database(store: PeopleStore, tmp_path: Path) -> None:
    store.hide("ada-lumen", 7)
    with closing(PeopleStore(f"sqlite:///{tmp_path}/empty.db", KEY)) as empty:
        assert empty.add_back(store.tombstones()) == 2
        assert empty.covers("Ada-Lumen")
        assert empty.tombstones() == store.tombstones()
