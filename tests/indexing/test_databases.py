"""Opening the project's own database when others do at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from indexing.databases import open_engine

AT_ONCE, ROUNDS = 6, 40  # one opening in some seventy failed before they took turns


def test_a_new_file_opens_for_all_who_ask_at_once(tmp_path: Path) -> None:
    """A service, a worker and a command may be the first of a home together."""
    together = Barrier(AT_ONCE)

    def mode(file: Path) -> str:
        engine = open_engine(f"sqlite:///{file}")
        together.wait()
        try:
            with engine.connect() as connection:
                return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())
        finally:
            engine.dispose()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for number in range(ROUNDS):
            assert list(threads.map(mode, [tmp_path / f"{number}.db"] * AT_ONCE)) == ["wal"] * AT_ONCE
