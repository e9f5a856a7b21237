"""The Prefect flow of a study, with no server configured: two processes, the report, and the best trial registered."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.homes import copy_of, versions
from tests.processes import ROOT, environment

# Prefect starts a server of its own: half a minute before any task.
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.long]

RUN = """
import json, sys
from flows.optimize import optimize

folder, judged = sys.argv[1:]
files = {name: f"{folder}/github_{name}.csv" for name in ("users", "repos", "contributions")}
asked = dict(versions=[1], study="flow", trials_wanted=6, workers=2, register_best=True)
print("RESULT", json.dumps(optimize(**files, judgements=[judged], **asked)))
"""


def test_the_flow_runs_a_study_by_two_processes_and_registers_what_is_better(
    registered_master: Path, small_sample: Path, tmp_path: Path
) -> None:
    home = copy_of(registered_master, tmp_path / "home")
    judged = tmp_path / "judged.jsonl"
    lines = (small_sample / "sample.jsonl").read_text(encoding="utf-8").splitlines()[:40]
    judged.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", RUN, str(small_sample), str(judged)],
        env=environment(
            home,
            PREFECT_API_URL="",
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="120",  # 20 are not enough beside other tests
            PREFECT_HOME=str(tmp_path / "prefect"),
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            DO_NOT_TRACK="1",
        ),
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=900,
        check=False,
    )
    log = ended.stderr + ended.stdout
    assert ended.returncode == 0, ended.stderr[-4000:]
    assert "Traceback" not in log
    best = json.loads(ended.stdout.rpartition("RESULT ")[2])
    assert set(best) == {"trial", "changes", "tuned_on", "set_apart"}
    tasks = re.findall(r"Task run '([a-z]+)-\w+' - Finished in state (\w+)", log)
    wanted = ["begin", "trials", "trials", "report", *(["register"] if best["trial"] else [])]
    assert sorted(name for name, _ in tasks) == sorted(wanted)
    assert {state for _, state in tasks} == {"Completed"}
    assert len(versions(home)) == (3 if best["trial"] else 2)
