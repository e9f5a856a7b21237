"""An encoder with another passage template or in another precision; each has a fingerprint of its own."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from indexing.errors import InvalidModelFolder
from indexing.evaluation.known_model import KnownModel
from indexing.model_folder import (
    MODEL_FILE,
    TOKENIZER_FILE,
    ModelManifest,
    fingerprint_of,
    read_manifest,
    write_manifest,
    written_whole,
)
from indexing.templates import parse_template
from indexing.workspace import Workspace

if TYPE_CHECKING:
    from indexing.export.graph import Precision


def variant_of(model: KnownModel, *, template: str, precision: str, workspace: Workspace) -> KnownModel:
    """The model itself when it is so already, else its variant, made once and kept beside the models of the home."""
    wanted = str(parse_template(template))
    if precision != model.manifest.precision:
        model = _in_precision(model, precision, workspace)
    if wanted == model.manifest.template:
        return model
    manifest = replace(model.manifest, template=wanted)
    manifest = replace(manifest, fingerprint=fingerprint_of(manifest))
    folder = workspace.models / manifest.fingerprint
    if not folder.exists():
        # Two that make it at once make the same; the graph and the canaries are about texts, whatever they are made of.
        with suppress(InvalidModelFolder), written_whole(folder) as unfinished:
            for name in (MODEL_FILE, TOKENIZER_FILE):
                shutil.copyfile(model.folder / name, unfinished / name)
            write_manifest(unfinished, manifest)
    return replace(model, folder=folder, manifest=manifest)


def _in_precision(model: KnownModel, precision: str, workspace: Workspace) -> KnownModel:
    for folder in sorted(workspace.models.glob("[!.]*")):
        known = read_manifest(folder)
        if _differ_in_precision(known, model.manifest) and known.precision == precision:
            return replace(model, folder=folder, manifest=known)
    from indexing.export.graph import export_encoder  # torch
    from indexing.export.model_folders import from_folder

    with workspace.scratch() as scratch:
        saved = workspace.registry.fetch_source(model.version, scratch / "model")
        source = from_folder(
            saved,
            name=model.manifest.name,
            query_prefix=model.manifest.query_prefix,
            passage_prefix=model.manifest.passage_prefix,
        )
        made = scratch / "onnx"
        manifest = export_encoder(
            source, made, precision=cast("Precision", precision), template=model.manifest.template
        )
        folder = workspace.models / manifest.fingerprint
        if not folder.exists():
            made.rename(folder)
    return replace(model, folder=folder, manifest=manifest)


def _differ_in_precision(one: ModelManifest, other: ModelManifest) -> bool:
    """Whether these are one model in two precisions: all that decides a vector but the graph's file is equal."""
    bare = [replace(each, precision="", fingerprint="", canaries=(), files={}) for each in (one, other)]
    same_words = one.files.get(TOKENIZER_FILE) == other.files.get(TOKENIZER_FILE)
    return same_words and one.precision != other.precision and bare[0] == bare[1]
