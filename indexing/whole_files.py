"""Small files written whole or not at all."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import psutil

_UNFINISHED = re.compile(r"\..+\.([0-9]+)(\.part)?")  # a hidden name that ends with its writer's process id


def write_whole(path: Path, text: str) -> None:
    """Write a small text file whole or not at all."""
    write_bytes_whole(path, text.encode())


def write_bytes_whole(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)


def remove_leftovers(folder: Path) -> None:
    """Remove the unfinished files directly in a folder whose writer is gone."""
    for path in folder.glob(".*"):
        found = _UNFINISHED.fullmatch(path.name)
        if found and not psutil.pid_exists(int(found[1])):
            path.unlink(missing_ok=True)


@contextmanager
def rewriting(path: Path) -> Iterator[tuple[IO[str], IO[str], Callable[[], None]]]:
    """A text file (also .gz) to read, its replacement to write, and what to call when nothing is to be replaced.

    The file is replaced whole when the block ends, or stays as it is, down to its time of change.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    is_changed = True

    def untouched() -> None:
        nonlocal is_changed
        is_changed = False

    try:
        with _text(path, "r", path.name) as source, _text(part, "w", path.name) as target:
            yield source, target, untouched
        if is_changed:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _text(path: Path, mode: str, name: str) -> IO[str]:
    """Bytes that are not UTF-8 come back as they were."""
    if name.endswith(".gz"):
        return cast(IO[str], gzip.open(path, f"{mode}t", encoding="utf-8", errors="surrogateescape", newline=""))
    return path.open(mode, encoding="utf-8", errors="surrogateescape", newline="")
