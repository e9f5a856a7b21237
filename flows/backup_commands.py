"""`vivier backup`: take one, list them, bring one back, let old ones go. What is heavy is imported by who needs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.progress_bars import Bars
from indexing.errors import InputError
from indexing.terminal import ERR, print_json, say, warn

if TYPE_CHECKING:
    from indexing.backup.manifest import Listed, Manifest

BACKUP = typer.Typer(
    name="backup",
    help="Backups of what cannot be built again cheaply: served releases, the registry, who left. See docs/backup.md.",
    no_args_is_help=True,
    add_completion=False,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]
Place = Annotated[
    Path | None, typer.Option("--in", help="The folder that backups are in; VIVIER_HOME/backups otherwise.")
]


@BACKUP.command()
def create(
    out: Annotated[Path | None, typer.Option(help="The folder to write it in; VIVIER_HOME/backups otherwise.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every release, not only the one that serves and those pinned.")
    ] = False,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put tombstones.key in it: who has both can ask who left.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a backup, while everything goes on."""
    from flows.backing_up import default_place, take_backup
    from flows.settings import FlowSettings

    settings = FlowSettings()
    with Bars() as bars, _disk_errors_said():
        made = take_backup(
            settings, out or default_place(settings), every_release=every, with_key=with_keys, progress=bars
        )
    manifest = made.manifest
    if as_json:
        print_json(_facts(made))
        return
    releases = ", ".join(one.id for one in manifest.releases)
    say(f"Backup {manifest.name}: {releases}; {_megabytes(manifest)} in {len(manifest.files)} files, {made.folder}.")
    if manifest.database == "postgresql":
        say("The database is PostgreSQL's: only its tombstones are in it; `pg_dump` backs up the stored searches.")
    if manifest.tombstones and not manifest.has_key:
        say("Keep tombstones.key (or VIVIER_TOMBSTONE_KEY) elsewhere: without it this backup cannot be restored.")


@BACKUP.command("list")
def show(
    place: Place = None,
    check: Annotated[bool, typer.Option("--check", help="Read every file and compare its sum.")] = False,
    as_json: AsJson = False,
) -> None:
    """List backups, newest first."""
    from indexing.backup.manifest import first_damage

    found = _found(place)
    damaged: dict[str, str | None] = {}
    if check:
        with Bars() as bars:
            damaged = {one.manifest.name: first_damage(one.folder, one.manifest, bars) for one in found}
    if as_json:
        print_json([_facts(one) | ({"damaged": damaged[one.manifest.name]} if check else {}) for one in found])
    elif not found:
        say("There is no backup; `vivier backup create` takes one.")
    else:
        for one in found:
            _tell(one.manifest, damaged)
    if any(damaged.values()):
        raise typer.Exit(1)


@BACKUP.command()
def restore(
    name: Annotated[str, typer.Argument(help="A backup's name, or its folder.")],
    into: Annotated[Path | None, typer.Option(help="The home to restore into; VIVIER_HOME otherwise.")] = None,
    place: Place = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of the releases there are.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back; whoever left since stays out, and is erased from it. Stop the service first."""
    from flows.backing_up import default_place
    from flows.bringing_back import bring_back
    from flows.settings import FlowSettings
    from indexing.backup.manifest import find

    settings = FlowSettings()
    folder = find(place or default_place(settings), name)
    with Bars() as bars, _disk_errors_said():
        done = bring_back(
            settings,
            folder,
            into=into,
            may_replace=replace,
            progress=bars,
            say=lambda sentence: ERR.print(f"[dim]{sentence}[/dim]"),
        )
    if as_json:
        print_json(asdict(done))
        return
    say(f"Restored {folder.name}: {done.release} opens and answers; {done.tombstones} tombstones apply.")
    if done.erased.requests:
        say(f"{done.erased.requests} people who left after it was made were erased from it once more.")


@BACKUP.command()
def prune(
    older_than: Annotated[int, typer.Option(min=0, help="Days; what was made longer ago is removed.")],
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Remove old backups, and with them whoever has left since."""
    from indexing.backup import manifest

    gone = manifest.older_than(_found(place), timedelta(days=older_than))
    for one in gone:
        (one.folder / manifest.MANIFEST).unlink()  # no backup any more, should the rest take long or fail
        shutil.rmtree(one.folder, ignore_errors=True)
    names = [one.manifest.name for one in gone]
    if as_json:
        print_json({"removed": names})
    else:
        say(f"Removed {', '.join(names)}." if names else f"No backup is older than {older_than} days.")


def warn_of_backups() -> None:
    """Say which backups were made before whoever leaves now left."""
    from flows.backing_up import backups_that_hold_who_left
    from flows.settings import FlowSettings

    names = backups_that_hold_who_left(FlowSettings())
    if names:
        warn(
            f"Backups made before may hold them still: {', '.join(names)}. A restore erases them again; "
            "`vivier backup prune --older-than 0` removes the backups."
        )


@contextmanager
def _disk_errors_said() -> Iterator[None]:
    """A full disk or a folder that may not be written is one sentence."""
    try:
        yield
    except OSError as error:
        where = error.filename or "A file of the backup"
        raise InputError(f"{where} cannot be read or written: {error.strerror or error}.") from error


def _found(place: Path | None) -> list[Listed]:
    from flows.backing_up import default_place
    from flows.settings import FlowSettings
    from indexing.backup.manifest import backups_in

    folder = place or default_place(FlowSettings())
    if place is not None and not place.is_dir():
        raise InputError(f"{place} is no folder.", field="in")
    return backups_in(folder)


def _facts(one: Listed) -> dict[str, Any]:
    facts = asdict(one.manifest)
    del facts["files"]
    return facts | {"bytes": one.manifest.size, "files": len(one.manifest.files), "folder": str(one.folder)}


def _tell(manifest: Manifest, damaged: dict[str, str | None]) -> None:
    state = ""
    if manifest.name in damaged:
        state = f"  DAMAGED: {damaged[manifest.name]}" if damaged[manifest.name] else "  sums hold"
    marks = [
        one.id + (" (champion)" if one.id == manifest.champion else "") + (" (pinned)" if one.is_pinned else "")
        for one in manifest.releases
    ]
    say(f"{manifest.name}  {manifest.created}  {_megabytes(manifest)}  {', '.join(marks)}{state}")


def _megabytes(manifest: Manifest) -> str:
    return f"{manifest.size / 1e6:.1f} MB"
