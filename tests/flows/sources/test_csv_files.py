"""Raw files from elsewhere, checked and taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources.csv_files import CsvFiles
from indexing.errors import RawDataError
from tests.builders import Row, contribution_row, repo_row, user_row, write_csv
from tests.flows.sources.histories import MOMENT, Collected, collect, rows

USER = ["login", "id", "name", "followers", "hireable", "created_at"]
REPO = ["full_name", "owner", "name", "description", "topics", "stargazers_count", "fork"]
CONTRIBUTION = ["login", "full_name", "role", "commits", "first_at", "last_at"]


def source(tmp_path: Path, users: list[Row], repos: list[Row], contributions: list[Row] | None = None) -> CsvFiles:
    """A source over files with names of their own."""
    folder = tmp_path / "given"
    folder.mkdir(exist_ok=True)
    return CsvFiles(
        write_csv(folder / "people.csv", users, USER),
        write_csv(folder / "projects.csv", repos, REPO),
        None if contributions is None else write_csv(folder / "who.csv", contributions, CONTRIBUTION),
        MOMENT,
    )


def taken(tmp_path: Path, *tables: list[Row]) -> Collected:
    """What a scrape makes of these rows."""
    return collect(source(tmp_path, *tables), tmp_path / "raw")


def test_what_can_be_used_is_written_as_the_contract_says(tmp_path: Path) -> None:
    found = taken(
        tmp_path,
        [
            user_row("bo-tide", hireable="yes", followers="12.0", created_at="2024-05-06 09:08:09 +02:00"),
            user_row("Ada"),
        ],
        [repo_row("reef-org/kelp", topics="tides;maps", fork="0", description="Draws tides")],
        [contribution_row("BO-TIDE", "reef-org/kelp", commits="7", last_at="2024-05-06")],
    )
    ada, bo = found.users
    assert (ada["login"], ada["followers"], ada["hireable"]) == ("Ada", "", "")
    assert (bo["followers"], bo["hireable"], bo["created_at"]) == ("12", "true", "2024-05-06T07:08:09Z")
    (kelp,) = found.repos
    assert (kelp["topics"], kelp["fork"], kelp["stargazers_count"]) == ("tides;maps", "false", "")
    assert found.contributions[0]["last_at"] == "2024-05-06T00:00:00Z"
    assert (found.ledger.people, found.ledger.population, found.ledger.left_out) == (2, 2, {})


def test_rows_that_cannot_be_used_are_set_aside_with_their_reasons_and_counted(tmp_path: Path) -> None:
    found = taken(
        tmp_path,
        [user_row("ada"), user_row("bo tide"), user_row("cy", followers="-1")],
        [repo_row("ada/kelp"), repo_row("kelp", owner="")],
        [contribution_row("ada", "ada/absent")],
    )
    aside = found.folder / "rejected"
    people = rows(aside / "github_users.rejected.csv")
    assert [row["reason"] for row in people] == ["login has characters GitHub does not allow", "followers is negative"]
    assert len(rows(aside / "github_repos.rejected.csv")) == 1
    assert len(rows(aside / "github_contributions.rejected.csv")) == 1
    assert found.ledger.left_out == {"followers is negative": 1, "login has characters GitHub does not allow": 1}
    assert "2 set aside" not in found.said[0]
    assert any("1 set aside: followers is negative" in line for line in found.said)


def test_what_an_earlier_scrape_set_aside_goes_with_it(tmp_path: Path) -> None:
    found = taken(tmp_path, [user_row("bo tide")], [repo_row("ada/kelp")])
    assert (found.folder / "rejected" / "github_users.rejected.csv").exists()
    taken(tmp_path, [user_row("ada")], [repo_row("ada/kelp")])
    assert not (found.folder / "rejected").exists()


def test_who_left_is_in_no_file_the_rejected_ones_included(tmp_path: Path) -> None:
    def is_erased(login: str | None, number: object = None, node: object = None) -> bool:
        return login == "bo-tide" or number == "4711"

    given = source(
        tmp_path,
        [
            user_row("ada"),
            user_row("bo-tide", followers="-1"),
            user_row("wren", id="4711"),
            user_row("cy", followers="x"),
        ],
        [
            repo_row("ada/kelp"),
            repo_row("wren/reef"),
            repo_row("bo-tide/sand"),
            repo_row("bo-tide/silt", fork="perhaps"),
        ],
        [
            contribution_row("wren", "ada/kelp"),
            contribution_row("ada", "wren/reef"),
            contribution_row("ada", "ada/kelp"),
        ],
    )
    found = collect(given, tmp_path / "raw", is_erased=is_erased)
    written = b"".join(path.read_bytes() for path in found.folder.rglob("*") if path.is_file())
    assert b"wren" not in written
    assert b"bo-tide" not in written
    assert b"cy,,x" in written or b"cy" in written  # who did not leave is set aside as always
    assert [row["full_name"] for row in found.repos] == ["ada/kelp"]
    assert [(row["login"], row["full_name"]) for row in found.contributions] == [("ada", "ada/kelp")]
    assert found.ledger.left_out["people who asked to be left out"] == 1


def test_columns_of_no_contract_are_left_out_and_said(tmp_path: Path) -> None:
    found = taken(tmp_path, [user_row("ada", pronouns="she", node_id="N1")], [repo_row("ada/kelp")])
    assert "pronouns" not in found.users[0]
    assert found.users[0]["node_id"] == "N1"
    assert any("1 columns are none of the contract's" in sentence for sentence in found.said)


def test_a_file_that_cannot_be_used_leaves_everything_as_it_was(tmp_path: Path) -> None:
    found = taken(tmp_path, [user_row("ada"), user_row("bo tide")], [repo_row("ada/kelp")])
    before = {path: path.read_bytes() for path in found.folder.rglob("*") if path.is_file()}
    given = source(tmp_path, [user_row("x y")], [repo_row("ada/kelp")])
    given.repos.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(RawDataError, match="has no column"):
        collect(given, found.folder)
    assert {path: path.read_bytes() for path in found.folder.rglob("*") if path.is_file()} == before
