"""The sentence-transformers folder of a version: what it can be trained on from. Serving needs only its ONNX folder."""

from __future__ import annotations

from pathlib import Path

from indexing.errors import ModelFilesCorrupt, ReleaseNotFound
from indexing.model_folder import written_whole
from indexing.model_registry.address import parse_address
from indexing.releases import MODEL_NAME

SAVED = "model.sentence_transformer"  # MLflow's name for it inside a logged model
TIMEOUT_SECONDS = 10.0


def fetch_source(tracking_uri: str, artifacts: Path, version: int, destination: Path) -> None:
    """Copy a version's sentence-transformers folder, whole or not at all."""
    from indexing.model_registry.artifacts import files_at  # imports mlflow
    from indexing.model_registry.connection import MissingEntryError, connect

    connection = connect(parse_address(tracking_uri), artifacts=artifacts, timeout_seconds=TIMEOUT_SECONDS)
    try:
        try:
            with connection.asking():
                place = str(connection.versions.get_model_version(MODEL_NAME, str(version)).source)
        except MissingEntryError as error:
            raise ReleaseNotFound(str(version)) from error
        try:
            with written_whole(destination) as folder, connection.asking():
                files_at(connection, place).fetch(SAVED, folder)
        except MissingEntryError as error:
            raise ModelFilesCorrupt(
                f"Version {version} has no sentence-transformers folder in MLflow; register its model again."
            ) from error
    finally:
        connection.close()
