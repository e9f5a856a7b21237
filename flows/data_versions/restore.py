"""`vivier data pull` and `vivier data checkout REV`: the data of a version, less whoever has left since."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.data_versions.dvc import run_dvc
from flows.data_versions.pointers import Recorded, files_of, objects_behind, recorded
from flows.data_versions.preflight import preflight
from flows.data_versions.record import PROFILES, REVISION, Say, has_files
from flows.data_versions.remote import Remote, cache_folder
from flows.data_versions.repository import RAW, Repository
from flows.data_versions.storage import Storage
from flows.data_versions.transfer import transfer
from indexing.errors import InputError
from indexing.raw_data.revision import folder_hash
from indexing.whole_files import write_bytes_whole

# Takes whoever has left out of a data folder and of a folder of processed data. It is called on everything restored.
Sweep = Callable[[Path, Path], object]


COPIES = "restored-"  # folders in .dvc/tmp that hold raw files for a moment


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back."""

    paths: tuple[str, ...]
    commit: str | None  # whose data it is; None: that of the pointers in the working tree
    has_profiles: bool  # enriched people are part of the version
    next_step: str  # the command that makes a release of it


def pull(
    repository: Repository, remote: Callable[[], Remote], *, sweep: Sweep, say: Say, force: bool = False
) -> Restored:
    """Bring the data that the pointers of the working tree name."""
    outs = recorded(repository)
    if not outs:
        raise InputError(
            "No data is recorded in this checkout; `git pull` may bring a dvc.lock, `vivier data push` makes one."
        )
    _refuse_to_lose(repository, outs, sweep, force=force)
    return _restore(repository, outs, None, remote, sweep=sweep, say=say)


def checkout(
    repository: Repository,
    name: str,
    remote: Callable[[], Remote],
    *,
    sweep: Sweep,
    say: Say,
    force: bool = False,
) -> Restored:
    """Bring the data of a commit, or of a release's data_rev. Code and git's HEAD stay where they are."""
    commit = repository.revision(name)
    pointers = repository.pointers(commit)
    if not pointers:
        raise InputError(f"{name} records no data: there is no dvc.lock in that commit.", field="rev")
    _refuse_to_lose(repository, recorded(repository), sweep, force=force)
    with _pointing(repository, pointers):
        return _restore(repository, recorded(repository), commit, remote, sweep=sweep, say=say, only=set(pointers))


def remove_leftovers(repository: Repository) -> None:
    """Remove the copies that a killed restoration left; one runs at a time."""
    for folder in (repository.dvc / "tmp").glob(f"{COPIES}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _restore(
    repository: Repository,
    outs: Mapping[str, Recorded],
    commit: str | None,
    remote: Callable[[], Remote],
    *,
    sweep: Sweep,
    say: Say,
    only: set[str] | None = None,
) -> Restored:
    if only is not None:  # an embedding cache that the commit does not know stays: its vectors are still right
        outs = {path: out for path, out in outs.items() if out.stage or f"{path}.dvc" in only}
    if not outs:
        raise InputError("That commit records no data that dvc.yaml of this checkout knows.", field="rev")
    _fetch(repository, outs, remote, say)
    say("putting the files in place")
    try:
        run_dvc(repository.root, "checkout", "--quiet", "--force", *sorted(outs))
        has_profiles = PROFILES in outs and REVISION in outs
        if not has_profiles:  # those of another version would be indexed as if they were of this one
            for path in (PROFILES, REVISION):
                (repository.root / path).unlink(missing_ok=True)
    finally:
        sweep(repository.root / "data", repository.processed)
    return Restored(tuple(sorted(outs)), commit, has_profiles, _next_step(repository, has_profiles))


def _next_step(repository: Repository, has_profiles: bool) -> str:
    """Without profiles in the version, the tables are named: those enriched last were of another one."""
    names = () if has_profiles else ("users", "repos", "contributions")
    found = [(name, path) for name in names for path in sorted(repository.raw.glob(f"github_{name}.csv*"))]
    return " ".join(["vivier index", *(f"--{name} {RAW}/{path.name}" for name, path in found)])


def _fetch(repository: Repository, outs: Mapping[str, Recorded], remote: Callable[[], Remote], say: Say) -> None:
    """Bring into the cache what it lacks; the storage is asked only when something is lacking."""
    cache = cache_folder(repository)
    if not objects_behind(outs.values(), cache)[1]:
        return
    found = remote()
    storage = Storage(found)
    say(preflight(storage, writes=False))
    there = set(storage.objects())
    for _ in range(2):  # a folder's list first, then what it lists
        lacking = objects_behind(outs.values(), cache)[1]
        if lost := lacking - there:
            raise InputError(
                f"{len(lost)} of this version's object(s) are not at {found.url}: never pushed, or removed by a purge.",
                field="rev",
            )
        if lacking:
            say(f"fetching {len(lacking)} object(s)")
            transfer("fetch", repository, storage, outs)
    if objects_behind(outs.values(), cache)[1]:
        raise InputError("The storage gave back less than it lists; ask again.", field="rev")


@contextmanager
def _pointing(repository: Repository, pointers: Mapping[str, bytes]) -> Iterator[None]:
    """Point the working tree at other data; back, when that data cannot be had."""
    before = {path: _content(repository.root / path) for path in pointers}
    try:
        for path, content in pointers.items():
            write_bytes_whole(repository.root / path, content)
        yield
    except BaseException:
        for path, old in before.items():
            if old is None:
                (repository.root / path).unlink(missing_ok=True)
            else:
                write_bytes_whole(repository.root / path, old)
        raise


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _refuse_to_lose(repository: Repository, outs: Mapping[str, Recorded], sweep: Sweep, *, force: bool) -> None:
    """Raw files that no version has are not replaced: collecting them took hours. All else is made from them."""
    if force or not has_files(repository.raw):
        return
    known = outs.get(RAW)
    now = folder_hash(repository.raw)
    if known and known.md5 == f"{now}.dir":
        return
    if known and not objects_behind([known], cache_folder(repository))[1] and _is_swept(repository, known, sweep):
        return
    raise InputError(
        "data/raw holds what no version has; `vivier data push` records it, --force gives it up.", field="--force"
    )


def _is_swept(repository: Repository, known: Recorded, sweep: Sweep) -> bool:
    """Whether the raw files are those recorded, less people who have left: that is no change anybody made."""
    sweep(repository.root / "data", repository.processed)
    place = repository.dvc / "tmp"
    place.mkdir(exist_ok=True)
    remove_leftovers(repository)
    with tempfile.TemporaryDirectory(prefix=COPIES, dir=place) as folder:
        data = Path(folder)
        for name, kept in files_of(known, cache_folder(repository)).items():
            target = data / "raw" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(kept, target)
        sweep(data, data / "processed")
        return folder_hash(data / "raw") == folder_hash(repository.raw)
