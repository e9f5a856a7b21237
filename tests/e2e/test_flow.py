"""The Prefect flow from end to end, with no server configured."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.homes import champion, versions
from tests.processes import ROOT, environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]  # Prefect starts a server of its own: half a minute before any task

# Twice in one process: the server is started once, and the second run shows what is cached.
RUN = """
import json, sys
from flows.index import index

folder = sys.argv[1]
files = {name: f"{folder}/github_{name}.csv" for name in ("users", "repos", "contributions")}
print("RESULT", json.dumps([index(**files, version=1), index(**files, version=1, force_publish=True)]))
"""


def run_twice(home: Path, sample: Path, prefect_home: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Release ids of two runs, and every task's name with the state it ended in, in order."""
    ended = subprocess.run(
        [sys.executable, "-c", RUN, str(sample)],
        env=environment(
            home,
            PREFECT_API_URL="",
            PREFECT_HOME=str(prefect_home),
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            PREFECT_LOGGING_TO_API_BATCH_INTERVAL="0.5",
            DO_NOT_TRACK="1",
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="180",  # 20 are too few beside other tests
        ),
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    log = ended.stderr + ended.stdout
    assert "Traceback" not in log
    released: list[str] = json.loads(ended.stdout.rpartition("RESULT ")[2])
    return released, re.findall(r"Task run '(\w+)-\w+' - Finished in state (\w+)", log)


def test_the_flow_runs_every_stage_as_a_task_and_publishes(
    registered_home: Path, small_sample: Path, tmp_path: Path
) -> None:
    (first, second), tasks = run_twice(registered_home, small_sample, tmp_path / "prefect")
    assert champion(registered_home) == second
    assert set(versions(registered_home)[1].releases) == {first, second}
    stages = ["load", "enrich", "passages", "embed", "build", "check", "publish"]
    assert [name for name, _ in tasks] == stages * 2
    assert {state for name, state in tasks if name != "enrich"} == {"Completed"}
    assert [state for name, state in tasks if name == "enrich"] == ["Completed", "Cached"]
