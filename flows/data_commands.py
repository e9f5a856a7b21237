"""`vivier data`: versions of the data on the command line. What is heavy is imported by the command that needs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from flows.data_versions.remote import Remote
    from flows.data_versions.repository import Repository
    from flows.data_versions.settings import DataSettings

DATA = typer.Typer(
    name="data",
    help="Versions of the data: record and share what data/ holds, bring back what it held. See docs/data-versions.md.",
    no_args_is_help=True,
    add_completion=False,
)
ERR = Console(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]
Force = Annotated[bool, typer.Option("--force", help="Give up raw files that no version has.")]


@DATA.command("init")
def initialise(
    url: Annotated[
        str | None, typer.Option(help="s3://bucket/prefix; else VIVIER_DVC_URL or VIVIER_S3_BUCKET.")
    ] = None,
    endpoint: Annotated[str | None, typer.Option(help="The S3 server; from VIVIER_S3_ENDPOINT. Empty: AWS.")] = None,
    create_bucket: Annotated[bool, typer.Option("--create-bucket", help="Make the bucket if there is none.")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="The key may only read: enough to pull.")] = False,
) -> None:
    """Name the storage and try it: an object is written, read and deleted. Keys come from AWS_*, and are never kept."""
    from flows.data_versions.init import Asked, init

    settings, repository = _here(needs_dvc=False)
    said = init(repository, settings, Asked(url, endpoint, create_bucket, read_only))
    _say(said)
    if changed := repository.uncommitted():
        _say(f"Commit {', '.join(changed)}; where the storage is stays in .dvc/config.local, on this machine.")


@DATA.command("preflight")
def try_storage(
    read_only: Annotated[bool, typer.Option("--read-only", help="Only look whether it can be read.")] = False,
) -> None:
    """Write, read and delete a probe object, and say what is wrong when it cannot be done."""
    from flows.data_versions.preflight import preflight
    from flows.data_versions.storage import Storage

    settings, repository = _here()
    _say(preflight(Storage(_remote(settings, repository)()), writes=not read_only))


@DATA.command("push")
def push_data(
    commit: Annotated[bool, typer.Option("--commit", help="Commit dvc.lock and the .dvc files to git.")] = False,
    as_json: AsJson = False,
) -> None:
    """Record what data/ holds as a version and send it to the storage."""
    from flows.data_versions.push import NOTHING, push
    from flows.data_versions.record import find_present

    settings, repository = _here()
    with _alone(settings):
        if not find_present(repository).paths and not (repository.root / "dvc.lock").exists():
            _say(NOTHING)
            return
        done = push(repository, _remote(settings, repository)(), say=_note, commits=commit)
    if as_json:
        _print_json(asdict(done))
        return
    for remark in done.remarks:
        ERR.print(remark, style="yellow", markup=False, highlight=False, soft_wrap=True)
    _say(f"{', '.join(done.recorded) or 'Nothing new'}: {done.sent} object(s) sent.")
    if done.commit:
        _say(f"Committed as {done.commit[:12]}; `git push` shares it.")
    elif done.to_commit:
        _say(f"Changed in git: {', '.join(done.to_commit)}. Commit them (or push with --commit), then `git push`.")


@DATA.command("pull")
def pull_data(
    rev: Annotated[str | None, typer.Option(help="A commit, branch, tag or data_rev; as `checkout` does.")] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Bring the data that this checkout's pointers name, less whoever has left."""
    _restore(rev, force=force, as_json=as_json)


