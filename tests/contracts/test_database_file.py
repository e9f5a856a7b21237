"""MLflow's database seen from outside: every transaction shows, whatever the journal, and reading never does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from indexing.errors import RegistryUnavailable
from indexing.model_registry.database_file import probe, revision


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE tags (value TEXT)")
    return path


@pytest.mark.parametrize("journal", ["delete", "truncate", "wal"])
def test_every_transaction_shows_and_no_reading_does(database: Path, journal: str) -> None:
    with closing(sqlite3.connect(database)) as writer, closing(sqlite3.connect(database)) as reader:
        writer.execute(f"PRAGMA journal_mode={journal}")
        writer.execute("INSERT INTO tags VALUES ('a')")
        writer.commit()
        seen = [revision(database)]
        for _ in range(50):  # faster than the kernel's clock ticks
            writer.execute("UPDATE tags SET value = value || 'b'")
            writer.commit()
            seen.append(revision(database))
            reader.execute("SELECT * FROM tags").fetchall()
            assert revision(database) == seen[-1]
    assert None not in seen
    assert len(set(seen)) == len(seen)


def test_another_file_in_its_place_shows(database: Path, tmp_path: Path) -> None:
    before = revision(database)
    copy = tmp_path / "copy.db"
    copy.write_bytes(database.read_bytes())
    copy.replace(database)
    assert revision(database) != before


@pytest.mark.parametrize("content", [None, b"", b"not a database at all, but longer than a header" * 10])
def test_what_is_no_database_has_no_revision(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "mlflow.db"
    if content is not None:
        path.write_bytes(content)
    assert revision(path) is None
    if content:
        with pytest.raises(RegistryUnavailable, match="cannot be read"):
            probe(path, timeout_seconds=1)
