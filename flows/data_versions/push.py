"""`vivier data push`: what lies in data/ becomes a version that others can pull."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flows.data_versions.pointers import Recorded, object_path, objects_behind, recorded
from flows.data_versions.preflight import preflight
from flows.data_versions.record import Present, Say, find_present, record
from flows.data_versions.remote import Remote, cache_folder
from flows.data_versions.repository import Repository
from flows.data_versions.storage import Storage
from flows.data_versions.transfer import transfer
from indexing.errors import InputError, Unavailable
from indexing.raw_data.revision import hash_of

NOTHING = "There is no data to push yet: data/raw is empty; `vivier scrape` fills it, or put the raw files there."
STRAY = (
    "data/processed/profiles_enriched.parquet was not made from data/raw as it is now, so it is left out; "
    "`vivier index` with the tables of data/raw, or `dvc repro`, makes it anew."
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did; `sentence` says it when there was nothing to do."""

    recorded: tuple[str, ...] = ()  # paths in this version
    sent: int = 0  # objects that the storage did not have
    to_commit: tuple[str, ...] = ()  # files that git has to keep
    commit: str | None = None  # the commit that keeps them
    remarks: tuple[str, ...] = ()


def push(repository: Repository, remote: Remote, *, say: Say, commits: bool = False) -> Pushed:
    """Record the data, send what the storage lacks, and commit the pointers when asked.

    Stopped at any moment, the next push completes it: objects appear whole, and a folder's list after its files.
    """
    present = find_present(repository)
    if not present.paths and not recorded(repository):
        return Pushed(remarks=(NOTHING,))
    storage = Storage(remote)
    say(preflight(storage))
    record(repository, present, say=say)
    sent = send(repository, storage, say=say)
    return _committed(repository, present, sent, commits=commits)


def send(repository: Repository, storage: Storage, *, say: Say) -> int:
    """Send what the storage lacks of what is recorded; returns how many objects. All of it is there afterwards."""
    outs = recorded(repository)
    needed, lacking = objects_behind(outs.values(), cache_folder(repository))
    there = set(storage.objects())
    _refuse_incomplete(outs, lacking - there)
    missing = needed - there
    _refuse_damaged(missing, cache_folder(repository))
    say(f"sending {len(missing)} object(s)" if missing else "the storage has everything already")
    if missing:
        storage.delete([{"Key": storage.object_key(md5)} for md5 in _broken(outs, missing, there, repository)])
        transfer("push", repository, storage, outs)
        missing -= set(storage.objects())
    if missing:
        raise Unavailable(f"{len(missing)} object(s) did not arrive at {storage.remote.place}; push again.")
    return len(needed - there)


def _broken(outs: dict[str, Recorded], missing: set[str], there: set[str], repository: Repository) -> list[str]:
    """Lists of folders in the storage that lack some of what they list.

    DVC takes a list for proof that its files are there too; without it, it sends them, and the list last.
    """
    cache = cache_folder(repository)
    folders = (out for out in outs.values() if out.md5 in there)
    return [out.md5 for out in folders if objects_behind([out], cache)[0] & missing]


def _refuse_incomplete(outs: dict[str, Recorded], lost: set[str]) -> None:
    """DVC #4343: a folder pushed without some of its files can never be pulled again."""
    if lost:
        raise InputError(
            f"{len(lost)} recorded object(s) of {', '.join(outs)} are neither in .dvc/cache nor in the storage, so "
            "this version would be broken; `vivier data checkout` another one, or bring the files back and push again.",
            field=".dvc/cache",
        )


def _refuse_damaged(missing: set[str], cache: Path) -> None:
    """An object that a full disk or a crash cut short must not get a good name elsewhere."""
    damaged = [md5 for md5 in sorted(missing) if hash_of(object_path(cache, md5)) != md5.removesuffix(".dir")]
    for md5 in damaged:
        object_path(cache, md5).unlink()
    if damaged:
        raise InputError(
            f"{len(damaged)} object(s) in .dvc/cache were not what their names say and were removed; push again.",
            field=".dvc/cache",
        )


def _committed(repository: Repository, present: Present, sent: int, *, commits: bool) -> Pushed:
    to_commit = repository.uncommitted()
    commit = None
    if commits and to_commit:
        commit = repository.commit(to_commit, "data: record what data/ holds")
        to_commit = ()
    return Pushed(present.paths, sent, to_commit, commit, (STRAY,) if present.stray_profiles else ())
