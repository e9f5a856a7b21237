"""Whoever leaves is taken out of the journal, down to the last byte, and does not come back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from flows.fake_github.running import running
from flows.github import erase_journals, known_ids
from flows.github.erasure import complete_marks
from flows.github.journal import all_journals, journal_url
from indexing.people_store import PeopleStore
from tests.flows.github.scraping import Scrape

QUERY = "followers:>=0"


def test_every_id_of_who_left_is_marked_so_that_nothing_of_theirs_comes_back_after_a_rename(tmp_path: Path) -> None:
    """HTTP knows the number; what others did in their repositories comes with the node id, and a new login."""
    with running(people=60, seed=9) as url:
        scrape = Scrape(tmp_path, url)
        scrape.collect(QUERY)
        owner = next(
            row["full_name"].split("/")[0]
            for row in scrape.rows("contributions")
            if row["role"] == "contributor" and row["full_name"].split("/")[0] in scrape.people().values()
        )
        person = next(row for row in scrape.rows() if row["login"] == owner)
        with closing(PeopleStore(scrape.settings.database, bytes(32))) as people:
            people.hide(owner, person["id"])
            assert not people.covers(None, person["node_id"])
            complete_marks(scrape.settings, people)
            assert people.covers(None, person["node_id"])
            assert people.pending().requests == 1
            erase_journals(scrape.settings, people.covers)
            scrape.post("/_change", rename={owner: "another-name"})
            scrape.collect(QUERY, is_erased=people.covers)
        assert b"another-name" not in b"".join(path.read_bytes() for path in scrape.raw.iterdir())


def test_an_erased_person_is_in_no_byte_of_the_journal_and_is_not_fetched_again(tmp_path: Path) -> None:
    with running(people=150, seed=9) as url:
        scrape = Scrape(tmp_path, url)
        scrape.collect(QUERY, repositories=[])
        works = scrape.rows("contributions")
        # Somebody whose repositories others contributed to.
        owner = next(
            row["full_name"].split("/")[0]
            for row in works
            if row["role"] == "contributor" and row["full_name"].split("/")[0] in scrape.people().values()
        )
        person = next(row for row in scrape.rows() if row["login"] == owner)
        mine = [row["name"] for row in scrape.rows("repos") if row["owner"] == owner]
        scrape.collect(QUERY, repositories=[f"{owner}/{mine[0]}"], logins=[owner])

        def is_erased(login: str | None, number: str | None = None, node_id: str | None = None) -> bool:
            return (login or "").lower() == owner.lower() or node_id == person["node_id"] or number == person["id"]

        assert set(known_ids(scrape.settings, owner.upper())) == {person["id"], person["node_id"]}
        assert erase_journals(scrape.settings, is_erased) == 1
        kept = b"".join(path.read_bytes() for path in scrape.home.iterdir())
        assert person["node_id"].encode() not in kept
        assert owner.lower().encode() not in kept.lower()
        scrape.empty_log()
        scrape.collect(QUERY, is_erased=is_erased)
        assert person["node_id"] not in scrape.people()
        assert set(scrape.people()) == set(scrape.matching(QUERY)) - {person["node_id"]}
        kept = b"".join(path.read_bytes() for path in (*scrape.home.iterdir(), *scrape.raw.iterdir()))
        assert owner.lower().encode() not in kept.lower()


def test_without_a_journal_there_is_nothing_to_erase(tmp_path: Path) -> None:
    scrape = Scrape(tmp_path, "http://127.0.0.1:9")
    assert erase_journals(scrape.settings, lambda *_: True) == 0
    assert not scrape.home.exists()


def test_each_github_has_a_journal_of_its_own_and_all_are_erased(tmp_path: Path) -> None:
    """Two GitHubs may give the same id to two people."""
    hosts = ("api.github.com", "git.example.org", "127.0.0.1")
    urls = [journal_url("", tmp_path, host) for host in hosts]
    assert len(set(urls)) == 3
    for url in urls:
        Path(url.removeprefix("sqlite:///")).touch()
    assert sorted(all_journals("", tmp_path)) == sorted(urls)
    assert all_journals("postgresql://db/vivier", tmp_path) == ["postgresql://db/vivier"]
