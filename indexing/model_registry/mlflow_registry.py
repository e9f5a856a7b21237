"""The registry kept by MLflow: a SQLite file of this home, or an MLflow server.

Importing this module costs nothing; the first call imports mlflow (about 2 s, no torch). Set
MLFLOW_DISABLE_TELEMETRY=true before it: mlflow reads that once, when it is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from indexing.errors import RegistryUnavailable
from indexing.model_registry import database_file
from indexing.model_registry.address import parse_address
from indexing.registry import Champion, ModelVersion
from indexing.releases import Release
from indexing.tuning import Tuning

if TYPE_CHECKING:
    from indexing.model_registry.connected import ConnectedRegistry


class MlflowRegistry:
    """Model versions, releases and the champion, kept by MLflow. Each call to a server is bounded by the timeout.

    Nothing is opened before the first call, so that a process can start, and say so, with MLflow away.
    """

    def __init__(
        self, tracking_uri: str, *, artifacts: Path, timeout_seconds: float = 5.0, opening_seconds: float = 60.0
    ) -> None:
        self._address = parse_address(tracking_uri)
        self._artifacts = artifacts
        self._timeout_seconds = timeout_seconds
        self._opening_seconds = opening_seconds
        self._connected: ConnectedRegistry | None = None
        self._opening = Lock()

    def __repr__(self) -> str:
        return f"MlflowRegistry({self._address.url})"

    def champion(self) -> Champion | None:
        """The served version and its current release, in one call; None before the first publication."""
        return self._open().champion()

    def versions(self) -> list[ModelVersion]:
        """Every version, newest first."""
        return self._open().versions()

    def resolve(self, reference: str) -> Champion:
        """A version number, an alias or a release id as (version, release). ReleaseNotFound when there is none."""
        return self._open().resolve(reference)

    def release(self, release_id: str) -> Release:
        """The manifest of a release. ReleaseNotFound when it was never recorded."""
        return self._open().release(release_id)

    def register(self, model_folder: Path, onnx_folder: Path, *, name: str, tuning: Tuning | None = None) -> int:
        """Log a sentence-transformers folder with its ONNX folder beside it as a new version; returns the version."""
        return self._open().register(model_folder, onnx_folder, name=name, tuning=tuning)

    def tuning(self, version: int) -> Tuning:
        """What the version was registered with, for good; the code's own numbers when it was with nothing."""
        return self._open().tuning(version)

    def find(self, fingerprint: str, *, tuning: Tuning | None = None) -> int | None:
        """The newest version with this fingerprint, if any, and with this tuning when one is given."""
        return self._open().find(fingerprint, tuning=tuning)

    def fetch_model(self, version: int, destination: Path) -> Path:
        """Copy the version's ONNX folder to `destination`, whole or not at all.

        A folder that is there is returned as it is, without asking MLflow: name it after the fingerprint.
        """
        if not destination.exists():
            self._open().fetch_model(version, destination)
        return destination

    def fetch_source(self, version: int, destination: Path) -> Path:
        """Copy the version's sentence-transformers folder to an empty or new `destination` and return it."""
        self._open().fetch_source(version, destination)
        return destination

    def record(self, release: Release) -> None:
        """Keep a release's manifest beside its version; ReleaseRefused when the id has another manifest already."""
        self._open().record(release)

    def make_current(self, version: int, release_id: str) -> None:
        """Let the version's one `release` tag name this release, and read it back. AliasNotMoved when it did not."""
        self._open().make_current(version, release_id)

    def make_champion(self, version: int) -> None:
        """Let the alias `champion` name this version, and read it back. AliasNotMoved when it did not."""
        self._open().make_champion(version)

    def measured(self, version: int, measures: Mapping[str, float]) -> None:
        """Keep measures with a version, in place of those of the same names. ReleaseNotFound when there is none."""
        self._open().measured(version, measures)

    def remove(self, release_id: str) -> None:
        """Remove a release's manifest; nothing happens when there is none. Busy when its version names it current."""
        self._open().remove(release_id)

    def notes(self) -> Mapping[str, str]:
        """What was written down beside the versions, by name: tags of the registered model."""
        return self._open().notes()

    def note(self, name: str, text: str | None) -> None:
        """Write something down in place of what the name held; None takes it away, also when there is nothing."""
        self._open().note(name, text)

    def is_healthy(self) -> bool:
        """Whether the registry, and the database behind it, answers now."""
        database = self._address.database
        try:
            if self._connected is None and database is not None and database.exists():
                database_file.probe(database, timeout_seconds=self._timeout_seconds)
            else:
                self.champion()
        except RegistryUnavailable:
            return False
        return True

    def revision(self) -> str | None:
        """Equal to an earlier one: nothing here has changed since. None for a server: it has to be asked."""
        return database_file.revision(self._address.database) if self._address.database is not None else None

    def close(self) -> None:
        """Give up database connections; the next call opens them again."""
        with self._opening:
            if self._connected is not None:
                self._connected.close()
            self._connected = None

    def _open(self) -> ConnectedRegistry:
        connected = self._connected
        if connected is not None:
            return connected
        # Another thread is importing MLflow, 3 to 10 s on a busy machine: a load that waits for it is better than one
        # that fails. The first start of all may take minutes to create the database; then it is better to say so.
        if not self._opening.acquire(timeout=self._opening_seconds):
            raise RegistryUnavailable(f"MLflow at {self._address.url} is still being opened.")
        try:
            if self._connected is None:
                from indexing.model_registry.connected import ConnectedRegistry
                from indexing.model_registry.connection import connect

                self._connected = ConnectedRegistry(
                    connect(self._address, artifacts=self._artifacts, timeout_seconds=self._timeout_seconds)
                )
            return self._connected
        finally:
            self._opening.release()
