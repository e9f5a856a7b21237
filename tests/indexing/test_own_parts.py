"""A contribution that says what this person's own part in a repository was."""

from __future__ import annotations

from pathlib import Path

from indexing.enrich import enrich
from indexing.evidence import fields_of_work
from indexing.profiles import Profile
from tests.builders import Row, contribution_row, repo_row, user_row, write_raw_files

KELP = repo_row("reef-org/kelp", description="Draws tides.", language="Python", topics="tides;maps")


def people(tmp_path: Path, *contributions: Row) -> dict[str, Profile]:
    """The profiles of two people who contributed to one repository."""
    raw = write_raw_files(
        tmp_path, users=[user_row(), user_row("bo-tide")], repos=[KELP], contributions=list(contributions)
    ).read()
    return {one.login: one for one in enrich(raw)}


def test_the_work_has_the_repositorys_words_and_below_them_the_persons_own(tmp_path: Path) -> None:
    own = contribution_row("ada-lumen", "reef-org/kelp", description="Deploys it with Kubernetes", topics="charts;Maps")
    found = people(tmp_path, own | {"language": "golang"}, contribution_row("bo-tide", "reef-org/kelp"))
    (mine,), (theirs,) = found["ada-lumen"].works, found["bo-tide"].works
    assert mine.description == "Draws tides.\nDeploys it with Kubernetes"
    assert (mine.language, mine.topics) == ("Go", ("charts", "maps", "tides"))
    assert (theirs.description, theirs.language, theirs.topics) == ("Draws tides.", "Python", ("tides", "maps"))
    assert "Kubernetes" in found["ada-lumen"].skills
    assert "Kubernetes" not in found["bo-tide"].skills
    assert "Python" not in found["ada-lumen"].skills
    assert fields_of_work(mine)[0] == ("description", mine.description)


def test_what_is_not_told_of_the_part_is_the_repositorys(tmp_path: Path) -> None:
    (work,) = people(tmp_path, contribution_row("ada-lumen", "reef-org/kelp", topics="charts"))["ada-lumen"].works
    assert (work.description, work.language, work.topics) == ("Draws tides.", "Python", ("charts", "tides", "maps"))


def test_columns_without_any_cell_change_nothing(tmp_path: Path) -> None:
    empty = contribution_row("ada-lumen", "reef-org/kelp", description="", language="", topics="")
    without = contribution_row("ada-lumen", "reef-org/kelp")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert people(tmp_path / "one", empty) == people(tmp_path / "two", without)


def test_an_owner_may_have_a_part_of_their_own_too(tmp_path: Path) -> None:
    raw = write_raw_files(
        tmp_path,
        users=[user_row("reef-org")],
        repos=[KELP],
        contributions=[contribution_row("reef-org", "reef-org/kelp", description="Keeps the tables")],
    ).read()
    (profile,) = enrich(raw)
    assert (profile.works[0].role, profile.works[0].description) == ("owner", "Draws tides.\nKeeps the tables")
