"""What only PostgreSQL can do to the project's own database: restart, hang, refuse, be restored, keep deleted rows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from indexing.candidates import Need, Plan
from indexing.databases import open_engine
from indexing.errors import DatabaseUnavailable, InputError
from indexing.people_store import PeopleStore
from indexing.search_store import SearchStore, StoredSearch
from tests.postgres_server import PostgresServer, postgres_binaries
from tests.processes import ROOT, free_port

KEY = b"k" * 32
NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture
def people(postgres_url: str) -> Iterator[PeopleStore]:
    with closing(PeopleStore(postgres_url, KEY)) as store:
        yield store


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that nobody else uses, to be stopped and frozen."""
    if postgres_binaries() is None:
        pytest.skip("no PostgreSQL binaries on this machine (`apt install postgresql` brings them)")
    with PostgresServer() as server:
        yield server


def test_another_process_hides_and_this_one_knows(people: PeopleStore, postgres_url: str) -> None:
    assert not people.covers("ada-lumen")
    code = (
        "import sys; from indexing.people_store import PeopleStore; "
        f"PeopleStore(sys.argv[1], {KEY!r}).hide('ada-lumen'); print('hidden', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, postgres_url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "hidden\n"
        assert people.covers("ada-lumen")


def test_whoever_is_hidden_is_out_of_the_very_next_answer(people: PeopleStore, postgres_url: str) -> None:
    """Whatever the moment at which others looked last."""
    with closing(PeopleStore(postgres_url, KEY)) as other:
        for number in range(10):
            time.sleep(0.003 * number)
            assert not people.covers(f"person-{number}")
            other.hide(f"person-{number}")
            assert people.covers(f"person-{number}")


def test_unchanged_tombstones_are_not_read_again(people: PeopleStore, postgres: PostgresServer) -> None:
    people.hide("ada-lumen")
    known = people.marks()
    time.sleep(0.03)  # longer than an answer is trusted
    assert people.marks() is known
    people.hide("ada-lumen")
    assert people.marks() is known, "nobody else has left"


def test_a_restored_backup_is_read_anew(people: PeopleStore, postgres: PostgresServer, postgres_url: str) -> None:
    """Later changes are other ones than those before the restoration, however many they were."""
    people.hide("ada-lumen")
    for table in ("tombstones", "tombstone_changes"):
        postgres.ask(f"CREATE TABLE {table}_backup AS TABLE {table}", postgres_url)
    people.hide("bo-quill")
    assert people.covers("bo-quill")
    for table in ("tombstones", "tombstone_changes"):
        postgres.ask(f"TRUNCATE {table}; INSERT INTO {table} TABLE {table}_backup", postgres_url)
    with closing(PeopleStore(postgres_url, KEY)) as other:
        other.hide("cy-tern")
    assert people.covers("cy-tern")
    assert people.covers("ada-lumen")
    assert not people.covers("bo-quill")


def test_a_user_who_may_only_use_the_tables_is_enough(
    people: PeopleStore, postgres: PostgresServer, postgres_url: str
) -> None:
    people.hide("ada-lumen")
    role = f"limited_{postgres_url[-6:]}"
    postgres.ask(f"CREATE ROLE {role} LOGIN PASSWORD 'x'", postgres_url)
    limited = f"postgresql://{role}:x@127.0.0.1:{postgres.port}/{postgres_url.rpartition('/')[2]}"
    with closing(PeopleStore(limited, KEY)) as store:
        with pytest.raises(DatabaseUnavailable, match="no right"):
            store.hide("bo-quill")
        postgres.ask(f"GRANT SELECT, INSERT, UPDATE ON tombstones, tombstone_changes TO {role}", postgres_url)
        store.hide("bo-quill")
    assert people.covers("bo-quill")
    postgres.ask(f"DROP OWNED BY {role}; DROP ROLE {role}", postgres_url)


def test_a_server_that_was_started_anew_is_used_at_once(own_server: PostgresServer) -> None:
    with (
        own_server.database() as url,
        closing(PeopleStore(url, KEY)) as people,
        closing(SearchStore(url)) as searches,
        closing(PeopleStore(url, KEY)) as other,
    ):
        people.hide("ada-lumen")
        searches.keep([_search("one")])
        for stop in (own_server.stop, own_server.kill):
            stop()
            own_server.start()
            time.sleep(0.03)
            assert people.covers("ada-lumen")
            assert searches.find("one", since=NOON) is not None
            other.hide(stop.__name__)
            assert people.covers(stop.__name__)


def test_while_the_server_is_away_what_was_read_last_applies(own_server: PostgresServer) -> None:
    with (
        own_server.database() as url,
        closing(PeopleStore(url, KEY)) as people,
        closing(PeopleStore(url, KEY)) as new,
        closing(SearchStore(url)) as searches,
    ):
        people.hide("ada-lumen")
        assert people.covers("ada-lumen")
        own_server.stop()
        try:
            time.sleep(0.03)
            started = time.monotonic()
            assert people.covers("ada-lumen")
            assert not people.covers("bo-quill")
            assert time.monotonic() - started < 1
            with pytest.raises(DatabaseUnavailable, match=r"connection refused.*nobody may be shown"):
                new.covers("bo-quill")
            for ask in (lambda: people.hide("bo-quill"), lambda: searches.keep([_search("one")]), people.pending):
                with pytest.raises(DatabaseUnavailable, match="does not answer"):
                    ask()
        finally:
            own_server.start()
        assert not new.covers("bo-quill")
        searches.keep([_search("one")])


def test_a_server_that_hangs_holds_one_answer_and_not_the_next(
    own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexing.people_store.PATIENCE_SECONDS", 0.8)
    with own_server.database() as url, closing(PeopleStore(url, KEY)) as people:
        people.hide("ada-lumen")
        assert people.covers("ada-lumen")
        own_server.freeze()
        try:
            time.sleep(0.03)
            started = time.monotonic()
            assert people.covers("ada-lumen")
            assert time.monotonic() - started < 2.5  # .8, and a busy machine
            started = time.monotonic()
            assert people.covers("ada-lumen")
            assert time.monotonic() - started < 0.1
            with pytest.raises(DatabaseUnavailable, match="no word in time"):
                people.hide("bo-quill")
        finally:
            own_server.thaw()
        people.hide("cy-tern")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password": "open-sesame"}, "refused its user or password"),
        ({"database": "nosuch"}, "has no such database; make it with `createdb`"),
        ({"port": -1}, "does not answer .connection refused."),
    ],
    ids=str,
)
def test_each_way_of_not_getting_in_has_its_sentence(
    postgres: PostgresServer, wrong: dict[str, object], sentence: str
) -> None:
    given = wrong | ({"port": free_port()} if "port" in wrong else {})
    url = postgres.url(**given)  # type: ignore[arg-type]
    with closing(SearchStore(url)) as store, pytest.raises(DatabaseUnavailable, match=sentence) as caught:
        store.delete_before(NOON)
    for secret in ("open-sesame", postgres.password, "vivier:"):
        assert secret not in f"{caught.value} {caught.value.__cause__}"
    assert str(caught.value).startswith("The PostgreSQL server that VIVIER_DATABASE_URL names ")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("postgres://u:open-sesame@h/x", "write postgresql://user"),
        ("postgresql+psycopg2://u:open-sesame@h/x", r"another kind of database or driver.*write postgresql://"),
        ("mysql://u:open-sesame@h/x", "another kind of database"),
        ("postgresql://u:open-sesame@h:port/x", "it is no address"),
        ("postgresql://u:open@sesame@h/x", "write an @ in its password as %40"),
    ],
)
def test_an_address_that_cannot_be_one_is_told_apart_and_not_quoted(address: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        open_engine(address)
    assert "sesame" not in f"{caught.value} {caught.value.__cause__}"


def test_without_the_driver_the_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match="driver is not installed"):
        open_engine("postgresql://u:open-sesame@h/x")


