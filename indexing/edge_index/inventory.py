"""What files a folder holds, written down when it is made, so that a damaged copy is noticed before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import xxhash

Inventory = Mapping[str, str]  # relative path -> size and hash
_CHUNK = 1 << 22


def take_inventory(folder: Path) -> Inventory:
    """Every file below `folder` with its size and hash."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _mark(path) for path in files}


def first_damage(folder: Path, inventory: Inventory) -> str | None:
    """The first file that is missing or not as written down; None when all are sound. Others are not looked at."""
    for name, mark in inventory.items():
        path = folder / name
        if not path.is_file() or _mark(path) != mark:
            return name
    return None


def _mark(path: Path) -> str:
    # Not a safeguard against malice, who could rewrite the inventory too: against truncation, bad disks and copies.
    digest = xxhash.xxh3_64()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
        return f"{stream.tell()}:{digest.hexdigest()}"
