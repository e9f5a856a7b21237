"""Whole scrapes of a fake GitHub: exactly those who match, whatever it does; nobody twice, nobody lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.fake_github.running import running
from flows.github import Selection
from indexing.errors import InputError
from tests.flows.github.scraping import QUICK, Scrape, tables

EVERYBODY = "followers:>=0"


@pytest.fixture(scope="module")
def quiet() -> Iterator[str]:
    """A fake GitHub that behaves, apart from its cap."""
    with running(people=120, seed=5, faults="none") as url:
        yield url


@pytest.fixture
def scrape(quiet: str, tmp_path: Path) -> Scrape:
    return Scrape(tmp_path, quiet)


def some(scrape: Scrape, kind: str = "people", *, query: str = EVERYBODY, count: int = 3) -> list[dict[str, str]]:
    chosen: list[dict[str, str]] = scrape.truth(query)[kind][:count]
    return chosen


def test_everybody_who_matches_is_collected_and_organisations_are_counted(scrape: Scrape) -> None:
    ledger = scrape.collect(EVERYBODY)
    assert scrape.people() == scrape.matching(EVERYBODY)
    organisations = len(scrape.truth(EVERYBODY)["organizations"])
    assert organisations
    assert ledger.left_out == {"organisations": organisations}
    assert ledger.people == ledger.population == sum(part.collected for part in ledger.slices)
    written = json.loads((scrape.raw / "scrape.json").read_text(encoding="utf-8"))
    assert written["people"] == ledger.people
    assert written["slices"][0]["of"] == ledger.slices[0].of


def test_rows_say_what_the_contract_wants(scrape: Scrape) -> None:
    scrape.collect(EVERYBODY)
    users, repositories, works = (scrape.rows(table) for table in ("users", "repos", "contributions"))
    assert [row["login"].casefold() for row in users] == sorted(row["login"].casefold() for row in users)
    assert all(row["type"] == "User" and row["id"] and row["created_at"] and row["fetched_at"] for row in users)
    assert {row["hireable"] for row in users} <= {"true", "false"}
    assert len({row["full_name"] for row in repositories}) == len(repositories)
    owned = {row["full_name"]: row["owner"] for row in repositories}
    for work in works:
        assert (work["role"] == "owner") == (owned[work["full_name"]] == work["login"])
    assert any(row["topics"] for row in repositories)
    assert any(row["commits"] for row in works)
    assert any(not row["commits"] for row in works), "what no window shows is unknown, not 0"
    text = "".join(path.read_text(encoding="utf-8") for path in scrape.raw.iterdir())
    assert "@" not in text.replace("@acme", "") or not _addresses(text)


def _addresses(text: str) -> list[str]:
    return [word for word in text.split() if "@" in word[1:] and "." in word.split("@")[-1]]


def test_every_public_repository_of_a_person_is_there(scrape: Scrape) -> None:
    scrape.collect(EVERYBODY)
    owned: dict[str, int] = {}
    for row in scrape.rows("repos"):
        owned[row["owner"]] = owned.get(row["owner"], 0) + 1
    for row in scrape.rows():
        # Beyond the cap only those that others contributed to.
        most = scrape.settings.github_repositories
        assert min(int(row["public_repos"]), most) <= owned.get(row["login"], 0) <= int(row["public_repos"])


def test_a_cap_on_repositories_keeps_those_with_the_most_stars(quiet: str, tmp_path: Path) -> None:
    all_of_them, few = Scrape(tmp_path / "all", quiet), Scrape(tmp_path / "few", quiet, github_repositories=3)
    query = "followers:>50"
    all_of_them.collect(query)
    few.collect(query)
    stars: dict[str, list[int]] = {}
    for row in all_of_them.rows("repos"):
        stars.setdefault(row["owner"], []).append(int(row["stargazers_count"]))
    kept: dict[str, list[int]] = {}
    works = {(row["login"], row["full_name"]) for row in few.rows("contributions") if row["role"] == "owner"}
    for row in few.rows("repos"):
        if (row["owner"], row["full_name"]) in works:
            kept.setdefault(row["owner"], []).append(int(row["stargazers_count"]))
    logins = [row["login"] for row in few.rows() if row["login"] in kept]
    assert logins
    for login in logins:
        best = sorted(stars[login], reverse=True)[:3]
        assert sorted(kept[login], reverse=True)[: len(best)] == best


def test_the_plan_counts_without_collecting(scrape: Scrape) -> None:
    with scrape.source(EVERYBODY, "language:rust") as source:
        plan = source.plan(say=scrape.said.append)
    assert [part.people for part in plan.slices] == [
        len(truth["people"]) + len(truth["organizations"])
        for truth in (scrape.truth(part.name) for part in plan.slices)
    ]
    assert plan.points > 0
    assert plan.hours > 0
    assert not scrape.raw.exists()


def test_a_plan_is_used_by_the_run_that_follows(scrape: Scrape) -> None:
    with scrape.source(EVERYBODY) as source:
        source.plan(say=scrape.said.append)
    scrape.empty_log()
    scrape.collect(EVERYBODY)
    assert scrape.log()["by_kind"].get("graphql:search.count", 0) <= 4, "only pages are counted, not slices again"


def test_a_person_found_by_several_parts_of_a_selection_is_one_person(scrape: Scrape) -> None:
    query = "followers:>3"
    logins = [person["login"] for person in some(scrape, query=query)]
    ledger = scrape.collect(query, "followers:>2", logins=[*logins, "Nobody-Has-This"])
    assert scrape.people() == scrape.matching("followers:>2")
    assert ledger.left_out["nobody has the name"] == 1
    assert any("nobody-has-this" in sentence for sentence in scrape.said)
    by_name = next(part for part in ledger.slices if part.name == "accounts by name")
    assert by_name.collected == 3
    assert "Nobody" not in json.dumps(ledger.to_dict()), "a ledger names no one"


def test_members_of_an_organisation_are_collected(scrape: Scrape) -> None:
    organisation = some(scrape, "organizations", count=1)[0]["login"]
    ledger = scrape.collect(organisations=[organisation])
    part = ledger.slices[0]
    assert part.name == f"members of {organisation.lower()}"
    assert part.collected == part.of == ledger.people > 0


def test_contributors_of_a_repository_are_collected(scrape: Scrape) -> None:
    scrape.collect("followers:>20")
    work = next(row for row in scrape.rows("contributions") if row["role"] == "contributor")
    ledger = scrape.collect(repositories=[work["full_name"]])
    assert work["login"] in scrape.people().values()
    assert ledger.slices[0].collected == ledger.people > 0


def test_what_does_not_exist_is_said_and_the_rest_goes_on(scrape: Scrape) -> None:
    ledger = scrape.collect("followers:>100", organisations=["no-such-org"], repositories=["no-such/thing"])
    assert scrape.people() == scrape.matching("followers:>100")
    assert ledger.left_out["nobody has the name"] == 2
    assert sum("There is no" in sentence for sentence in scrape.said) == 2


def test_a_limit_stops_at_so_many_people(scrape: Scrape) -> None:
    ledger = scrape.collect(EVERYBODY, limit=7)
    assert ledger.people == 7
    assert set(scrape.people()) <= set(scrape.matching(EVERYBODY))


def test_nothing_to_collect_writes_empty_tables(scrape: Scrape) -> None:
    ledger = scrape.collect("location:atlantis-under-the-sea")
    assert ledger.people == ledger.population == 0
    assert scrape.rows() == []


def test_a_selection_says_who_or_is_refused() -> None:
    with pytest.raises(InputError, match="--query, --org"):
        Selection.of()
    with pytest.raises(InputError, match="--contributors"):
        Selection.of(repositories=["not a repository"])


def test_who_asked_to_be_left_out_is_neither_fetched_nor_written(scrape: Scrape) -> None:
    gone = {person["id"] for person in some(scrape, query="followers:>3")}
    names = {person["login"].lower() for person in some(scrape, query="followers:>3")}

    def is_erased(login: str | None, number: str | None = None, node_id: str | None = None) -> bool:
        return node_id in gone or (login or "").lower() in names

    ledger = scrape.collect("followers:>3", is_erased=is_erased)
    assert set(scrape.people()) == set(scrape.matching("followers:>3")) - gone
    assert ledger.left_out["asked to be left out"] == len(gone)
    kept = b"".join(path.read_bytes() for path in scrape.home.glob("scrape*.db*"))
    for name in (*gone, *(person["login"] for person in some(scrape, query="followers:>3"))):
        assert name.encode() not in kept


def test_the_journal_holds_no_address(scrape: Scrape) -> None:
    scrape.collect(EVERYBODY)
    with sqlite3.connect(scrape.home / "scrape-local.db") as database:
        for (row,) in database.execute("SELECT row FROM scrape_people UNION ALL SELECT row FROM scrape_repositories"):
            assert not _addresses(row.decode())
    database.close()


@pytest.mark.slow
def test_accounts_that_are_too_much_for_github_are_kept_with_what_it_tells(tmp_path: Path) -> None:
    with running(people=800, seed=2, faults="heavy") as url:
        scrape = Scrape(tmp_path, url, github_wait_seconds=0.05)
        scrape.collect("repos:>60")
        assert scrape.people() == scrape.matching("repos:>60")
        assert scrape.log()["faults"]["heavy"]
        assert any("GitHub refused to tell everything" in sentence for sentence in scrape.said)
        assert all(row["public_repos"] for row in scrape.rows()), "a profile is told even so"


def test_holes_in_answers_lose_no_repository_and_no_commit(tmp_path: Path) -> None:
    found = []
    for faults in ("none", "errors-in-200,bad-gateway,cut"):
        with running(people=120, seed=13, faults=faults, fault_rate=6.0) as url:
            scrape = Scrape(tmp_path / faults, url, github_wait_seconds=0.05)
            scrape.collect(EVERYBODY)
            found.append(tables(scrape.raw))
            assert faults == "none" or scrape.log()["faults"]["errors-in-200"] > 5
    assert found[0] == found[1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_with_all_misbehaviours_on_exactly_those_who_match_are_collected(seed: int, tmp_path: Path) -> None:
    _collects_exactly(seed, tmp_path, people=120)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_with_all_misbehaviours_on_for_many_seeds(seed: int, tmp_path: Path) -> None:
    # Every fourth has more people than a search shows.
    _collects_exactly(seed, tmp_path, people=400 if seed % 4 else 1_300, fault_rate=1.5)


def _collects_exactly(seed: int, folder: Path, **options: float) -> None:
    with running(seed=seed, faults="all", **{**QUICK, **options}) as url:  # type: ignore[arg-type]
        scrape = Scrape(folder, url)
        ledger = scrape.collect(EVERYBODY)
        people = scrape.people()
        assert all(part.collected == part.of for part in ledger.slices)
        truth = scrape.truth(EVERYBODY)
        there = {person["id"] for person in truth["people"]}
        # Who leaves after the last question about them was asked cannot be known.
        left = {person["id"] for person in (*truth["deleted"], *truth["suspended"])}
        assert there <= set(people)
        assert set(people) - there <= left
        assert len(set(people) - there) <= 2
        names = tables(scrape.raw)
        assert len(names["users"]) == len(people)
        assert {row["login"] for row in names["contributions"]} <= set(people.values())
