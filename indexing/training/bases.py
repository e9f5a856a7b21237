"""What a training starts from: version 1, another registered version, or a sentence-transformers folder."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from indexing.errors import InvalidModelFolder
from indexing.evaluation.known_model import KnownModel, find_model
from indexing.export.graph import export_encoder
from indexing.export.model_folders import ModelSource, from_folder
from indexing.workspace import Workspace

_VERSION = re.compile(r"v?([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Base:
    """A model to train on from, and the same as it is served."""

    source: ModelSource
    known: KnownModel


def find_base(
    reference: str | None,
    workspace: Workspace,
    bases: Path,
    *,
    ensure_version: Callable[[int | None], int],
    fetch_source: Callable[[int, Path], None],
    warn: Callable[[str], None],
) -> Base:
    """The base named, version 1 when none is; files that have to be fetched or exported are kept in `bases`.

    `fetch_source` copies a version's sentence-transformers folder. InvalidModelFolder when there is no such base.
    """
    number = _VERSION.fullmatch(reference or "1")
    if number is None:
        source = from_folder(Path(str(reference)))
        return Base(source, exported(source, bases, version=0))
    known = find_model(int(number[1]), workspace, ensure_version, warn=warn)
    folder = bases / known.manifest.fingerprint
    if not folder.exists():
        bases.mkdir(parents=True, exist_ok=True)
        fetch_source(known.version, folder)
    found = from_folder(folder, name=known.manifest.name)
    if (found.query_prefix, found.passage_prefix) != (known.manifest.query_prefix, known.manifest.passage_prefix):
        raise InvalidModelFolder(f"Version {known.version} was registered with other prompts than its folder has.")
    return Base(replace(found, max_length=known.manifest.max_length), known)


def exported(source: ModelSource, parent: Path, *, version: int) -> KnownModel:
    """A model as it would be served, in a folder of `parent` with its fingerprint's name."""
    parent.mkdir(parents=True, exist_ok=True)
    scratch = parent / f".exporting-{os.getpid()}"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        manifest = export_encoder(source, scratch)
        folder = parent / manifest.fingerprint
        if not folder.exists():
            scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return KnownModel(version, folder, manifest)