@DATA.command("checkout")
def checkout_data(
    rev: Annotated[str, typer.Argument(help="A commit, branch, tag, or the data_rev of a release.")],
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Bring the data of another commit, less whoever has left since. Code and git's HEAD stay where they are."""
    _restore(rev, force=force, as_json=as_json)


@DATA.command("status")
def show_status(
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the storage.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is not recorded, not sent, not committed, or missing here."""
    from flows.data_versions.status import status

    settings, repository = _here()
    found = status(repository, _remote(settings, repository), asks_storage=not offline)
    if as_json:
        _print_json(asdict(found) | {"is_safe": found.is_safe})
        return
    _say("\n".join(found.lines()))


@DATA.command("purge")
def purge_data(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """After an erasure: remove every version but the present one from the storage and from this checkout's cache."""
    from flows.data_versions.purge import purge

    settings, repository = _here()

    def agrees(sentence: str) -> bool:
        ERR.print(sentence, markup=False, highlight=False, soft_wrap=True)
        return yes or typer.confirm("Remove them?", err=True)

    with _alone(settings):
        remote = _remote(settings, repository)()
        done = purge(repository, remote, sweep=_sweep(settings), agrees=agrees, say=_note)
    plan = done.plan
    if as_json:
        counts = {"local_files": len(plan.local_files), "remote_objects": len(plan.remote_objects)}
        counts |= {"old_versions": len(plan.old_versions), "unfinished_uploads": len(plan.unfinished_uploads)}
        _print_json(counts | {"done": done.done, "to_commit": done.pushed.to_commit})
    elif not done.done:
        _say("Nothing was removed.")
    elif plan.is_empty:
        _say("There was nothing but the present version.")
    else:
        _say("Only the present version is left. Other clones have caches of their own: run this there too.")
    if done.pushed.to_commit and not as_json:
        _say(f"Changed in git: {', '.join(done.pushed.to_commit)}. Commit them, or nobody can pull what is left.")
    if not done.done:
        raise typer.Exit(1)


def _restore(rev: str | None, *, force: bool, as_json: bool) -> None:
    from flows.data_versions.restore import checkout, pull

    settings, repository = _here()
    remote, sweep = _remote(settings, repository), _sweep(settings)
    with _alone(settings):
        if rev is None:
            done = pull(repository, remote, sweep=sweep, say=_note, force=force)
        else:
            done = checkout(repository, rev, remote, sweep=sweep, say=_note, force=force)
    if as_json:
        _print_json(asdict(done) | {"next_step": done.next_step})
        return
    _say(f"{', '.join(done.paths)}: as recorded{f' in {done.commit[:12]}' if done.commit else ''}.")
    if done.commit and repository.uncommitted():
        _say("git's HEAD has not moved, and dvc.lock differs from it; `vivier data checkout HEAD` comes back.")
    _say(f"`{done.next_step}` makes a release of it.")


def _here(*, needs_dvc: bool = True) -> tuple[DataSettings, Repository]:
    """The settings, and the checkout that the working folder lies in."""
    from flows.data_versions.repository import find_repository
    from flows.data_versions.settings import DataSettings
    from indexing.errors import InputError

    settings, repository = DataSettings(), find_repository(Path.cwd())
    places = {"data": repository.root / "data", "processed": repository.processed}
    if any(getattr(settings, name).resolve() != places[name] for name in settings.model_fields_set & set(places)):
        ERR.print(
            "VIVIER_DATA or VIVIER_PROCESSED lies elsewhere; only data/raw and data/processed of this checkout are "
            "versioned.",
            style="yellow",
            soft_wrap=True,
        )
    if needs_dvc and not (repository.dvc / "config").exists():
        raise InputError(f"{repository.root} has no .dvc; `vivier data init` makes it.", field=".dvc")
    return settings, repository


def _remote(settings: DataSettings, repository: Repository) -> Callable[[], Remote]:
    """The storage, looked for when it is needed: much can be done without one."""
    from flows.data_versions.remote import find_remote

    return lambda: find_remote(settings, repository)


def _sweep(settings: DataSettings) -> Callable[[Path, Path], object]:
    """What takes people who have left out of restored files."""
    from indexing.assembly import people_store
    from indexing.erasure import erase_from_files

    def sweep(data: Path, processed: Path) -> None:
        people = people_store(settings)
        try:
            if people.marks():
                erase_from_files(data, processed, people.covers)
        finally:
            people.close()

    return sweep


@contextmanager
def _alone(settings: DataSettings) -> Iterator[None]:
    """Not while a release is built of these files, nor the other way round."""
    from filelock import FileLock, Timeout

    from indexing.errors import Busy

    settings.home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.home / "build.lock")  # the one of Workspace.building
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Busy("A release is being built on this VIVIER_HOME; wait until it is done.") from error
    try:
        yield
    finally:
        lock.release()


def _say(text: str) -> None:
    typer.echo(text)


def _note(sentence: str) -> None:
    ERR.print(sentence, style="dim", markup=False, highlight=False, soft_wrap=True)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, default=str, ensure_ascii=False))
