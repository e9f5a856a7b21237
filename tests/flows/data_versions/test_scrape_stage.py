"""The stage `scrape` of dvc.yaml, run by DVC with its own command against a fake GitHub."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flows.fake_github.running import running
from flows.stages import main, scrape_command
from indexing.errors import InputError
from tests.flows.data_versions.checkouts import Checkout, files_in
from tests.leavers import rows
from tests.processes import ROOT

PARAMETERS = """\
scrape:
  source: github
  options: "--query 'followers:>=0' --limit 5"
"""


def test_what_is_collected_stands_in_the_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMETERS)
    asked = ["scrape", "github", "--query", "followers:>=0", "--limit", "5", "--out", str(Path("data/raw"))]
    assert scrape_command() == [sys.executable, "vivier.py", *asked]
    (tmp_path / "params.yaml").write_text("scrape:\n  source: git\n  options: ../kelp\n")
    assert scrape_command()[2:5] == ["scrape", "git", "../kelp"]


@pytest.mark.parametrize("content", [None, "", "scrape:", "scrape: {source: github}", "scrape: [", "a: 1"])
def test_parameters_that_do_not_say_it_are_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(InputError, match="source: and options:"):
        scrape_command()
    assert main(["scrape"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def dvc(checkout: Checkout, *arguments: str, **extra: str) -> str:
    """Run plain `dvc`, which finds the project's Python where dvc.yaml says it is; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=checkout.root,
        env=checkout.environment(**extra),
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.e2e
@pytest.mark.slow
def test_dvc_collects_with_the_stages_own_command_and_leaves_dvc_yaml_as_it_was(checkout: Checkout) -> None:
    (checkout.root / ".venv").symlink_to(ROOT / ".venv")
    (checkout.root / "service").symlink_to(ROOT / "service")  # `vivier.py` imports it; the fixture leaves it out
    (checkout.root / "params.yaml").write_text(PARAMETERS)
    before = (checkout.root / "dvc.yaml").read_bytes()
    with running(people=40, seed=5) as url:
        dvc(checkout, "unfreeze", "scrape")
        said = dvc(checkout, "repro", "scrape", VIVIER_GITHUB_URL=url, GITHUB_TOKEN="made-up")
        assert "5 people" in said
        dvc(checkout, "freeze", "scrape")
    assert (checkout.root / "dvc.yaml").read_bytes() == before
    assert len(rows(checkout.raw / "github_users.csv")) == 5
    assert "md5:" in (checkout.root / "dvc.lock").read_text()
    collected = files_in(checkout.raw)
    assert "didn't change" in dvc(checkout, "repro", "scrape")  # frozen: GitHub, which is gone, is not asked
    assert files_in(checkout.raw) == collected
