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

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def project(tmp_path: Path, registered_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with data/raw in it and a home with a small model."""
    write_sample(generate(7, people=100), tmp_path / "data" / "raw", tmp_path / "judgements")
    (tmp_path / "data" / "raw" / "scrape.json").write_text('{"population": 321}')
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
    served = workspace_at(registered_home).registry.champion()
    assert served is not None
    release = workspace_at(registered_home).registry.release(served.release_id)
    noted = json.loads((processed / "release.json").read_text(encoding="utf-8"))
    embedded = json.loads((processed / "embedded.json").read_text(encoding="utf-8"))
    assert (noted["passages"], noted["people"], noted["fingerprint"]) == (
        release.passages,
        release.people,
        embedded["fingerprint"],
    )
    assert release.population == noted["population"] == 321  # what the scrape's ledger says there is
    assert embedded["texts"] > 0
    assert json.loads((processed / "profiles_enriched.json").read_text())["data_rev"] == release.data_rev
    assert capsys.readouterr().out.splitlines()[-1] == f"{release.id} is served"


def test_a_second_round_embeds_nothing_waits_to_be_loaded_and_leaves_the_same_bytes(
    project: Path, registered_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a stage leaves goes into dvc.lock, which changes with the data only."""
    left: list[dict[str, bytes]] = []
    for _ in range(2):
        for stage in STAGES:
            assert main([stage]) == 0
        left.append({path.name: path.read_bytes() for path in (project / "data" / "processed").glob("*.*")})
    assert left[0] == left[1]
    printed = capsys.readouterr().out.splitlines()
    assert "0 passages embedded" in printed
    assert "`vivier load" in printed[-1]
    assert printed[-1].split()[0] != champion(registered_home)


@pytest.mark.parametrize(
    ("stage", "removed", "says"),
    [
        ("enrich", "data/raw/github_repos.csv", "github_repos.csv"),
        ("embed", "data/processed/profiles_enriched.parquet", "vivier index"),
        ("release", "data/processed/profiles_enriched.parquet", "vivier index"),
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
    assert main(["enrich"]) == 0
    assert main(["nonsense"]) == 2
    assert "usage" in capsys.readouterr().err
