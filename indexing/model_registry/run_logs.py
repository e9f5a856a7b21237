"""MLflow opened for the runs of evaluations, trainings and promotions; see `indexing.run_log`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexing.model_registry.address import parse_address
from indexing.releases import MODEL_NAME
from indexing.run_environment import environment, git_revision, machine
from indexing.run_log import Tracker

if TYPE_CHECKING:
    from indexing.model_registry.connection import Connection

TIMEOUT_SECONDS = 10.0


def open_tracker(tracking_uri: str, home: Path, *, warn: Callable[[str], None] = print) -> Tracker:
    """A tracker for a home and the MLflow it uses, which is opened when the first run starts."""
    opened = RunStores(tracking_uri, home / "artifacts")
    common = {"python": environment()["python"], "machine": machine()}
    revision = git_revision()
    if revision:
        common |= {"git_revision": revision, "mlflow.source.git.commit": revision}
    return Tracker(open=lambda: opened, warn=warn, locks=home / "runs", common=common)


class RunStores:
    """MLflow as a run log needs it, connected at the first use."""

    def __init__(self, tracking_uri: str, artifacts: Path) -> None:
        self._address = parse_address(tracking_uri)
        self._artifacts = artifacts

    @property
    def runs(self) -> Any:
        """MLflow's tracking store."""
        return self._connection.runs

    @property
    def artifacts(self) -> str | None:
        """This home's folder, unless a server decides."""
        return None if self._connection.server else self._artifacts.absolute().as_uri()

    def asking(self) -> AbstractContextManager[None]:
        """Turn whatever MLflow raises, a missing entry too, into RegistryUnavailable."""
        return self._connection.asking(missing=())

    def model_id(self, version: int) -> str | None:
        """The logged model that the version's run made: a SQL store does not keep the version's own note of it."""
        with self.asking():
            run_id = self._connection.versions.get_model_version(MODEL_NAME, str(version)).run_id
            outputs = self._connection.runs.get_run(run_id).outputs
        made = outputs.model_outputs if outputs else []
        return str(made[0].model_id) if made else None

    def put(self, run_id: str, folder: Path, path: str) -> None:
        """Copy a folder's files."""
        from indexing.model_registry.artifacts import run_files

        run_files(self._connection, run_id).put(folder, path)

    @cached_property
    def _connection(self) -> Connection:
        from indexing.model_registry.connection import connect  # imports mlflow

        return connect(self._address, artifacts=self._artifacts, timeout_seconds=TIMEOUT_SECONDS)
