"""What dvc.lock and the .dvc files point to: paths, hashes, and the objects behind them in DVC's cache."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from flows.data_versions.repository import LOCK, Repository
from indexing.errors import InputError
from indexing.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file or folder as it was recorded."""

    path: str  # from the root, with slashes
    md5: str  # ends in .dir for a folder
    stage: str | None  # of dvc.yaml; None: a .dvc file of its own


def recorded(repository: Repository) -> dict[str, Recorded]:
    """Everything that the pointers of the working tree name and DVC caches, by path."""
    found = dict(_locked(repository))
    for pointer in sorted(repository.root.glob("data/**/*.dvc")):
        if pointer.is_file():
            place = pointer.parent.relative_to(repository.root)
            for out in _read(pointer).get("outs", []):
                if "md5" not in out:
                    continue  # written by hand, nothing recorded yet
                path = (place / out["path"]).as_posix()
                found[path] = Recorded(path, out["md5"], None)
    return found


def stages(repository: Repository) -> dict[str, str]:
    """Which stage of dvc.yaml makes which cached path."""
    makers: dict[str, str] = {}
    for name, stage in _read(repository.root / "dvc.yaml").get("stages", {}).items():
        for out in stage.get("outs", []):
            path, options = next(iter(out.items())) if isinstance(out, dict) else (out, {})
            if (options or {}).get("cache", True):
                makers[path] = name
    return makers


def unrecord(repository: Repository, paths: set[str]) -> None:
    """Let the pointers name these no more: what was recorded of them belongs to other raw files."""
    for path in paths:
        (repository.root / f"{path}.dvc").unlink(missing_ok=True)
    lock = repository.root / LOCK
    makers = {name for path, name in stages(repository).items() if path in paths}
    content = _read(lock)
    kept = {name: stage for name, stage in content.get("stages", {}).items() if name not in makers}
    if kept == content.get("stages", {}):
        return
    text = io.StringIO()
    YAML(typ="safe", pure=True).dump({**content, "stages": kept}, text)
    write_whole(lock, text.getvalue())


def object_path(cache: Path, md5: str) -> Path:
    """Where the cache keeps an object; a storage keeps it under the same two names."""
    return cache / "files" / "md5" / md5[:2] / md5[2:]


def objects_behind(outs: Iterable[Recorded], cache: Path) -> tuple[set[str], set[str]]:
    """The hashes of every object needed for these, and those of them that the cache lacks.

    The files of a folder whose own list is missing cannot be told: the list is then what is missing.
    """
    needed: set[str] = set()
    for out in outs:
        needed.add(out.md5)
        listing = object_path(cache, out.md5)
        if out.md5.endswith(".dir") and listing.exists():
            needed.update(entry["md5"] for entry in json.loads(listing.read_text(encoding="utf-8")))
    return needed, {md5 for md5 in needed if not object_path(cache, md5).exists()}


def files_of(folder: Recorded, cache: Path) -> dict[str, Path]:
    """The files of a recorded folder, by their path in it, as the cache holds them."""
    entries = json.loads(object_path(cache, folder.md5).read_text(encoding="utf-8"))
    return {entry["relpath"]: object_path(cache, entry["md5"]) for entry in entries}


def _locked(repository: Repository) -> Iterator[tuple[str, Recorded]]:
    cached = stages(repository)
    for name, stage in _read(repository.root / LOCK).get("stages", {}).items():
        for out in stage.get("outs", []):
            if cached.get(out["path"]) == name and "md5" in out:
                yield out["path"], Recorded(out["path"], out["md5"], name)


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = YAML(typ="safe", pure=True).load(path)
    except YAMLError as error:
        raise InputError(f"{path} cannot be read; a merge may have left its marks in it.", field=path.name) from error
    return content or {}
