"""A SQLite database copied while others write to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from indexing.errors import DatabaseUnavailable

PATIENCE_SECONDS = 30.0
_PAGES = 4096  # copied at a time, so that a writer waits for a moment only


def copy_database(source: Path, target: Path) -> None:
    """Write one consistent state of a database to a new file, which only its owner may read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=PATIENCE_SECONDS)) as reading,
            closing(sqlite3.connect(target)) as writing,
        ):
            reading.backup(writing, pages=_PAGES)
            writing.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            found = writing.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        raise DatabaseUnavailable(f"{source} cannot be copied ({error}).") from error
    if found != "ok":
        raise DatabaseUnavailable(f"{source} is damaged ({found}); mend it before it is backed up.")
