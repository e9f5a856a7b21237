"""A backup brought back into a home: proved beside it, put in its place, and erased from as people left since."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from flows.backing_up import close_connections, database_kind, read_tombstones, released, sqlite_file, who_left
from flows.erase import Erased, erase_pending
from flows.settings import FlowSettings
from indexing.assembly import assemble, people_store, tombstones_of
from indexing.backup.creating import WhoLeft
from indexing.backup.manifest import KEY, REGISTRY, Manifest, Progress, key_check, read_manifest
from indexing.backup.registry_export import Exported, point_registry, read_export
from indexing.backup.restoring import (
    COLLECTION_PARTS,
    NOTES,
    REGISTRY_PARTS,
    prove,
    put_database,
    refuse_damage,
    refuse_other_kind,
    saved_tombstones,
    stage_collections,
    stage_registry,
)
from indexing.backup.swapping import Swap, begin, go_forward, let_go, new_stage, under_way
from indexing.errors import Busy, InputError
from indexing.model_registry.address import parse_address
from indexing.people_store import KEY_FILE
from indexing.whole_files import write_whole
from indexing.workspace import Workspace

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    release: str
    found: int  # people of the one search
    tombstones: int
    erased: Erased


@dataclass(frozen=True, slots=True)
class _Asked:
    """One restore, as it was asked for."""

    settings: FlowSettings
    target: FlowSettings  # the same, with the home to restore into
    folder: Path
    manifest: Manifest
    may_replace: bool
    progress: Progress
    say: Say

    @property
    def registry_is_elsewhere(self) -> bool:
        """Whether the registry is no part of the home."""
        return bool(self.settings.mlflow_tracking_uri)


def bring_back(
    settings: FlowSettings, folder: Path, *, into: Path | None, may_replace: bool, progress: Progress, say: Say
) -> Restored:
    """Restore a backup; killed at any moment, the same command goes on, and nothing half-restored serves."""
    home = (into or settings.home).resolve()
    target = settings.model_copy(update={"home": home})
    manifest = read_manifest(folder)
    asked = _Asked(settings, target, folder, manifest, may_replace, progress, say)
    workspace = assemble(target, to_restore=True)
    with released(workspace), workspace.building():
        swap = _finish(asked, workspace) or _restore(asked, workspace)
    again = assemble(target)
    with released(again):
        found = prove(again, manifest.champion)
    let_go(home, swap)
    count = len(who_left(target).tombstones)
    # Whoever left since is hidden by now; what came back of them goes now.
    erased = erase_pending(target, say=say) if count else Erased(0, None)
    return Restored(manifest.champion, found, count, erased)


def _finish(asked: _Asked, workspace: Workspace) -> Swap | None:
    """Finish a restore that was interrupted; None when there was none, or another backup's."""
    interrupted = under_way(workspace.home)
    if interrupted is None:
        return None
    go_forward(workspace.home, interrupted)
    asked.say(f"The restore of {interrupted.backup} that was interrupted is finished.")
    if interrupted.backup != asked.manifest.name:
        return None
    if asked.registry_is_elsewhere:
        point_registry(workspace.registry, read_export(asked.folder / REGISTRY))
    return interrupted


def _restore(asked: _Asked, workspace: Workspace) -> Swap:
    manifest, settings = asked.manifest, asked.settings
    refuse_other_kind(manifest, has_server=bool(settings.qdrant_url), registry_is_elsewhere=asked.registry_is_elsewhere)
    refuse_damage(asked.folder, manifest, asked.progress)
    _refuse_use(workspace)
    if not asked.may_replace:
        _refuse_releases(asked.target, workspace)
    close_connections(workspace)  # its files are about to be others
    _add_tombstones(settings, asked.target, asked.folder, manifest)
    stage = new_stage(workspace.home)
    to_point = _stage(asked, stage)
    parts = [*NOTES, *(COLLECTION_PARTS if manifest.engine == "edge" else ())]
    parts += [] if asked.registry_is_elsewhere else REGISTRY_PARTS
    swap = begin(workspace.home, stage, backup=manifest.name, parts=parts)
    go_forward(workspace.home, swap)
    if to_point is not None and asked.registry_is_elsewhere:  # the champion last: others follow it at once
        point_registry(workspace.registry, to_point)
    return swap


