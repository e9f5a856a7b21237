"""Bringing a backup back: into a stage beside the home, proved there as a service would use it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from indexing.backup.creating import ARTIFACTS, MLFLOW_DATABASE
from indexing.backup.manifest import COLLECTIONS, DATABASE, REGISTRY, TOMBSTONES, Manifest, Progress, first_damage
from indexing.backup.registry_export import Exported, fill_registry, read_export
from indexing.errors import InputError, ReleaseRefused
from indexing.workspace import Workspace

COLLECTION_PARTS = (COLLECTIONS,)
REGISTRY_PARTS = (MLFLOW_DATABASE, *(f"{MLFLOW_DATABASE}-{log}" for log in ("wal", "shm", "journal")), ARTIFACTS)
NOTES = ("served.json", "refresh.json", "unfinished")
_ASKED = "software"  # any word: the nearest people are found for each


def refuse_damage(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """InputError, naming the file, unless every file is as it was written."""
    damaged = first_damage(folder, manifest, progress)
    if damaged is not None:
        raise InputError(f"{damaged} of backup {manifest.name} is missing or damaged; restore another backup.")


def refuse_other_kind(manifest: Manifest, *, has_server: bool, registry_is_elsewhere: bool) -> None:
    """InputError when the settings name another engine or registry than the backup was taken from."""
    if manifest.engine == "edge" and has_server:
        raise InputError("This backup's collections are Qdrant Edge's; unset VIVIER_QDRANT_URL to restore it.")
    if manifest.engine == "server" and not has_server:
        raise InputError("This backup's collections are a Qdrant server's; name one in VIVIER_QDRANT_URL.")
    if manifest.registry == "sqlite" and registry_is_elsewhere:
        raise InputError("This backup's registry is a home's own; unset MLFLOW_TRACKING_URI to restore it.")


def stage_collections(folder: Path, manifest: Manifest, staged: Workspace, progress: Progress) -> None:
    """Bring back the collections that are not there; what is there was erased from since, and stays."""
    present = set(staged.store.names())
    for done, release in enumerate(manifest.releases):
        progress("collections", done, len(manifest.releases))
        if release.collection not in present:
            staged.store.recover(release.collection, folder / COLLECTIONS / release.collection)
    progress("collections", len(manifest.releases), len(manifest.releases))


def stage_registry(folder: Path, manifest: Manifest, staged: Workspace, progress: Progress) -> Exported | None:
    """Bring back the registry; None when that was all, else what is still to be pointed at the champion."""
    saved = folder / REGISTRY
    if manifest.registry == "export":
        exported = read_export(saved)
        fill_registry(staged.registry, exported, progress)
        return exported
    progress("registry", 0, 1)
    shutil.copy2(saved / MLFLOW_DATABASE, staged.home / MLFLOW_DATABASE)
    if (saved / ARTIFACTS).exists():
        shutil.copytree(saved / ARTIFACTS, staged.home / ARTIFACTS, dirs_exist_ok=True)
    progress("registry", 1, 1)
    return None


def put_database(folder: Path, target: Path) -> None:
    """Put the backup's database where there is none, whole."""
    part = target.with_name(f".{target.name}.restored")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with (folder / DATABASE).open("rb") as source, part.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    part.rename(target)


def saved_tombstones(folder: Path) -> Sequence[Mapping[str, Any]]:
    """The tombstones that were there when the backup was made."""
    found: list[Mapping[str, Any]] = json.loads((folder / TOMBSTONES).read_text(encoding="utf-8"))
    return found


def prove(workspace: Workspace, release_id: str) -> int:
    """Open a release as a service does and ask it one search; returns how many people came back."""
    from indexing.candidates import Need
    from indexing.hidden_people import HiddenPeople
    from indexing.search import search_people
    from indexing.skills import load_catalogue

    opened = workspace.open(workspace.verify(workspace.registry.release(release_id)))
    try:
        hidden = HiddenPeople().of(opened)
        answer = search_people(Need(_ASKED, limit=10), opened, load_catalogue(), hidden=hidden)
        if not answer.candidates and opened.index.count_people() > len(hidden):
            raise ReleaseRefused(f"{release_id} opens and finds nobody; restore another backup.")
    finally:
        opened.close()
    return len(answer.candidates)
