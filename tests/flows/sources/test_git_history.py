"""A scrape of clones from end to end: what the rest of the project makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.sources.git_history import GitHistory
from indexing.enrich import enrich
from indexing.evidence import evidence_of_work
from indexing.passages import work_text
from indexing.profiles import Profile
from indexing.raw_data import read_raw
from tests.flows.sources.histories import MOMENT, WHEN, Written, collect, git, make_clone

ADA = "Ada Lumen <4711+ada-l@users.noreply.github.com>"
BO = "Bo Tide <bo@tides.example.org>"
REMOTE = "git@github.com:reef-org/kelp.git"
HISTORY = [
    *(Written(ADA, f"Interpolate soundings of basin {word}", [f"charts/{word}.rs"]) for word in "abcde"),
    Written(ADA, "feat(charts): draw isobaths with Kubernetes", ["charts/isobaths.rs"]),
    Written(BO, "Predict neap tides from harmonics", ["tides/model.py"]),
    Written("Cy Quay <cy@quay.example.org>", touches=["README.md"], content=b"Kelp maps the sea floor. It is young."),
]


def profiles_of(folder: Path) -> dict[str, Profile]:
    """Who the written files make, by login."""
    raw = read_raw(
        folder / "github_users.csv",
        folder / "github_repos.csv",
        folder / "github_contributions.csv",
        rejected_folder=folder / "rejected",
    )
    assert all(report.rejected_count == 0 for report in raw.report.files)
    return {one.login: one for one in enrich(raw)}


def test_what_somebody_touched_and_said_becomes_their_passage(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "x.git", HISTORY, origin=REMOTE)
    collect(GitHistory([clone], MOMENT), tmp_path / "raw")
    people = profiles_of(tmp_path / "raw")
    (charts,) = people["ada-l"].works
    (tides,) = people["bo.tide"].works
    assert (charts.role, charts.commits, charts.language) == ("maintainer", 6, "Rust")
    assert charts.description.startswith("Kelp maps the sea floor.\nWorks on charts, in Rust.\n")
    assert "Predict neap tides from harmonics" in work_text(tides)
    assert "isobaths" not in work_text(tides)
    assert (tides.language, tides.topics) == ("Python", ("tides",))
    assert "Kubernetes" in people["ada-l"].skills
    assert people["bo.tide"].languages == {"Python": 1.0}


def test_evidence_quotes_what_somebody_said_to_the_letter(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "x.git", HISTORY, origin=REMOTE)
    collect(GitHistory([clone], MOMENT), tmp_path / "raw")
    (work,) = profiles_of(tmp_path / "raw")["bo.tide"].works
    shown = evidence_of_work(work, None, score=1.0)
    assert (shown.field, shown.quote) == ("description", "Kelp maps the sea floor.")
    assert "Predict neap tides from harmonics" in work.description.split("\n")


def test_one_persons_part_in_several_clones_is_told_of_each(tmp_path: Path) -> None:
    one = make_clone(tmp_path / "one.git", HISTORY)
    two = make_clone(
        tmp_path / "two.git", [Written("Ada Lumen <ada@tides.example.org>", "Serve tide tables over HTTP")]
    )
    found = collect(GitHistory([one, two], MOMENT), tmp_path / "raw")
    told = {row["full_name"]: row["description"] for row in found.contributions if row["login"] == "ada-l"}
    assert set(told) == {"local/one", "local/two"}
    assert "Serve tide tables over HTTP" in told["local/two"]
    assert "Serve" not in told["local/one"]


def test_since_leaves_older_commits_out_and_the_beginning_unknown(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "x.git", HISTORY)
    since = datetime.fromtimestamp(WHEN + 60 * 6 + 30, UTC)
    found = collect(GitHistory([clone], MOMENT, since=since), tmp_path / "raw")
    assert set(found.names) == {"cy.quay", "bo.tide"}
    assert [row["created_at"] for row in found.repos] == [""]
    assert found.ledger.selection["commits"] == 2


def test_a_second_run_reads_what_was_committed_in_between(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "x", HISTORY, bare=False)
    assert len(collect(GitHistory([clone], MOMENT), tmp_path / "raw").users) == 3
    identity = {"user.name": "Wren Vale", "user.email": "wren@tides.example.org"}
    git(clone, "commit", "--quiet", "--allow-empty", "-m", "Measure the height of tides", **identity)
    assert len(collect(GitHistory([clone], MOMENT), tmp_path / "raw").users) == 4


@pytest.mark.parametrize("gone", [("ada-l", None), (None, "4711")])
def test_who_left_is_in_no_row_and_known_by_login_or_number(
    tmp_path: Path, gone: tuple[str | None, str | None]
) -> None:
    def is_erased(login: str | None, number: object = None, node: object = None) -> bool:
        return (login is not None and login == gone[0]) or (number is not None and number == gone[1])

    clone = make_clone(tmp_path / "x.git", HISTORY)
    found = collect(GitHistory([clone], MOMENT), tmp_path / "raw", is_erased=is_erased)
    assert "ada-l" not in str([*found.users, *found.repos, *found.contributions])
    assert "isobaths" not in str(found.contributions)
    assert found.ledger.left_out == {"people who asked to be left out": 1}
    assert (found.ledger.people, found.ledger.population) == (2, 3)


def test_the_ledger_names_nobody(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "x.git", HISTORY, origin=REMOTE)
    collect(GitHistory([clone], MOMENT), tmp_path / "raw")
    told = (tmp_path / "raw" / "scrape.json").read_text(encoding="utf-8")
    for word in ("ada", "Bo", "reef", "kelp", str(tmp_path)):
        assert word not in told
