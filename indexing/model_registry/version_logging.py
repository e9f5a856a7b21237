"""Logging a model as a new version: all of it, or nothing that anyone would take for a version.

The version is created last and with all its tags in one call, so that a kill at any moment leaves at most an unfinished
run. The next registration removes such runs. MLflow's `log_model` would do the same through process-wide state (the
tracking URI, the active run); its parts are called here with everything named.
"""

# mlflow annotates only part of what it exports.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import json
import tempfile
import time
import warnings
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from mlflow.entities import (
    ExperimentTag,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Param,
    RunStatus,
    RunTag,
    ViewType,
)
from mlflow.entities.logged_model_tag import LoggedModelTag
from mlflow.entities.model_registry import ModelVersionTag

from indexing.errors import InvalidModelFolder, RegistryUnavailable
from indexing.model_registry.artifacts import files_at, run_files
from indexing.model_registry.connection import Connection, MissingEntryError
from indexing.model_registry.version_description import REGISTERED_MODEL, describe_version, version_tags
from indexing.releases import MODEL_NAME
from indexing.run_environment import environment, machine
from indexing.run_log import experiment_tags
from indexing.tuning import Tuning

EXPERIMENT = "vivier"
READY_TAG = "ready"  # set with the version itself; one without it was not made here
TUNING_TAG = "tuning"  # some 600 characters of JSON, created with the version: neither is ever without the other
STEP_TAG = "vivier.step"  # marks the runs that registrations make
ABANDONED_SECONDS = 3600  # a registration takes seconds; a run still unfinished after an hour was killed


def log_version(
    connection: Connection, model_folder: Path, onnx_folder: Path, *, name: str, tuning: Tuning | None = None
) -> int:
    """Log both folders of a model and create its version; returns the version's number."""
    manifest = read_encoder_json(onnx_folder)
    model = _load_model(model_folder)
    experiment = _experiment_id(connection)
    _remove_abandoned(connection, experiment)
    with ExitStack() as undo:
        with connection.asking():
            described = describe_version(name, manifest, is_tuned=tuning is not None)
            run_id = str(_start_run(connection, experiment, name, described).info.run_id)
            undo.callback(_discard, connection, run_id)
            logged = connection.runs.create_logged_model(
                experiment, name="encoder", source_run_id=run_id, tags=[LoggedModelTag("name", name)]
            )
        with tempfile.TemporaryDirectory(prefix="vivier-register-") as scratch:
            saved = Path(scratch) / "model"
            _save(model, saved, run_id=run_id, logged=logged)
            files_at(connection, logged.artifact_location).put(saved, "")
            metrics = {"onnx_bytes": _size(onnx_folder), "model_bytes": _size(saved)}
        run_files(connection, run_id).put(onnx_folder, "onnx")
        with connection.asking():
            _describe_run(connection, run_id, {"name": name, **manifest}, metrics)
            connection.runs.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
            connection.runs.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
        tags = {READY_TAG: "true", "fingerprint": str(manifest["fingerprint"]), "name": name, **version_tags(manifest)}
        if tuning is not None:
            tags[TUNING_TAG] = tuning.to_json()
        version = _create_version(connection, logged, run_id, tags, described)
        with suppress(RegistryUnavailable), connection.asking():  # the version exists; the run's status is decoration
            connection.runs.update_run_info(run_id, RunStatus.FINISHED, _now_ms(), None)
            # By this tag the model's page finds its version, as MLflow's own client sets it.
            named = json.dumps([{"name": MODEL_NAME, "version": version}])
            connection.runs.set_logged_model_tags(logged.model_id, [LoggedModelTag("mlflow.modelVersions", named)])
        undo.pop_all()
    return version


def read_encoder_json(onnx_folder: Path) -> dict[str, Any]:
    """The ONNX folder's manifest. InvalidModelFolder when there is none, or none with a fingerprint."""
    path = onnx_folder / "encoder.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if manifest["fingerprint"]:
            return manifest
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidModelFolder(
            f"{path} is not an encoder's manifest; export the model again.", field="encoder.json"
        ) from error
    raise InvalidModelFolder(f"{path} has an empty fingerprint; export the model again.", field="fingerprint")


