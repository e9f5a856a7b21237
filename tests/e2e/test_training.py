"""`vivier train` from raw files to a registered version, killed in the middle, and told to forget."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.homes import copy_of, options, versions
from tests.processes import ROOT, environment, vivier

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]  # six commands, each with torch to import

PATIENCE_SECONDS = 240


@pytest.fixture
def home(registered_master: Path, tmp_path: Path) -> Path:
    return copy_of(registered_master, tmp_path / "home")


@pytest.fixture
def judgements(small_sample: Path, tmp_path: Path) -> Path:
    """A handful of the small sample's own judged queries."""
    lines = (small_sample / "sample.jsonl").read_text(encoding="utf-8").splitlines()[:20]
    path = tmp_path / "judged.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def command(sample: Path, judgements: Path) -> list[str]:
    asked = ["--judgements", str(judgements), "--base", "1", "--evaluate-every", "20"]
    return ["train", "--json", *options(sample), *asked, "--steps", "200", "--batch-size", "8", "--patience", "99"]


def started(arguments: list[str], home: Path) -> subprocess.Popen[str]:
    with (home / "train.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "vivier.py"), *arguments],
            env=environment(home),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )


def wait_for_a_checkpoint(home: Path, run: subprocess.Popen[str]) -> int:
    """The step of the newest one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        steps = [int(path.name.rpartition("-")[2]) for path in home.glob("training/*/checkpoints/checkpoint-*")]
        if steps:
            return max(steps)
        assert run.poll() is None, (home / "train.log").read_text(encoding="utf-8")[-2_000:]
        time.sleep(0.1)
    raise AssertionError("no checkpoint came")


@pytest.fixture
def killed(home: Path, small_sample: Path, judgements: Path) -> int:
    """A training killed -9 after its first checkpoint, and the step of that."""
    run = started(command(small_sample, judgements), home)
    try:
        step = wait_for_a_checkpoint(home, run)
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate(timeout=30)
    return step


def test_killed_in_the_middle_the_same_command_goes_on_and_registers_once(
    home: Path, killed: int, small_sample: Path, judgements: Path
) -> None:
    """Nothing is half-registered; a second training at the same time is refused; done once, it is not done again."""
    assert sorted(versions(home)) == [1, 2]
    assert killed < 200
    run = started(command(small_sample, judgements), home)
    deadline = time.monotonic() + PATIENCE_SECONDS
    second = None
    while run.poll() is None and time.monotonic() < deadline and second is None:
        if wait_for_a_checkpoint(home, run) > killed:  # it is training again, so it has the lock
            second = vivier(*command(small_sample, judgements), home=home, check=False)
    out, _ = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 0
    done = json.loads(out)
    assert done["version"] == 3
    assert second is not None
    assert second.returncode == 1 or json.loads(second.stdout)["version"] == 3
    assert "Another `vivier train` is running" in second.stderr or second.returncode == 0
    assert set(done["report"]["judged"]) == {"dense", "hybrid", "full"}
    assert sorted(versions(home)) == [1, 2, 3]
    note = json.loads(next(home.glob("training/*/training.json")).read_text(encoding="utf-8"))
    steps = [entry["step"] for entry in note["history"] if "loss" in entry]
    assert steps == sorted(set(steps))
    assert steps[-1] == 200
    assert (next(home.glob("training/*/loss.png"))).stat().st_size > 1_000
    again = json.loads(vivier(*command(small_sample, judgements), home=home).stdout)
    assert again["version"] == 3
    assert sorted(versions(home)) == [1, 2, 3]


def test_an_erasure_leaves_nothing_of_a_training(home: Path, killed: int, small_sample: Path) -> None:
    """Weights half-way and hashes of texts go; no text was ever there."""
    login = (small_sample / "github_users.csv").read_text(encoding="utf-8").splitlines()[1].partition(",")[0]
    words = (small_sample / "github_repos.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[3]
    for path in (home / "training").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert login.encode() not in content
            assert words.encode() not in content
    vivier("forget", login, "--now", home=home)
    assert not list(home.glob("training/*/split.jsonl"))
    assert not list(home.glob("training/*/checkpoints"))
