"""Taking a backup: everything into a hidden folder, the manifest last, and then its name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexing.backup.manifest import (
    COLLECTIONS,
    DATABASE,
    KEY,
    REGISTRY,
    TOMBSTONES,
    Database,
    Engine,
    Listed,
    Manifest,
    Progress,
    SavedRelease,
    inventory,
    key_check,
    new_name,
    seal,
)
from indexing.backup.registry_export import export_registry
from indexing.backup.sqlite_copy import copy_database
from indexing.champions import pins
from indexing.errors import Busy, InputError
from indexing.owned_folders import alone, claim, remove_abandoned, sync
from indexing.registry import Champion
from indexing.workspace import Workspace

ARTIFACTS = "artifacts"
MLFLOW_DATABASE = "mlflow.db"


@dataclass(frozen=True, slots=True)
class WhoLeft:
    """Tombstones as they stand in the database, and what they were made with."""

    tombstones: Sequence[Mapping[str, str | None]]
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a backup is to hold beside collections, and where from."""

    engine: Engine
    registry_database: Path | None  # None: an MLflow server, asked through the registry
    database_kind: Database
    database: Path | None  # where it is a SQLite file
    vivier: str
    every_release: bool = False
    with_key: bool = False


def create(workspace: Workspace, place: Path, asked: Asked, who_left: WhoLeft, progress: Progress) -> Listed:
    """Back up into a new folder under `place`; killed at any moment, it leaves no backup. Hold `building()`."""
    moment = datetime.now(UTC)
    name = new_name(moment)
    champion, chosen = _chosen(workspace, asked.every_release)
    place.mkdir(parents=True, exist_ok=True)
    with alone(place):
        remove_abandoned(place)
        hidden = claim(place, f".{name}")
    with hidden:
        hidden.path.chmod(0o700)  # people are in it
        _save_registry(workspace, hidden.path / REGISTRY, asked, progress)
        if _chosen(workspace, asked.every_release)[0] != champion:
            raise Busy("Another release became the champion while it was backed up; run `vivier backup create` again.")
        for done, release in enumerate(chosen):
            progress("collections", done, len(chosen))
            folder = hidden.path / COLLECTIONS / release.collection
            folder.mkdir(parents=True)
            workspace.store.save(release.collection, folder)
        progress("collections", len(chosen), len(chosen))
        if asked.database is not None:
            copy_database(asked.database, hidden.path / DATABASE)
        _save_tombstones(hidden.path, who_left, with_key=asked.with_key)
        manifest = Manifest(
            name=name,
            created=moment.isoformat(timespec="seconds"),
            vivier=asked.vivier,
            champion=champion.release_id,
            releases=chosen,
            engine=asked.engine,
            registry="export" if asked.registry_database is None else "sqlite",
            database=asked.database_kind,
            tombstones=len(who_left.tombstones),
            key_check=key_check(who_left.key) if who_left.tombstones else "",
            has_key=asked.with_key and bool(who_left.tombstones),
            files=inventory(hidden.path, progress),
        )
        sync(hidden.path)
        seal(hidden.path, manifest)
        sync(hidden.path)
        with alone(place):
            hidden.publish(place / name)
    return Listed(manifest, place / name)


def _chosen(workspace: Workspace, every_release: bool) -> tuple[Champion, tuple[SavedRelease, ...]]:
    """The champion, and what is saved: it, what is pinned and, when asked for, all else that has a collection."""
    registry = workspace.registry
    champion = registry.champion()
    if champion is None:
        raise InputError("Nothing is served yet, so there is nothing to back up; `vivier index` makes a release.")
    pinned = pins(registry)
    wanted = {champion.release_id, *pinned}
    if every_release:
        wanted.update(release_id for version in registry.versions() for release_id in version.releases)
    releases = [registry.release(release_id) for release_id in sorted(wanted)]
    return champion, tuple(
        SavedRelease(one.id, one.collection, one.people, one.id in pinned)
        for one in releases
        if one.id == champion.release_id or workspace.has_collection(one)
    )


def _save_registry(workspace: Workspace, folder: Path, asked: Asked, progress: Progress) -> None:
    folder.mkdir()
    if asked.registry_database is None:
        export_registry(workspace.registry, folder, progress)
        return
    progress("registry", 0, 2)
    # The database first: files are there before the version or the run that names them.
    copy_database(asked.registry_database, folder / MLFLOW_DATABASE)
    progress("registry", 1, 2)
    source = workspace.home / ARTIFACTS
    if source.exists():
        shutil.copytree(source, folder / ARTIFACTS, ignore=_hidden, copy_function=_copy_if_there)
    progress("registry", 2, 2)


def _save_tombstones(folder: Path, who_left: WhoLeft, *, with_key: bool) -> None:
    (folder / TOMBSTONES).write_text(json.dumps([dict(one) for one in who_left.tombstones]), encoding="utf-8")
    if with_key and who_left.tombstones:
        path = folder / KEY
        path.touch(mode=0o600)
        path.write_text(who_left.key.hex(), encoding="ascii")


def _hidden(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(".")]  # half-written by somebody now


def _copy_if_there(source: str, target: str) -> None:
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:  # a run's file that was replaced meanwhile; the database copied before does not name it
        if Path(source).exists():
            raise
