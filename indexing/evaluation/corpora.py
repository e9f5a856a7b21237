"""The corpora kept from evaluation to evaluation: one folder each under the home, the least recently used dropped."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from indexing.owned_folders import alone, remove_if_abandoned

KEPT = 5
_USED = "used"  # its time says when the corpus was asked for last
_USERS = ".use-*.lock"


@contextmanager
def corpus_folder(evaluations: Path, data_rev: str) -> Iterator[Path]:
    """The folder of one corpus, safe from being dropped for the time of the block."""
    with alone(evaluations):
        folder = evaluations / data_rev
        folder.mkdir(exist_ok=True)
        mine = folder / f".use-{secrets.token_hex(4)}.lock"
        lock = FileLock(mine)
        lock.acquire(timeout=0)
        (folder / _USED).touch()
        _drop_oldest(evaluations)
    try:
        yield folder
    finally:
        lock.release()
        mine.unlink(missing_ok=True)


def _drop_oldest(evaluations: Path) -> None:
    """Drop what is beyond the kept ones, unless somebody evaluates on it. Hold `alone` around it."""
    folders = [folder for folder in evaluations.iterdir() if folder.is_dir()]
    for folder in sorted(folders, key=_last_use, reverse=True)[KEPT:]:
        remove_if_abandoned(folder, *(path.name for path in folder.glob(_USERS)))


def _last_use(folder: Path) -> float:
    used = folder / _USED
    return used.stat().st_mtime if used.exists() else 0.0
