"""What is kept of a promotion under VIVIER_HOME/promotions: a record without names, and a page for readers inside.

The page names people, so an erasure removes every page there (indexing.erasure). The record holds counts, ids and
hashes and stays, as does what goes to MLflow and Prefect.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from indexing.errors import Busy
from indexing.promotion.findings import Change
from indexing.whole_files import write_whole
from indexing.workspace import Workspace

FOLDER, LOCK = "promotions", "promotion.lock"
Section = dict[str, Any]


def new_promotion_id(now: datetime | None = None) -> str:
    """An id nobody else has: the second, and four random digits."""
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dt%H%M%S")
    return f"p-{moment}-{secrets.token_hex(2)}"


@contextmanager
def promoting(workspace: Workspace) -> Iterator[None]:
    """The right to promote on this home, to the end of the probation. Busy when another has it."""
    workspace.home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(workspace.home / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Busy(
            "Another promotion is under way on this VIVIER_HOME, or its probation; wait, or use `vivier rollback`."
        ) from error
    try:
        yield
    finally:
        lock.release()


def keep_record(record: Section, workspace: Workspace) -> Path:
    """Write a promotion's record, whole, in place of what it said before."""
    path = workspace.home / FOLDER / f"{record['id']}.json"
    write_whole(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    return path


def read_record(promotion_id: str, workspace: Workspace) -> Section | None:
    """A promotion's record; None when it is not here, or nobody can read it."""
    try:
        record: Section = json.loads((workspace.home / FOLDER / f"{promotion_id}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record


def keep_page(
    promotion_id: str, changes: tuple[Change, ...], draw: Callable[[tuple[Change, ...]], str], workspace: Workspace
) -> Path:
    """Write the page that names people; whoever has left meanwhile is on no page.

    Looked at again once it is there: who leaves later is erased by a sweep that finds the page.
    """
    path = workspace.home / FOLDER / f"{promotion_id}.html"
    remaining = _of_those_here(changes, workspace)
    while True:
        changes = remaining
        write_whole(path, draw(changes))
        remaining = _of_those_here(changes, workspace)
        if remaining == changes:
            return path


def _of_those_here(changes: tuple[Change, ...], workspace: Workspace) -> tuple[Change, ...]:
    return tuple(change for change in changes if not _names_who_left(change, workspace))


def _names_who_left(change: Change, workspace: Workspace) -> bool:
    if not workspace.tombstones.marks():
        return False
    for one in (*change.outcome.entered, *change.outcome.left):
        owner = (one.arrival.repo or "").partition("/")[0]
        if workspace.tombstones.covers(one.arrival.login) or (owner and workspace.tombstones.covers(owner)):
            return True
    return False
