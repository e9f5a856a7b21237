"""`vivier optimize` as its users meet it: real processes on a small corpus, one killed, two on one study."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import optuna
import pytest

from indexing.optimization.storage import PROCESS, RETRIED, open_storage
from tests.e2e.homes import copy_of, index, options, versions, workspace_at
from tests.processes import ROOT, environment, vivier

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PATIENCE_SECONDS = 200.0


@pytest.fixture
def home(registered_master: Path, tmp_path: Path) -> Path:
    """A home of the test's own with two tiny versions."""
    return copy_of(registered_master, tmp_path / "home")


@pytest.fixture
def judged(small_sample: Path, tmp_path: Path) -> Path:
    """Forty of the sample's judged needs."""
    lines = (small_sample / "sample.jsonl").read_text(encoding="utf-8").splitlines()[:40]
    path = tmp_path / "judged.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def trials_of(home: Path) -> list[optuna.trial.FrozenTrial]:
    """Every trial of the home's one study; none before it was begun."""
    if not (home / "vivier.db").exists():
        return []
    storage = open_storage(f"sqlite:///{home}/vivier.db")
    studies = storage.get_all_studies()
    return storage.get_all_trials(studies[0]._study_id) if studies else []


def asked(sample: Path, judged: Path, trials: int, *more: str) -> list[str]:
    """The command line of a study with so many trials."""
    files = [*options(sample), "--judgements", str(judged), "--version", "1"]
    return ["optimize", *files, "--trials", str(trials), "--study", "small", *more]


def test_a_study_that_was_killed_goes_on_and_its_best_trial_becomes_a_version(
    home: Path, small_sample: Path, judged: Path
) -> None:
    run = subprocess.Popen(
        [sys.executable, str(ROOT / "vivier.py"), *asked(small_sample, judged, 500, "--no-track")],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert run.stderr is not None
    for line in run.stderr:
        if line.startswith(b"Trial 2:"):
            break
    os.killpg(run.pid, signal.SIGKILL)
    run.stderr.close()
    run.wait()
    before = {trial.number: trial for trial in trials_of(home)}
    assert len(before) >= 3

    done = vivier(*asked(small_sample, judged, len(before) + 2, "--json"), home=home)
    found: dict[str, Any] = json.loads(done.stdout)
    after = {trial.number: trial for trial in trials_of(home)}
    assert not [trial for trial in after.values() if trial.state == optuna.trial.TrialState.RUNNING]
    for number, trial in before.items():
        if trial.state.is_finished():
            assert (after[number].params, after[number].values) == (trial.params, trial.values)
        else:
            assert after[number].state == optuna.trial.TrialState.FAIL
            assert not trial.params or [one for one in after.values() if one.user_attrs.get(RETRIED) == number]
    assert found["front"][0]["ndcg@10"] >= next(row["ndcg@10"] for row in found["front"] if row["is_start"])

    number = next(trial.number for trial in reversed(after.values()) if trial.values)
    told = json.loads(vivier("optimize", "register", "--trial", str(number), "--json", home=home).stdout)
    assert told == {"version": 3, "trial": number, "fingerprint": versions(home)[1].fingerprint, "is_new": True}
    again = vivier("optimize", "register", "--trial", str(number), home=home)
    assert "is already version 3" in again.stdout
    index(home, small_sample, "--version", "3")
    workspace = workspace_at(home)
    (release,) = versions(home)[3].releases
    assert workspace.registry.release(release).ranking == workspace.registry.tuning(3).ranking
    assert workspace.registry.tuning(3) != workspace.registry.tuning(1)


def test_two_processes_work_on_one_study_and_ctrl_c_ends_both_after_their_trials(
    home: Path, small_sample: Path, judged: Path
) -> None:
    run = subprocess.Popen(
        [sys.executable, str(ROOT / "vivier.py"), *asked(small_sample, judged, 500, "--workers", "2", "--no-track")],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and run.poll() is None:
        finished = [trial for trial in trials_of(home) if trial.state.is_finished()]
        if len({trial.user_attrs[PROCESS] for trial in finished}) == 2:
            break
        time.sleep(0.5)  # what is waited for is in a database that others write
    os.killpg(run.pid, signal.SIGINT)
    printed, _ = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 0
    assert b"The front, best first" in printed
    known = trials_of(home)
    assert len({trial.user_attrs[PROCESS] for trial in known}) == 2
    assert all(trial.state.is_finished() for trial in known)
    starts = [trial for trial in known if trial.user_attrs["choice"] == known[0].user_attrs["choice"]]
    assert len(starts) == 1
