"""The Prefect flow from end to end, with no server configured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.homes import champion, versions
from tests.processes import ROOT, environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]  # Prefect starts a server of its own: half a minute before any task

# Twice in one process: the server is started once, and the second run shows what is cached.
RUN = """
import json, sys
from prefect import get_client
from prefect.client.schemas.sorting import TaskRunSort
from flows.index import index

folder = sys.argv[1]
files = {name: f"{folder}/github_{name}.csv" for name in ("users", "repos", "contributions")}
releases = [index(**files, version=1), index(**files, version=1, force_publish=True)]
with get_client(sync_client=True) as client:
    tasks = client.read_task_runs(sort=TaskRunSort.EXPECTED_START_TIME_ASC)
    flows = {run.id: run.name for run in client.read_flow_runs()}
ran = [{"flow": str(task.flow_run_id), "name": task.name, "state": task.state_name} for task in tasks]
print("RESULT", json.dumps({"releases": releases, "tasks": ran}))
"""


def run_twice(home: Path, sample: Path, prefect_home: Path) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-c", RUN, str(sample)],
        env=environment(
            home,
            PREFECT_API_URL="",
            PREFECT_HOME=str(prefect_home),
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            PREFECT_LOGGING_TO_API_BATCH_INTERVAL="0.5",
            DO_NOT_TRACK="1",
        ),
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    result: dict[str, Any] = json.loads(ended.stdout.rpartition("RESULT ")[2])
    result["log"] = ended.stderr + ended.stdout
    return result


def test_the_flow_runs_every_stage_as_a_task_and_publishes(
    registered_home: Path, small_sample: Path, tmp_path: Path
) -> None:
    found = run_twice(registered_home, small_sample, tmp_path / "prefect")
    first, second = found["releases"]
    assert champion(registered_home) == second
    assert set(versions(registered_home)[1].releases) == {first, second}

    by_flow: dict[str, dict[str, str]] = {}
    for task in found["tasks"]:
        by_flow.setdefault(task["flow"], {})[task["name"].rpartition("-")[0]] = task["state"]
    stages = ["load", "enrich", "passages", "embed", "build", "check", "publish"]
    assert len(by_flow) == 2
    for tasks in by_flow.values():
        assert set(tasks) == set(stages)
    enriched = [tasks["enrich"] for tasks in by_flow.values()]
    assert sorted(enriched) == ["Cached", "Completed"]
    assert "Traceback" not in found["log"]
