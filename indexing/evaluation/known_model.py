"""The encoder an evaluation works with: taken from the registry once, after which the registry is not needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from indexing.errors import RegistryUnavailable, ReleaseRefused, VivierError
from indexing.model_folder import ModelManifest, read_manifest
from indexing.pipeline import fetch_model
from indexing.registry import Champion, ModelVersion
from indexing.releases import Release
from indexing.tuning import UNTUNED, Tuning, tuning_of
from indexing.workspace import Workspace


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A registered version whose files are on this machine."""

    version: int
    folder: Path
    manifest: ModelManifest
    tuning: Tuning = UNTUNED


def find_model(
    version: int | None, workspace: Workspace, ensure: Callable[[int | None], int], *, warn: Callable[[str], None]
) -> KnownModel:
    """The version asked for, made when it is one of the project's own and missing.

    With the registry away, the one this home served last, if it is the one asked for.
    """
    try:
        number = ensure(version)
        folder, manifest = fetch_model(number, workspace)
        return KnownModel(number, folder, manifest, workspace.registry.tuning(number))
    except RegistryUnavailable as error:
        served = workspace.last_served()
        if served is None or version not in (None, served.model_version):
            raise
        folder = workspace.models / served.fingerprint
        if not folder.exists():
            raise
        warn(f"{error} Version {served.model_version}, which this home served last, is evaluated from its cache.")
        return KnownModel(served.model_version, folder, read_manifest(folder), tuning_of(served))


class OneModelRegistry:
    """A registry of one version that can be read and never written: nothing built with it can be published."""

    def __init__(self, model: KnownModel) -> None:
        self._model = model

    def champion(self) -> Champion | None:
        """Nobody is served."""
        return None

    def versions(self) -> list[ModelVersion]:
        """The one version, without releases."""
        manifest = self._model.manifest
        return [ModelVersion(self._model.version, manifest.name, manifest.fingerprint, created="", release_id=None)]

    def fetch_model(self, version: int, destination: Path) -> Path:
        """The folder where the model is already."""
        if version != self._model.version or destination != self._model.folder:
            raise ReleaseRefused(f"An evaluation of version {self._model.version} has no version {version}.")
        return destination

    def tuning(self, version: int) -> Tuning:
        """What the version is to be tried with."""
        return self._model.tuning

    def fetch_source(self, version: int, destination: Path) -> Path:
        """Never."""
        self._refuse()

    def find(self, fingerprint: str, *, tuning: Tuning | None = None) -> int | None:
        """The version, if the fingerprint and the tuning are its."""
        is_same = fingerprint == self._model.manifest.fingerprint and tuning in (None, self._model.tuning)
        return self._model.version if is_same else None

    def resolve(self, reference: str) -> Champion:
        """Never: there are no releases."""
        self._refuse()

    def release(self, release_id: str) -> Release:
        """Never."""
        self._refuse()

    def register(self, model_folder: Path, onnx_folder: Path, *, name: str, tuning: Tuning | None = None) -> int:
        """Never."""
        self._refuse()

    def record(self, release: Release) -> None:
        """Never."""
        self._refuse()

    def make_current(self, version: int, release_id: str) -> None:
        """Never."""
        self._refuse()

    def make_champion(self, version: int) -> None:
        """Never."""
        self._refuse()

    def measured(self, version: int, measures: Mapping[str, float]) -> None:
        """Never."""
        self._refuse()

    def remove(self, release_id: str) -> None:
        """Never."""
        self._refuse()

    def notes(self) -> Mapping[str, str]:
        """None."""
        return {}

    def note(self, name: str, text: str | None) -> None:
        """Never."""
        self._refuse()

    def is_healthy(self) -> bool:
        """Always."""
        return True

    def revision(self) -> str | None:
        """Unknown."""
        return None

    def _refuse(self) -> NoReturn:
        raise VivierError("An evaluation registers and publishes nothing.")