def test_erased_words_are_in_no_file_of_the_tables(postgres: PostgresServer, postgres_url: str) -> None:
    """Deleted rows lie in their table until it is written anew; statistics sample what the rows said."""
    with closing(SearchStore(postgres_url)) as store:
        long = "xylophone " * 2_000  # PostgreSQL keeps long values in a table beside
        store.keep([_search(str(number), query=f"like @ada-lumen {number}") for number in range(200)])
        store.keep([_search("long", query=f"like @ada-lumen {long}"), _search("other", query="marimba")])
        postgres.ask("ANALYZE", postgres_url)
        assert store.erase_people(lambda login: login == "ada-lumen").deleted == 201
        assert b"ada-lumen" in postgres.contents(), "deleted, and still there"
        store.leave_no_trace()
        kept = postgres.contents()
    assert b"ada-lumen" not in kept
    assert b"xylophone" not in kept
    assert b"marimba" in kept


def test_a_user_who_may_not_vacuum_is_told_that_deleted_rows_stay(postgres: PostgresServer, postgres_url: str) -> None:
    role = f"deleter_{postgres_url[-6:]}"
    with closing(SearchStore(postgres_url)) as owner:
        owner.keep([_search("one")])
    postgres.ask(f"CREATE ROLE {role} LOGIN PASSWORD 'x'", postgres_url)
    postgres.ask(f"GRANT ALL ON stored_searches TO {role}", postgres_url)
    limited = f"postgresql://{role}:x@127.0.0.1:{postgres.port}/{postgres_url.rpartition('/')[2]}"
    with closing(SearchStore(limited)) as store:
        store.erase_people(lambda _: True)
        with pytest.raises(DatabaseUnavailable, match="must own the database"):
            store.leave_no_trace()
    postgres.ask(f"DROP OWNED BY {role}; DROP ROLE {role}", postgres_url)


def _search(name: str, query: str = "motors") -> StoredSearch:
    return StoredSearch(name, NOON, "v1-20260901t000000-abcd", Need(query), Plan(words=query), (("bo-quill", 0.5),))