def _load_model(model_folder: Path) -> Any:
    # Only here: this imports torch, which no serving process needs.
    from sentence_transformers import SentenceTransformer

    if not (model_folder / "modules.json").exists():
        raise InvalidModelFolder(f"{model_folder} is not a sentence-transformers folder: it has no modules.json.")
    try:
        return SentenceTransformer(str(model_folder), device="cpu", local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InvalidModelFolder(f"{model_folder} cannot be loaded by sentence-transformers: {error}") from error


def _save(model: Any, folder: Path, *, run_id: str, logged: Any) -> None:
    # Given, not inferred: MLflow would load the model in a new process to see what it imports (24 s against 0.4 s).
    packages = ("sentence-transformers", "transformers", "torch")
    requirements = [f"{package}=={installed_version(package).split('+')[0]}" for package in packages]
    with warnings.catch_warnings():
        # Both are MLflow's own business: its chat classes as they are imported, and where it finds a class.
        warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType", category=UserWarning)
        warnings.filterwarnings("ignore", message="Importing from 'sentence_transformers", category=DeprecationWarning)
        import mlflow.sentence_transformers
        from mlflow.models import Model

        described = Model(artifact_path=logged.artifact_location, run_id=run_id, model_id=logged.model_id)
        mlflow.sentence_transformers.save_model(
            model, str(folder), mlflow_model=described, pip_requirements=requirements
        )


def _experiment_id(connection: Connection) -> str:
    with connection.asking(missing=("RESOURCE_ALREADY_EXISTS",)):
        found = connection.runs.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        location = None if connection.server else connection.artifacts.absolute().as_uri()
        with suppress(MissingEntryError), connection.asking(missing=("RESOURCE_ALREADY_EXISTS",)):
            tags = [ExperimentTag(*tag) for tag in experiment_tags(EXPERIMENT).items()]
            return str(connection.runs.create_experiment(EXPERIMENT, location, tags))
        return str(connection.runs.get_experiment_by_name(EXPERIMENT).experiment_id)  # another process was faster


def _start_run(connection: Connection, experiment: str, name: str, described: str) -> Any:
    tags = {
        STEP_TAG: "register",
        "kind": "registration",
        "mlflow.runName": name,
        "mlflow.note.content": described,
        "mlflow.source.name": "vivier register",
        "python": environment()["python"],
        "machine": machine(),
    }
    return connection.runs.create_run(experiment, "vivier", _now_ms(), [RunTag(*tag) for tag in tags.items()], name)


def _describe_run(
    connection: Connection, run_id: str, described: Mapping[str, Any], metrics: Mapping[str, float]
) -> None:
    scalars = {k: v for k, v in described.items() if isinstance(v, str | int | float | bool)}
    connection.runs.log_batch(
        run_id,
        [Metric(key, value, _now_ms(), 0) for key, value in metrics.items()],
        [Param(key, str(value)[:500]) for key, value in scalars.items()],
        [],
    )


def _create_version(connection: Connection, logged: Any, run_id: str, tags: Mapping[str, str], described: str) -> int:
    with suppress(MissingEntryError), connection.asking(missing=("RESOURCE_ALREADY_EXISTS",)):
        connection.versions.create_registered_model(MODEL_NAME, description=REGISTERED_MODEL)
    with connection.asking():
        # The source is the files' place, not models:/<id>: MLflow resolves the latter through its process-wide URI.
        version = connection.versions.create_model_version(
            MODEL_NAME,
            logged.artifact_location,
            run_id,
            [ModelVersionTag(key, value) for key, value in tags.items()],
            None,
            described,
            model_id=logged.model_id,
        )
    return int(version.version)


def _remove_abandoned(connection: Connection, experiment: str) -> None:
    before = _now_ms() - ABANDONED_SECONDS * 1000
    with connection.asking():
        abandoned = connection.runs.search_runs(
            [experiment],
            f"tags.`{STEP_TAG}` = 'register' and attributes.status = 'RUNNING' and attributes.start_time < {before}",
            ViewType.ACTIVE_ONLY,
        )
    for run in abandoned:
        _discard(connection, run.info.run_id)


def _discard(connection: Connection, run_id: str) -> None:
    """Mark a run as failed and delete it (`mlflow gc` frees the files), unless a version stands on it after all.

    A lost answer to the creation of the version leaves that open. With MLflow away nothing is done: the next
    registration finds the run.
    """
    with suppress(RegistryUnavailable, MissingEntryError), connection.asking():
        if connection.versions.search_model_versions(f"run_id = '{run_id}'", 1):
            connection.runs.update_run_info(run_id, RunStatus.FINISHED, _now_ms(), None)
            return
        connection.runs.update_run_info(run_id, RunStatus.FAILED, _now_ms(), None)
        connection.runs.delete_run(run_id)


def _size(folder: Path) -> float:
    return float(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))


def _now_ms() -> int:
    return int(time.time() * 1000)
