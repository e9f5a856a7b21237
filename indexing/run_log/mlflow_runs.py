"""The few calls of MLflow that a run needs: made, taken up again, ended; and what became of runs whose process died."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from indexing.errors import RegistryUnavailable
from indexing.run_log.experiments import experiment_tags


class OpenMlflow(Protocol):
    """An open MLflow, as `model_registry.run_logs` opens it."""

    @property
    def runs(self) -> Any:
        """MLflow's tracking store."""

    @property
    def artifacts(self) -> str | None:
        """Where a new experiment keeps its files; None: where the server says."""

    def asking(self) -> AbstractContextManager[None]:
        """Turn whatever MLflow raises into RegistryUnavailable."""

    def model_id(self, version: int) -> str | None:
        """MLflow's logged model of a registered version; None when it has none."""

    def put(self, run_id: str, folder: Path, path: str) -> None:
        """Copy the files in a folder to a path of a run."""


def now_ms() -> int:
    """Now, in milliseconds, as MLflow counts."""
    return int(time.time() * 1000)


def end(opened: OpenMlflow, run_id: str, status: str) -> None:
    """Give a run its end. RegistryUnavailable when MLflow does not take it."""
    from mlflow.entities import RunStatus

    with opened.asking():
        opened.runs.update_run_info(run_id, RunStatus.from_string(status), now_ms(), None)


def create(opened: OpenMlflow, experiment: str, name: str, tags: Mapping[str, str], *, began: int) -> str:
    """A new run of an experiment, which is made when missing; returns the run's id."""
    from mlflow.entities import RunTag

    with opened.asking():
        found = opened.runs.get_experiment_by_name(experiment)
    if found is None:
        found = _new_experiment(opened, experiment)
    with opened.asking():
        run = opened.runs.create_run(found.experiment_id, "vivier", began, [RunTag(*tag) for tag in tags.items()], name)
    return str(run.info.run_id)


def _new_experiment(opened: OpenMlflow, experiment: str) -> Any:
    from mlflow.entities import ExperimentTag

    failure: RegistryUnavailable | None = None
    try:
        with opened.asking():
            entered = [ExperimentTag(*tag) for tag in experiment_tags(experiment).items()]
            opened.runs.create_experiment(experiment, opened.artifacts, entered)
    except RegistryUnavailable as error:
        failure = error  # unless another process was faster
    with opened.asking():
        found = opened.runs.get_experiment_by_name(experiment)
    if found is None:
        raise failure or RegistryUnavailable(f"MLflow has no experiment {experiment} and did not make it.")
    return found


def revive(opened: OpenMlflow, run_id: str | None) -> str | None:
    """An earlier run, under way again; None when there is none, or it was deleted."""
    if run_id is None:
        return None
    from mlflow.entities import RunStatus

    try:
        with opened.asking():
            opened.runs.update_run_info(run_id, RunStatus.RUNNING, None, None)
    except RegistryUnavailable:
        return None
    with suppress(RegistryUnavailable), opened.asking():  # there is none unless its end was seen
        opened.runs.delete_tag(run_id, "failure")
    return run_id


def mark_dead(locks: Path | None, opened: OpenMlflow, *, spare: str | None) -> None:
    """Mark the runs whose process is gone as failed; their locks are free and their files still there."""
    for path in locks.glob("*.lock") if locks is not None and locks.exists() else ():
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        try:
            if path.stem != spare:
                with suppress(RegistryUnavailable):  # deleted by hand, or MLflow went away just now
                    end(opened, path.stem, "FAILED")
                path.unlink(missing_ok=True)
        finally:
            lock.release()
