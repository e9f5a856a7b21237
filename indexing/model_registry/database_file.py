"""MLflow's SQLite file seen from outside: whether it can be read, and whether it changed. Needs no mlflow."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from indexing.errors import RegistryUnavailable

_MAGIC = b"SQLite format 3\0"
_CHANGE_COUNTER = slice(24, 28)  # SQLite raises it with every transaction (https://sqlite.org/fileformat.html)


def probe(database: Path, *, timeout_seconds: float) -> None:
    """Fail at once on a file that SQLite cannot read: MLflow would try for 100 s."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=timeout_seconds)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise RegistryUnavailable(f"MLflow's database {database} cannot be read ({error}).") from error


def revision(database: Path) -> str | None:
    """Which state the file is in; None when that cannot be told.

    The counter alone would not notice a file that was put in another's place, times alone are as coarse as the
    kernel's clock. With a write-ahead log, transactions are counted in that file instead.
    """
    try:
        with database.open("rb") as file:
            header = file.read(100)
        found = database.stat()
        log = Path(f"{database}-wal")
        logged = log.stat() if log.exists() else None
    except OSError:
        return None
    if not header.startswith(_MAGIC):
        return None
    parts = [int.from_bytes(header[_CHANGE_COUNTER], "big"), found.st_ino, found.st_size, found.st_mtime_ns]
    return "-".join(map(str, parts + ([logged.st_size, logged.st_mtime_ns] if logged else [])))
