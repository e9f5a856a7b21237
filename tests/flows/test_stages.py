"""The stages that `dvc repro` runs, one after the other over data/raw, as processes of their own would."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from flows.stages import STAGES, main
from indexing.sample import generate, write_sample
from tests.e2e.homes import champion, workspace_at

pytestmark = pytest.mark.e2e


@pytest.fixture
def project(tmp_path: Path, registered_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with data/raw in it and a home with a small model."""
    write_sample(generate(7, people=100), tmp_path / "data" / "raw", tmp_path / "judgements")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIVIER_HOME", str(registered_home))
    monkeypatch.setenv("VIVIER_PROCESSED", str(tmp_path / "data" / "processed"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    workspace_at(registered_home)  # imports what warns
    return tmp_path


def test_the_stages_in_a_row_build_check_and_serve_a_release(
    project: Path, registered_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for stage in STAGES:
        assert main([stage]) == 0, capsys.readouterr().err
    processed = project / "data" / "processed"
    release = json.loads((processed / "release.json").read_text(encoding="utf-8"))
    counted = json.loads((processed / "passages.json").read_text(encoding="utf-8"))
    assert champion(registered_home) == release["id"]
    assert json.loads((processed / "checked.json").read_text(encoding="utf-8")) == {"release": release["id"]}
    assert release["passages"] == counted["passages"]
    assert json.loads((processed / "load_report.json").read_text(encoding="utf-8"))["data_rev"] == release["data_rev"]
    assert capsys.readouterr().out.splitlines()[-1] == f"{release['id']} is served"


def test_a_second_round_embeds_nothing_and_waits_to_be_loaded(
    project: Path, registered_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for stage in (*STAGES, *STAGES):
        assert main([stage]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "0 passages embedded" in printed
    assert "`vivier load" in printed[-1]
    assert printed[-1].split()[0] != champion(registered_home)


@pytest.mark.parametrize(
    ("stage", "removed", "says"),
    [
        ("load", "data/raw/github_repos.csv", "github_repos.csv"),
        ("embed", "data/processed/profiles_enriched.parquet", "vivier index"),
        ("check", "data/processed/release.json", "run the build stage first"),
    ],
)
def test_a_stage_without_what_it_needs_says_so_in_a_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], stage: str, removed: str, says: str
) -> None:
    (project / removed).unlink(missing_ok=True)
    assert main([stage]) == 1
    complaint = capsys.readouterr().err
    assert says in complaint
    assert complaint.count("\n") == 1


def test_gzipped_raw_files_are_found_and_a_wrong_stage_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (project / "data" / "raw").glob("*.csv"):
        with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb") as packed:
            shutil.copyfileobj(plain, packed)
        path.unlink()
    assert main(["load"]) == 0
    assert main(["nonsense"]) == 2
    assert "usage" in capsys.readouterr().err
