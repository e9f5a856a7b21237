"""Small files written whole or not at all."""

from __future__ import annotations

import os
import re
from pathlib import Path

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