def _stage(asked: _Asked, stage: Path) -> Exported | None:
    """Bring everything back into the stage and prove it there; returns what a registry elsewhere is to be told."""
    staged = assemble(asked.target.model_copy(update={"home": stage}))
    staged = replace(staged, tombstones=tombstones_of(asked.target))
    try:
        stage_collections(asked.folder, asked.manifest, staged, asked.progress)
        to_point = stage_registry(asked.folder, asked.manifest, staged, asked.progress)
        if to_point is not None and not asked.registry_is_elsewhere:
            point_registry(staged.registry, to_point)
        prove(staged, asked.manifest.champion)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    finally:
        close_connections(staged)
    return to_point


def _refuse_use(workspace: Workspace) -> None:
    workspace.store.sweep()
    clones = workspace.home / "clones"
    if clones.exists() and any(clones.iterdir()):
        raise Busy(f"A process has a release of {workspace.home} open; stop the service, then restore.")


def _refuse_releases(target: FlowSettings, workspace: Workspace) -> None:
    database = parse_address(target.tracking_uri).database
    is_used = not target.qdrant_url and bool(workspace.store.names())
    if database is not None and database.exists():
        is_used = is_used or any(known.releases for known in workspace.registry.versions())
    if is_used:
        raise InputError(f"{workspace.home} has releases; say --replace to put the backup in their place.")


def _add_tombstones(settings: FlowSettings, target: FlowSettings, folder: Path, manifest: Manifest) -> None:
    """Before anything that came back can be shown: whoever left, before the backup or since, is left out."""
    origin = settings.model_copy(update={"home": settings.home.resolve()})
    elsewhere = who_left(origin) if origin.home != target.home else WhoLeft((), b"")
    saved = read_tombstones(saved_tombstones(folder))
    if saved or elsewhere.tombstones:
        _settle_key(target, folder, manifest, elsewhere)
    if manifest.database == "sqlite" and database_kind(target) == "none":
        sqlite_file(target).parent.mkdir(parents=True, exist_ok=True)
        put_database(folder, sqlite_file(target))
    if database_kind(target) == "none" and not saved and not elsewhere.tombstones:
        return
    since = [replace(one, erased_at=None) for one in read_tombstones(elsewhere.tombstones)]
    with closing(people_store(target)) as people:
        # What the backup has of them first: who was erased before it was made is not in it.
        people.add_back([*saved, *(one for one in since if one.mark not in {known.mark for known in saved})])


def _settle_key(target: FlowSettings, folder: Path, manifest: Manifest, elsewhere: WhoLeft) -> None:
    """Let the home have the key that the tombstones were made with; InputError when it has another or none."""
    path = target.home / KEY_FILE
    given = target.tombstone_key.get_secret_value()
    wanted = manifest.key_check or key_check(elsewhere.key)
    if not given and not path.exists():
        brought = _key_brought(folder, elsewhere, wanted)
        if brought is None:
            raise InputError(
                f"The backup holds {manifest.tombstones} tombstones and not their key, without which they keep nobody "
                f"away: set VIVIER_TOMBSTONE_KEY, or copy tombstones.key of the home it was taken from to {path}.",
                field="VIVIER_TOMBSTONE_KEY",
            )
        path.touch(mode=0o600)
        write_whole(path, brought)
        path.chmod(0o600)
    key = given.encode() if given else bytes.fromhex(path.read_text(encoding="ascii"))
    if key_check(key) != wanted or (elsewhere.tombstones and elsewhere.key != key):
        raise InputError(
            "The tombstones of the backup were made with another key than this home has; set VIVIER_TOMBSTONE_KEY to "
            "the one of the home that it was taken from.",
            field="VIVIER_TOMBSTONE_KEY",
        )


def _key_brought(folder: Path, elsewhere: WhoLeft, wanted: str) -> str | None:
    with contextlib.suppress(FileNotFoundError):
        return (folder / KEY).read_text(encoding="ascii")
    return elsewhere.key.hex() if elsewhere.key and key_check(elsewhere.key) == wanted else None
