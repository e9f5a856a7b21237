"""Backups of one installation: what its settings name, taken into a folder and brought back from one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.settings import FlowSettings
from indexing.assembly import assemble, people_store
from indexing.backup.creating import Asked, WhoLeft, create
from indexing.backup.manifest import Database, Listed, Progress, backups_in
from indexing.model_registry import MlflowRegistry
from indexing.model_registry.address import parse_address
from indexing.people_store import Tombstone
from indexing.run_environment import package_version
from indexing.workspace import Workspace

FOLDER = "backups"


def default_place(settings: FlowSettings) -> Path:
    """Where backups are kept unless another folder is named."""
    return settings.home.resolve() / FOLDER


def take_backup(
    settings: FlowSettings, place: Path, *, every_release: bool, with_key: bool, progress: Progress
) -> Listed:
    """Back up what is served and pinned, or every release, while it goes on serving."""
    workspace = assemble(settings)
    with released(workspace), workspace.building():  # nobody builds, erases or removes releases meanwhile
        kind = database_kind(settings)
        asked = Asked(
            engine="server" if settings.qdrant_url else "edge",
            registry_database=parse_address(settings.tracking_uri).database,
            database_kind=kind,
            database=sqlite_file(settings) if kind == "sqlite" else None,
            vivier=package_version(),
            every_release=every_release,
            with_key=with_key,
        )
        return create(workspace, place.resolve(), asked, who_left(settings), progress)


@contextmanager
def released(workspace: Workspace) -> Iterator[None]:
    """Let the workspace's connections go at the end of the block."""
    try:
        yield
    finally:
        close_connections(workspace)


def close_connections(workspace: Workspace) -> None:
    """Let the workspace's connections go; its registry opens them again when it is asked."""
    workspace.store.close()
    if isinstance(workspace.registry, MlflowRegistry):
        workspace.registry.close()


def who_left(settings: FlowSettings) -> WhoLeft:
    """The tombstones of the installation that the settings name; none where there is no database."""
    if database_kind(settings) == "none":
        return WhoLeft((), b"")
    with closing(people_store(settings)) as people:
        return WhoLeft([_written(one) for one in people.tombstones()], people.key)


def read_tombstones(written: Sequence[Mapping[str, Any]]) -> list[Tombstone]:
    """Tombstones out of a backup."""
    return [
        Tombstone(
            one["mark"],
            one["request"],
            datetime.fromisoformat(one["hidden_at"]),
            datetime.fromisoformat(one["erased_at"]) if one["erased_at"] else None,
        )
        for one in written
    ]


def database_kind(settings: FlowSettings) -> Database:
    """Which kind of database the settings name; none: a SQLite file that is not there yet."""
    if settings.database.startswith("postgresql"):
        return "postgresql"
    return "sqlite" if sqlite_file(settings).exists() else "none"


def sqlite_file(settings: FlowSettings) -> Path:
    """The file of a SQLite database."""
    return Path(settings.database.partition(":///")[2])


def backups_that_hold_who_left(settings: FlowSettings) -> list[str]:
    """The backups in the usual place: each was made before whoever leaves now left."""
    return [one.manifest.name for one in backups_in(default_place(settings))]


def _written(one: Tombstone) -> dict[str, str | None]:
    return {
        "mark": one.mark,
        "request": one.request,
        "hidden_at": one.hidden_at.isoformat(),
        "erased_at": one.erased_at.isoformat() if one.erased_at else None,
    }
