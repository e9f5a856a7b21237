"""What every source holds to, whatever it collects from."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.raw_files import TABLES, RawFiles
from flows.sources.csv_files import CsvFiles
from flows.sources.git_history import GitHistory
from flows.sources.port import Source
from indexing.errors import RawDataError
from indexing.raw_data import read_raw
from tests.builders import (
    CONTRIBUTION_COLUMNS,
    REPO_COLUMNS,
    USER_COLUMNS,
    contribution_row,
    repo_row,
    user_row,
    write_csv,
)
from tests.flows.sources.histories import MOMENT, Written, collect, make_clone

# Everybody the sources below find; who leaves is known by login to one test and by number to another.
PEOPLE = ("ada-l", "bo-tide", "wren-v")
NUMBERS = {"ada-l": "11", "bo-tide": "12", "wren-v": "13"}


def git_source(folder: Path) -> Source:
    """Three people in two clones."""
    who = [f"{login} <{NUMBERS[login]}+{login}@users.noreply.github.com>" for login in PEOPLE]
    one = [Written(person, f"Draw the tides of basin {login}") for person, login in zip(who, PEOPLE, strict=True)]
    two = [Written(who[0], "Serve tide tables over HTTP", ["server/http.go"])]
    return GitHistory(
        [
            make_clone(folder / "one.git", one, origin="git@git.example.org:bo-tide/kelp.git"),
            make_clone(folder / "two.git", two),
        ],
        MOMENT,
    )


def csv_source(folder: Path) -> Source:
    """Three people and two repositories in files, with rows that cannot be used."""
    folder.mkdir()
    users = [user_row(login, id=NUMBERS[login], fetched_at="2026-11-25") for login in reversed(PEOPLE)]
    repos = [repo_row("bo-tide/kelp", description="Draws tides"), repo_row("reef-org/two")]
    parts = [contribution_row(login, "bo-tide/kelp", commits="3") for login in PEOPLE]
    return CsvFiles(
        write_csv(folder / "u.csv", [*users, user_row("not a login")], USER_COLUMNS),
        write_csv(folder / "r.csv", repos, REPO_COLUMNS),
        write_csv(folder / "c.csv", [*parts, contribution_row("ada-l", "reef-org/two")], CONTRIBUTION_COLUMNS),
        MOMENT,
    )


# A source that is added here is held to everything below.
SOURCES: dict[str, Callable[[Path], Source]] = {"git": git_source, "csv": csv_source}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """One source after another, all with the same three people."""
    return SOURCES[request.param](tmp_path / "source")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_has_a_name_and_its_ledger_says_so(source: Source, tmp_path: Path) -> None:
    assert source.name in SOURCES
    assert collect(source, tmp_path / "raw").ledger.source == source.name


def test_it_leaves_whole_files_and_nothing_hidden(source: Source, tmp_path: Path) -> None:
    collect(source, tmp_path / "raw")
    found = {path.name for path in (tmp_path / "raw").iterdir() if path.is_file()}
    assert found == {*TABLES, "scrape.json"}


def test_the_ledger_agrees_with_the_rows(source: Source, tmp_path: Path) -> None:
    found = collect(source, tmp_path / "raw")
    kept = json.loads((tmp_path / "raw" / "scrape.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(found.ledger.to_dict()))
    assert kept["people"] == len(found.users) == 3
    assert kept["repositories"] == len(found.repos) == 2
    assert kept["contributions"] == len(found.contributions) == 4
    assert kept["population"] == 3
    assert sum(each["collected"] for each in kept["slices"]) == 3
    assert kept["started_at"] <= kept["finished_at"]


def test_everything_it_writes_can_be_read(source: Source, tmp_path: Path) -> None:
    collect(source, tmp_path / "raw")
    files = [tmp_path / "raw" / name for name in TABLES]
    report = read_raw(files[0], files[1], files[2], rejected_folder=tmp_path / "rejected").report
    assert [one.rejected_count + one.merged for one in report.files] == [0, 0, 0]
    assert [one.masked + one.cut for one in report.files] == [0, 0, 0]
    assert not (tmp_path / "rejected").exists()


def test_rows_come_ordered(source: Source, tmp_path: Path) -> None:
    found = collect(source, tmp_path / "raw")
    assert [row["login"] for row in found.users] == sorted(PEOPLE)
    pairs = [(row["login"], row["full_name"]) for row in found.contributions]
    assert pairs == sorted(pairs)
    names = [row["full_name"] for row in found.repos]
    assert names == sorted(names)


def test_two_runs_give_the_same_bytes(source: Source, tmp_path: Path) -> None:
    collect(source, tmp_path / "one")
    collect(source, tmp_path / "two")
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert {name: content for name, content in one.items() if name != "scrape.json"} == {
        name: content for name, content in two.items() if name != "scrape.json"
    }


@pytest.mark.parametrize("kind", ["login", "number"])
def test_who_left_is_in_no_file_nor_are_their_repositories(source: Source, tmp_path: Path, kind: str) -> None:
    def is_erased(login: str | None, number: object = None, node: object = None) -> bool:
        return login == "bo-tide" if kind == "login" else number == NUMBERS["bo-tide"]

    found = collect(source, tmp_path / "raw", is_erased=is_erased)
    everything = b"".join(contents(tmp_path / "raw").values())
    assert b"bo-tide" not in everything
    assert {row["login"] for row in found.users} == {"ada-l", "wren-v"}
    assert [row["login"] for row in found.contributions] == ["ada-l"]
    assert found.ledger.people == 2
    assert found.ledger.left_out["people who asked to be left out"] == 1


def test_stopped_in_the_middle_it_leaves_the_folder_as_it_was(source: Source, tmp_path: Path) -> None:
    collect(source, tmp_path / "raw")
    before = contents(tmp_path / "raw")
    for asked in range(1, 12, 2):
        questions = itertools.count(1)

        def stop(*_: object, asked: int = asked, questions: itertools.count[int] = questions) -> bool:
            if next(questions) == asked:
                raise KeyboardInterrupt
            return False

        with pytest.raises(KeyboardInterrupt), RawFiles(tmp_path / "raw", is_erased=stop) as into:
            source.collect(into, say=lambda _: None)
        assert contents(tmp_path / "raw") == before


def test_files_that_no_scrape_wrote_are_not_replaced(source: Source, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "github_users.csv").write_text("login\nada\n", encoding="utf-8")
    with pytest.raises(RawDataError, match="was not written by a scrape"):
        collect(source, tmp_path / "raw")
    assert (tmp_path / "raw" / "github_users.csv").read_text(encoding="utf-8") == "login\nada\n"


def test_it_says_where_it_is_in_whole_sentences(source: Source, tmp_path: Path) -> None:
    said = collect(source, tmp_path / "raw").said
    assert said
    assert all(sentence.strip() and "\n" not in sentence for sentence in said)
