"""`vivier data purge`: only the present version is left, in DVC's cache and in the storage.

What history needs goes with it: the pointers in older commits hold hashes only, and after this they point to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flows.data_versions.dvc import run_dvc
from flows.data_versions.pointers import objects_behind, recorded
from flows.data_versions.push import Pushed, push
from flows.data_versions.record import Say
from flows.data_versions.remote import Remote, cache_folder
from flows.data_versions.repository import Repository
from flows.data_versions.restore import Sweep, remove_leftovers
from flows.data_versions.storage import Storage
from indexing.errors import InputError, Unavailable


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would remove."""

    local_files: tuple[Path, ...]
    local_bytes: int
    remote_objects: tuple[str, ...]
    remote_bytes: int
    old_versions: tuple[dict[str, str], ...]  # that a bucket with versioning keeps
    unfinished_uploads: tuple[dict[str, str], ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remove."""
        return not (self.local_files or self.remote_objects or self.old_versions or self.unfinished_uploads)

    def sentence(self, remote: Remote) -> str:
        """What would go, for who has to agree."""
        return (
            f"This removes every version of the data but the present one: {len(self.local_files)} file(s) "
            f"({_megabytes(self.local_bytes)}) from .dvc/cache, and {len(self.remote_objects)} object(s) "
            f"({_megabytes(self.remote_bytes)}), {len(self.old_versions)} kept older version(s) and "
            f"{len(self.unfinished_uploads)} unfinished upload(s) from {remote.url}. Data of older commits and of "
            "other branches cannot be restored afterwards."
        )


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did."""

    plan: Plan
    pushed: Pushed
    done: bool  # False: who was asked said no


def purge(repository: Repository, remote: Remote, *, sweep: Sweep, agrees: Callable[[str], bool], say: Say) -> Purged:
    """Take whoever has left out of the data, push that, and remove every other version. May be repeated."""
    say("taking out who has left")
    sweep(repository.root / "data", repository.processed)
    pushed = push(repository, remote, say=say)  # nothing is removed before the present version is safe
    storage, cache = Storage(remote), cache_folder(repository)
    needed, lacking = objects_behind(recorded(repository).values(), cache)
    if not needed or lacking:  # whose files would go, nobody can tell
        raise InputError(
            "The present version is not whole in .dvc/cache, so a purge could remove what it needs; "
            "`vivier data pull` first.",
            field=".dvc/cache",
        )
    remove_leftovers(repository)
    plan = _plan(storage, cache, needed)
    if plan.is_empty or not agrees(plan.sentence(remote)):
        return Purged(plan, pushed, done=plan.is_empty)
    say("removing older versions")
    run_dvc(repository.root, "gc", "--quiet", "--workspace", "--cloud", "--force", environment=dict(remote.environment))
    rest = _plan(storage, cache, needed)
    for path in rest.local_files:  # what DVC takes for none of its own: unfinished copies
        path.unlink(missing_ok=True)
    storage.delete([{"Key": storage.object_key(md5)} for md5 in rest.remote_objects])
    storage.abort(list(rest.unfinished_uploads))
    storage.delete(storage.old_versions(needed))  # last: deleting leaves versions
    if not _plan(storage, cache, needed).is_empty:
        raise Unavailable("Something was written to the storage or the cache meanwhile; purge again.")
    return Purged(plan, pushed, done=True)


def _plan(storage: Storage, cache: Path, needed: set[str]) -> Plan:
    kept = cache / "files" / "md5"
    names = {f"{md5[:2]}/{md5[2:]}" for md5 in needed}
    local = [path for path in kept.rglob("*") if path.is_file() and path.relative_to(kept).as_posix() not in names]
    there = {md5: size for md5, size in storage.objects().items() if md5 not in needed}
    return Plan(
        tuple(local),
        sum(path.stat().st_size for path in local),
        tuple(sorted(there)),
        sum(there.values()),
        tuple(storage.old_versions(needed)),
        tuple(storage.unfinished_uploads()),
    )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
