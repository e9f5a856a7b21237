"""The journal of scrapes in a database that is named, SQLite or PostgreSQL: resumed, shared, erased, one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.fake_github.running import running
from flows.github import erase_journals
from indexing.errors import Busy
from tests.flows.github.scraping import Scrape, tables
from tests.flows.github.test_resuming import _cut_after
from tests.postgres_server import PostgresServer

QUERY = "followers:>=0"


@pytest.mark.slow
def test_a_cut_scrape_goes_on_from_the_database_and_nobody_is_fetched_twice(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(people=60, seed=3) as url:
        whole = Scrape(tmp_path / "whole", url)
        whole.collect(QUERY)
        whole.empty_log()
        cut = Scrape(tmp_path / "cut", url, database_url=database_url)
        for _ in range(3):
            assert _cut_after(cut, 3, monkeypatch)
        # Another machine, which shares nothing but the database.
        other = Scrape(tmp_path / "other", url, database_url=database_url)
        other.collect(QUERY)
        assert whole.log()["answered_again"] == 0
        assert tables(other.raw) == tables(whole.raw)
        assert other.people() == other.matching(QUERY)
        assert not list((tmp_path / "other").glob("home/*.db"))
        other.post("/_age", days=40, per_mille=100)
        other.collect(QUERY)
        assert other.people() == other.matching(QUERY)


def test_an_erased_person_is_in_no_file_of_postgresql_either(
    tmp_path: Path, postgres: PostgresServer, postgres_url: str
) -> None:
    with running(people=60, seed=9) as url:
        scrape = Scrape(tmp_path, url, database_url=postgres_url)
        scrape.collect(QUERY)
    person = next(row for row in scrape.rows() if int(row["public_repos"] or 0) > 0)
    login, node_id = person["login"].encode(), person["node_id"].encode()
    postgres.ask("ANALYZE", postgres_url)  # what the server does by itself in its time: it samples logins
    assert login in postgres.contents()

    def is_erased(name: str | None, _: str | None = None, identifier: str | None = None) -> bool:
        return (name or "").lower() == person["login"].lower() or identifier == person["node_id"]

    assert erase_journals(scrape.settings, is_erased) == 1
    kept = postgres.contents()
    assert login not in kept
    assert node_id not in kept


def test_of_two_scrapes_on_one_postgresql_the_second_is_refused(tmp_path: Path, postgres_url: str) -> None:
    first, second = (
        Scrape(tmp_path / name, "http://127.0.0.1:9", database_url=postgres_url) for name in ("one", "two")
    )
    with first.source(QUERY), pytest.raises(Busy, match="shares this database"), second.source(QUERY):
        pass
    with second.source(QUERY):
        pass
