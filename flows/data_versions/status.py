"""`vivier data status`: what is not recorded, not sent, not committed, or missing here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from flows.data_versions.dvc import run_dvc
from flows.data_versions.pointers import objects_behind, recorded
from flows.data_versions.record import find_present
from flows.data_versions.remote import Remote, cache_folder
from flows.data_versions.repository import Repository
from flows.data_versions.storage import Storage
from indexing.errors import VivierError


@dataclass(frozen=True, slots=True)
class Status:
    """How the data stands to its record; every list is of paths from the root."""

    recorded: tuple[str, ...]
    changed: tuple[str, ...]  # differs from its record
    new: tuple[str, ...]  # has no record
    absent: tuple[str, ...]  # recorded, and not in the working tree
    not_in_cache: int  # objects of this version
    not_pushed: int | None  # objects of this version; None: the storage was not asked or did not answer
    not_committed: tuple[str, ...]  # pointers that git does not have
    storage: str  # where it is, or why it could not be asked

    @property
    def is_safe(self) -> bool:
        """Whether a clone can pull exactly what lies here."""
        return not (self.changed or self.new or self.not_pushed or self.not_committed or self.not_pushed is None)

    def lines(self) -> list[str]:
        """For people to read."""
        if not self.recorded and not self.new:
            return ["There is no data here, and none is recorded."]
        told = [
            (self.new, "not recorded yet: {} (`vivier data push`)"),
            (self.changed, "changed since it was recorded: {} (`vivier data push`)"),
            (self.absent, "recorded and not here: {} (`vivier data pull`)"),
            (self.not_committed, "not committed to git: {} (`vivier data push --commit`)"),
        ]
        lines = [sentence.format(", ".join(paths)) for paths, sentence in told if paths]
        if self.not_in_cache:
            lines.append(f"{self.not_in_cache} object(s) of this version are not in .dvc/cache (`vivier data pull`)")
        if self.not_pushed:
            lines.append(f"{self.not_pushed} object(s) of this version are not in the storage (`vivier data push`)")
        if self.not_pushed is None:
            lines.append(f"the storage was not asked: {self.storage}")
        return lines or [f"Everything is recorded, committed and at {self.storage}."]


def status(repository: Repository, remote: Callable[[], Remote], *, asks_storage: bool = True) -> Status:
    """Compare the working tree, DVC's cache, git and the storage."""
    outs = recorded(repository)
    present = find_present(repository)
    found = json.loads(run_dvc(repository.root, "data", "status", "--json") or "{}").get("uncommitted", {})
    changed = {path.rstrip("/") for path in found.get("modified", [])} & set(outs)
    absent = {path.rstrip("/") for path in found.get("deleted", [])} & set(outs)
    needed, lacking = objects_behind(outs.values(), cache_folder(repository))
    not_pushed, place = None, "--offline"
    if asks_storage:
        try:
            storage = remote()
            not_pushed, place = len(needed - set(Storage(storage).objects())), storage.url
        except VivierError as error:
            place = str(error)
    return Status(
        tuple(sorted(outs)),
        tuple(sorted(changed)),
        tuple(sorted(set(present.paths) - set(outs))),
        tuple(sorted(absent)),
        len(lacking),
        not_pushed,
        repository.uncommitted(),
        place,
    )
