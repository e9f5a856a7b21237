"""The registry over an open connection to MLflow: versions by their tags, releases by the files of their runs."""

# mlflow annotates only part of what it exports.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlflow.entities import Metric, ViewType
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

from indexing.errors import (
    AliasNotMoved,
    Busy,
    FingerprintMismatch,
    ModelFilesCorrupt,
    RegistryUnavailable,
    ReleaseNotFound,
    ReleaseRefused,
)
from indexing.model_registry.artifacts import RunFiles, run_files, source_files
from indexing.model_registry.connection import MISSING_ALIAS, Connection, MissingEntryError, all_pages
from indexing.model_registry.version_logging import EXPERIMENT, READY_TAG, TUNING_TAG, log_version
from indexing.owned_folders import alone, claim, remove_abandoned
from indexing.registry import Champion, ModelVersion
from indexing.releases import CHAMPION, MODEL_NAME, RELEASE_ID, Release, version_of
from indexing.tuning import Tuning

RELEASE_TAG = "release"
SAVED_MODEL = "model.sentence_transformer"  # what MLflow's flavour calls the folder
PAGE = 1000
VERSION = re.compile(r"v?([0-9]{1,9})")


class ConnectedRegistry:
    """What `MlflowRegistry` promises, once MLflow is open; see there for each method."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.close = connection.close

    def champion(self) -> Champion | None:
        """Version and release tag in one call of MLflow."""
        try:
            return _current(self._by_alias(CHAMPION))
        except ReleaseNotFound:
            return None

    def versions(self) -> list[ModelVersion]:
        """Four calls of MLflow, and one listing per version."""
        found = self._ready()
        if not found:
            return []
        with self._connection.asking():
            aliases = self._connection.versions.get_registered_model(MODEL_NAME).aliases
            metrics = self._metrics()
        return [
            ModelVersion(
                version=int(model.version),
                name=model.tags["name"],
                fingerprint=model.tags["fingerprint"],
                created=datetime.fromtimestamp(model.creation_timestamp / 1000, UTC).isoformat(timespec="seconds"),
                release_id=model.tags.get(RELEASE_TAG),
                releases=self._releases(model),
                aliases=tuple(sorted(alias for alias, named in aliases.items() if int(named) == int(model.version))),
                metrics=metrics.get(model.run_id, {}),
            )
            for model in found
        ]

    def resolve(self, reference: str) -> Champion:
        """Release id, number or alias, told apart by their form."""
        if RELEASE_ID.fullmatch(reference):
            version = version_of(reference)
            if reference not in self._releases(self._by_number(version, reference)):
                raise ReleaseNotFound(reference)
            return Champion(version, reference)
        number = VERSION.fullmatch(reference)
        model = self._by_number(int(number[1]), reference) if number else self._by_alias(reference)
        return _current(model) or _refuse_without_release(reference, model)

    def release(self, release_id: str) -> Release:
        """One lookup of the version and one file."""
        return self._read(self._files(self._by_number(version_of(release_id), release_id)), release_id)

    def register(self, model_folder: Path, onnx_folder: Path, *, name: str, tuning: Tuning | None = None) -> int:
        """See `version_logging`."""
        return log_version(self._connection, model_folder, onnx_folder, name=name, tuning=tuning)

    def tuning(self, version: int) -> Tuning:
        """One call: it is a tag of the version."""
        return _tuning(self._by_number(version))

    def find(self, fingerprint: str, *, tuning: Tuning | None = None) -> int | None:
        """One search."""
        same = (model for model in self._ready() if model.tags["fingerprint"] == fingerprint)
        return next((int(model.version) for model in same if tuning is None or _tuning(model) == tuning), None)

    def fetch_model(self, version: int, destination: Path) -> None:
        """A download beside the destination, then a rename; what killed fetches left there is removed first."""
        files, models = self._files(self._by_number(version)), destination.parent
        with self._connection.asking():
            with alone(models):
                remove_abandoned(models)
                unfinished = claim(models, f".{destination.name}")
            with unfinished:
                with suppress(MissingEntryError):
                    files.fetch("onnx", unfinished.path)
                if not (unfinished.path / "encoder.json").exists():
                    raise ModelFilesCorrupt(
                        f"Version {version} has no ONNX folder in MLflow; register its model again."
                    )
                with alone(models):
                    if not destination.exists():  # else another process was faster, with the same files
                        unfinished.publish(destination)

    def fetch_source(self, version: int, destination: Path) -> None:
        """A download of the model that MLflow's flavour saved; each file whole, the folder only when all are."""
        model = self._by_number(version)
        with self._connection.asking():
            destination.mkdir(parents=True, exist_ok=True)
            with suppress(MissingEntryError):
                source_files(self._connection, str(model.source)).fetch(SAVED_MODEL, destination)
        if not (destination / "modules.json").exists():
            raise ModelFilesCorrupt(f"Version {version} has no {SAVED_MODEL} in MLflow; register its model again.")

    def record(self, release: Release) -> None:
        """One file, created once."""
        model = self._by_number(release.model_version, release.id)
        if version_of(release.id) != release.model_version:
            raise ReleaseRefused(f"Release {release.id} cannot belong to version {release.model_version}.")
        if release.fingerprint != model.tags["fingerprint"]:
            raise FingerprintMismatch(
                f"Release {release.id} was made with encoder {release.fingerprint}, version {model.version} has "
                f"{model.tags['fingerprint']}; build it again with `vivier index --version {model.version}`."
            )
        files = self._files(model)
        with self._connection.asking():
            is_new = files.create(_path(release.id), json.dumps(release.to_dict(), sort_keys=True).encode())
        if not is_new and self._read(files, release.id) != release:
            raise ReleaseRefused(f"Release {release.id} is recorded with another manifest; a release never changes.")

    def make_current(self, version: int, release_id: str) -> None:
        """Checks that the release is recorded, writes the tag, reads it back."""
        model = self._by_number(version, release_id)
        if release_id not in self._releases(model):
            raise ReleaseNotFound(release_id)
        tag = ModelVersionTag(RELEASE_TAG, release_id)
        self._move(
            f"the tag `{RELEASE_TAG}` of version {version}",
            release_id,
            write=lambda: self._connection.versions.set_model_version_tag(MODEL_NAME, str(version), tag),
            read=lambda: str(self._by_number(version).tags.get(RELEASE_TAG)),
        )

    def make_champion(self, version: int) -> None:
        """Checks that the version has a release, writes the alias, reads it back."""
        model = self._by_number(version)
        if _current(model) is None:
            _refuse_without_release(str(version), model)
        self._move(
            f"the alias `{CHAMPION}`",
            str(version),
            write=lambda: self._connection.versions.set_registered_model_alias(MODEL_NAME, CHAMPION, str(version)),
            read=lambda: str(getattr(self.champion(), "version", None)),
        )

    def measured(self, version: int, measures: Mapping[str, float]) -> None:
        """Measures of the run that registered the version; of equal names the newest counts."""
        run_id, now = self._by_number(version).run_id, int(time.time() * 1000)
        metrics = [Metric(name, value, now, 0) for name, value in measures.items()]
        with self._connection.asking():
            self._connection.runs.log_batch(run_id, metrics, [], [])

    def remove(self, release_id: str) -> None:
        """Removes the one file and its folder."""
        model = self._by_number(version_of(release_id), release_id)
        if model.tags.get(RELEASE_TAG) == release_id:
            raise Busy(f"Version {model.version} names {release_id} as its release; build or load another first.")
        files = self._files(model)
        with self._connection.asking():
            files.remove(f"releases/{release_id}")

    def notes(self) -> dict[str, str]:
        """One call; none before the first version."""
        try:
            with self._connection.asking():
                return dict(self._connection.versions.get_registered_model(MODEL_NAME).tags)
        except MissingEntryError:
            return {}

    def note(self, name: str, text: str | None) -> None:
        """One call; MLflow keeps each tag by itself, so that two writers do not undo one another."""
        versions = self._connection.versions
        try:
            with self._connection.asking():
                if text is not None:
                    versions.set_registered_model_tag(MODEL_NAME, RegisteredModelTag(name, text))
                else:
                    versions.delete_registered_model_tag(MODEL_NAME, name)
        except MissingEntryError as error:
            if text is not None:
                raise ReleaseNotFound(MODEL_NAME, known="no version yet") from error

    def _move(self, what: str, wanted: str, *, write: Callable[[], object], read: Callable[[], str]) -> None:
        """Write, then believe only what is read back: a failed write may have landed, a good one be overwritten."""
        failure: RegistryUnavailable | None = None
        try:
            with self._connection.asking(missing=()):
                write()
        except RegistryUnavailable as error:
            failure = error
        seen = read()
        if seen != wanted:
            reason = f": {failure}" if failure else "; somebody else moved it meanwhile."
            raise AliasNotMoved(f"MLflow did not move {what} to {wanted}, it names {seen}{reason}") from failure

    def _by_number(self, version: int, reference: str | None = None) -> Any:
        try:
            with self._connection.asking():
                model = self._connection.versions.get_model_version(MODEL_NAME, str(version))
        except MissingEntryError as error:
            raise ReleaseNotFound(reference or str(version)) from error
        if READY_TAG not in model.tags:
            raise ReleaseNotFound(reference or str(version))
        return model

    def _by_alias(self, alias: str) -> Any:
        try:
            with self._connection.asking(missing=MISSING_ALIAS):
                return self._connection.versions.get_model_version_by_alias(MODEL_NAME, alias)
        except MissingEntryError as error:
            raise ReleaseNotFound(alias) from error

    def _ready(self) -> list[Any]:
        """Versions that `register` made, newest first; others, made by hand in MLflow, have no encoder to serve."""
        with self._connection.asking():
            found = all_pages(
                lambda token: self._connection.versions.search_model_versions(
                    f"name = '{MODEL_NAME}'", PAGE, None, token
                )
            )
        return sorted((model for model in found if READY_TAG in model.tags), key=lambda model: -int(model.version))

    def _metrics(self) -> dict[str, dict[str, float]]:
        runs = self._connection.runs
        experiment = runs.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            return {}
        found = all_pages(
            lambda token: runs.search_runs([experiment.experiment_id], "", ViewType.ALL, PAGE, None, token)
        )
        return {run.info.run_id: dict(run.data.metrics) for run in found}

    def _files(self, model: Any) -> RunFiles:
        return run_files(self._connection, model.run_id)

    def _releases(self, model: Any) -> tuple[str, ...]:
        files = self._files(model)
        with self._connection.asking():
            names = files.names("releases")
        # The build's second is in the id: within one version, the order of ids is the order of builds.
        return tuple(sorted(filter(RELEASE_ID.fullmatch, names), reverse=True))

    def _read(self, files: RunFiles, release_id: str) -> Release:
        try:
            with self._connection.asking():
                content = files.read(_path(release_id))
        except MissingEntryError as error:
            raise ReleaseNotFound(release_id) from error
        try:
            return Release.from_dict(json.loads(content))
        except ValueError as error:
            raise ModelFilesCorrupt(f"release.json of {release_id} is not JSON; build the release again.") from error


def _tuning(model: Any) -> Tuning:
    written = model.tags.get(TUNING_TAG)
    return Tuning.from_json(written) if written else Tuning()


def _path(release_id: str) -> str:
    return f"releases/{release_id}/release.json"


def _current(model: Any) -> Champion | None:
    release_id = model.tags.get(RELEASE_TAG)
    return Champion(int(model.version), release_id) if release_id else None


def _refuse_without_release(reference: str, model: Any) -> Champion:
    hint = f"version {model.version}, which has no release yet; `vivier index --version {model.version}` builds one"
    raise ReleaseNotFound(reference, known=hint)
