"""Raw folders for the tests of reports, and the facts of what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.builders import Row, write_raw_files

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def write_raw(
    folder: Path, *, users: Sequence[Row], repos: Sequence[Row] = (), contributions: Sequence[Row] = ()
) -> Path:
    """A raw folder with these rows."""
    folder.mkdir(parents=True, exist_ok=True)
    write_raw_files(folder, users=users, repos=repos, contributions=contributions)
    return folder
