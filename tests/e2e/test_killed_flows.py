"""Flows of a version's life whose worker, Prefect server or MLflow server is killed -9 in the middle.

Whatever is killed: what serves is one whole release, a second run of the same ends well, and nothing lies about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from indexing.model_recipes import register_source
from indexing.promotion.probation import under_way
from indexing.workspace import Workspace
from tests.e2e.homes import add_release, workspace_at
from tests.mlflow_server import MlflowServer
from tests.prefect_stack import PrefectStack, wait_until
from tests.processes import serving

Victim = Literal["worker", "prefect", "mlflow"]

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1_200)]

LOST_SECONDS = 400.0  # a run is taken for lost after 90 s; one that goes on without MLflow waits for its retries first
FORCED: dict[str, Any] = {"release": "2", "force": "both models are tiny"}


@dataclass(frozen=True)
class Installed:
    """Servers, a worker, and the home that they work on, with versions 1 (served) and 2."""

    stack: PrefectStack
    mlflow: MlflowServer
    workspace: Workspace
    files: dict[str, Any]

    def start(self, flow: str, stage: str, **parameters: Any) -> str:
        """Start a run and wait until one of its tasks is running."""
        run = self.stack.start_run(flow, **parameters)
        wait_until(lambda: stage in self.running(run), 240, f"{flow} has come to {stage}")
        return run

    def running(self, run: str) -> set[str]:
        """The tasks of a run that are running, without their numbers."""
        asked = {"task_runs": {"flow_run_id": {"any_": [run]}, "state": {"type": {"any_": ["RUNNING"]}}}}
        return {task["name"].rpartition("-")[0] for task in self.stack.ask("POST", "/task_runs/filter", asked)}

    def lose(self, victim: Victim, run: str) -> None:
        """Kill it, bring it back, and wait until the run that it was lost for has ended one way or another."""
        match victim:
            case "worker":
                self.stack.kill_worker()
                self.stack.start_worker()
                self.stack.finish(run, within_seconds=LOST_SECONDS)
            case "prefect":
                self.stack.kill_server()
                self.stack.start_server()
                self.stack.finish(run, within_seconds=LOST_SECONDS)
            case "mlflow":
                self.mlflow.kill()
                self.stack.finish(run, within_seconds=LOST_SECONDS)
                self.mlflow.start()

    def assert_ends_well(self, flow: str, **parameters: Any) -> None:
        """A run of the flow that nobody disturbs."""
        run = self.stack.finish(self.stack.start_run(flow, **parameters), within_seconds=LOST_SECONDS)
        assert run["state_type"] == "COMPLETED", self.stack.logs(run["id"])

    @property
    def champion(self) -> str | None:
        served = self.workspace.registry.champion()
        return served.release_id if served else None

    def assert_no_debris(self) -> None:
        recorded = {release for known in self.workspace.registry.versions() for release in known.releases}
        assert set(self.workspace.store.names()) == {f"profiles-{release}" for release in recorded}
        assert not (self.workspace.home / "unfinished").exists()


@pytest.fixture
def installed(tiny_models: tuple[Path, Path], small_sample: Path, tmp_path: Path) -> Iterator[Installed]:
    judged = tmp_path / "judged.jsonl"
    lines = (small_sample / "sample.jsonl").read_text(encoding="utf-8").splitlines()[:20]
    judged.write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = {name: str(small_sample / f"github_{name}.csv") for name in ("users", "repos", "contributions")}
    home = tmp_path / "home"
    home.mkdir()
    with MlflowServer(tmp_path / "mlflow") as mlflow, PrefectStack(home, tmp_path / "data") as stack:
        workspace = workspace_at(home, tracking_uri=mlflow.url)
        for version, model in enumerate(tiny_models, start=1):
            register_source(str(model), None, workspace)
            add_release(workspace, version, small_sample)
        stack.variables["MLFLOW_TRACKING_URI"] = mlflow.url
        stack.deploy()
        stack.start_worker()
        yield Installed(stack, mlflow, workspace, files | {"judgements": [str(judged)]})


@pytest.mark.parametrize("victim", ["worker", "prefect", "mlflow"])
def test_a_training_registers_one_version_whatever_is_killed_under_it(installed: Installed, victim: Victim) -> None:
    asked = installed.files | {"base": "1", "steps": 300}
    before = installed.champion
    run = installed.start("train", "train", **asked)
    checkpoints = installed.workspace.home.glob
    wait_until(lambda: any(checkpoints("training/*/checkpoints/checkpoint-*")), 240, "a checkpoint is written")
    installed.lose(victim, run)
    assert {known.version for known in installed.workspace.registry.versions()} <= {1, 2, 3}
    installed.assert_ends_well("train", **asked)
    assert {known.version for known in installed.workspace.registry.versions()} == {1, 2, 3}
    assert installed.champion == before


@pytest.mark.parametrize("victim", ["worker", "prefect", "mlflow"])
def test_a_study_goes_on_whatever_is_killed_under_it(installed: Installed, victim: Victim) -> None:
    asked = installed.files | {"versions": [1], "study": "killed", "trials_wanted": 12}
    before = installed.champion
    installed.lose(victim, installed.start("optimize", "trials", **asked))
    installed.assert_ends_well("optimize", **asked)
    assert {known.version for known in installed.workspace.registry.versions()} == {1, 2}
    assert installed.champion == before
    installed.assert_no_debris()


@pytest.mark.parametrize("victim", ["worker", "prefect", "mlflow"])
def test_an_evaluation_is_run_again_whatever_is_killed_under_it(installed: Installed, victim: Victim) -> None:
    before = installed.champion
    installed.lose(victim, installed.start("evaluate", "measure", **installed.files, version=2))
    installed.assert_ends_well("evaluate", **installed.files, version=2)
    assert installed.champion == before
    installed.assert_no_debris()


@pytest.mark.parametrize("victim", ["worker", "prefect", "mlflow"])
def test_a_comparison_that_is_lost_moves_nothing(installed: Installed, victim: Victim) -> None:
    first, second = (installed.workspace.registry.resolve(name).release_id for name in ("1", "2"))
    asked = FORCED | {"judgements": installed.files["judgements"], "probation_minutes": 0}
    installed.lose(victim, installed.start("promote", "compare", **asked))
    if installed.champion == first:  # a run that the loss did not end has promoted it
        installed.assert_ends_well("promote", **asked)
    assert installed.champion == second
    assert under_way(installed.workspace.registry) is None
    installed.assert_no_debris()


@pytest.mark.parametrize("victim", ["worker", "prefect", "mlflow"])
def test_a_probation_that_is_lost_is_ended_by_the_next_promotion(installed: Installed, victim: Victim) -> None:
    first, second = (installed.workspace.registry.resolve(name).release_id for name in ("1", "2"))
    with serving(installed.workspace.home, MLFLOW_TRACKING_URI=installed.mlflow.url) as service:
        asked = {"judgements": installed.files["judgements"], "service": service.url, "probation_minutes": 1}
        run = installed.start("promote", "probation", **FORCED, **asked)
        assert installed.champion == second
        installed.lose(victim, run)
        assert installed.champion in {first, second}
        assert httpx.get(f"{service.url}/health", timeout=5).json()["release"]["id"] == installed.champion
        other = "1" if installed.champion == second else "2"
        installed.assert_ends_well("promote", **FORCED | asked | {"release": other, "probation_minutes": 0})
        assert installed.champion == (first if other == "1" else second)
        assert under_way(installed.workspace.registry) is None
    installed.assert_no_debris()
