"""The versions that come with the project, made from packages: 1 is English MiniLM, 2 a multilingual encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexing.errors import ReleaseNotFound
from indexing.pipeline import Progress, silent
from indexing.tuning import UNTUNED
from indexing.workspace import Workspace

if TYPE_CHECKING:
    from indexing.export.model_folders import ModelSource


def ensure_version(version: int | None, workspace: Workspace, progress: Progress = silent) -> int:
    """The version asked for (None: the champion's, else 1), made from its recipe when it does not exist yet.

    MLflow numbers versions in a row, so asking for 2 on an empty registry makes 1 first. ReleaseNotFound for a number
    that is neither registered nor a recipe's.
    """
    if version is None:
        champion = workspace.registry.champion()
        version = champion.version if champion else 1
    if version in _registered(workspace):
        return version
    with workspace.building():  # of two first runs at once, one registers
        registered = _registered(workspace)
        for number in range(1, version + 1):
            if number in registered:
                continue
            if number > 2 or (registered and number < max(registered)):
                raise ReleaseNotFound(str(version), known=", ".join(map(str, sorted(registered))))
            registered.add(_register_recipe(number, workspace, progress))
    if version not in registered:
        raise ReleaseNotFound(str(version), known=", ".join(map(str, sorted(registered))))
    return version


def _registered(workspace: Workspace) -> set[int]:
    return {known.version for known in workspace.registry.versions()}


def register_source(source: str, name: str | None, workspace: Workspace, progress: Progress = silent) -> int:
    """Register any sentence-transformers folder, or hub name, as the next version."""
    from indexing.export.model_folders import from_folder  # what serves needs nothing of the export
    from indexing.export.sources import from_hub

    if Path(source).exists():
        found = from_folder(Path(source))
    else:
        progress("fetch", 0, 1)
        found = from_hub(source)
        progress("fetch", 1, 1)
    with workspace.building():
        return _export_and_register(found, name, workspace, progress)


def _register_recipe(number: int, workspace: Workspace, progress: Progress) -> int:
    from indexing.export.sources import english_minilm, multilingual_e5

    if number == 1:
        return _export_and_register(english_minilm(), None, workspace, progress)
    with workspace.scratch() as folder:
        return _export_and_register(multilingual_e5(folder), None, workspace, progress)


def _export_and_register(source: ModelSource, name: str | None, workspace: Workspace, progress: Progress) -> int:
    from indexing.export.graph import export_encoder

    source = replace(source, name=name or source.name)
    progress("export", 0, 2)
    with workspace.scratch() as folder:
        onnx = folder / "onnx"
        manifest = export_encoder(source, onnx)
        progress("export", 1, 2)
        known = workspace.registry.find(manifest.fingerprint, tuning=UNTUNED)
        if known is None:
            known = workspace.registry.register(source.folder, onnx, name=source.name)
        workspace.registry.fetch_model(known, workspace.models / manifest.fingerprint)
    progress("export", 2, 2)
    return known
