"""What a backup is: a folder whose `manifest.json`, written last, names every file with its size and sha256.

manifest.json
collections/{collection}/      as the engine saves it
registry/                      mlflow.db and artifacts/, or what was asked of an MLflow server
database/vivier.db             stored searches and tombstones, where the database is SQLite
tombstones.json                who left, as keyed marks; always
tombstones.key                 only when asked for
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from indexing.errors import InputError
from indexing.model_folder import file_hash
from indexing.whole_files import write_whole

MANIFEST = "manifest.json"
COLLECTIONS, REGISTRY, DATABASE = "collections", "registry", "database/vivier.db"
TOMBSTONES, KEY = "tombstones.json", "tombstones.key"
FORMAT = 1
_NAME = re.compile(r"b-[0-9]{8}t[0-9]{6}-[0-9a-f]{4}")

Engine = Literal["edge", "server"]
Registry = Literal["sqlite", "export"]
Database = Literal["sqlite", "postgresql", "none"]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SavedRelease:
    """A release whose collection is in a backup."""

    id: str
    collection: str
    people: int
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class SavedFile:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything a backup says of itself."""

    name: str
    created: str  # ISO 8601, UTC; nothing in it is newer
    vivier: str
    champion: str
    releases: tuple[SavedRelease, ...]
    engine: Engine
    registry: Registry
    database: Database
    tombstones: int
    key_check: str  # tells whether a key is the one these tombstones were made with; "" without tombstones
    has_key: bool
    files: Mapping[str, SavedFile]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(one.size for one in self.files.values())

    def to_json(self) -> str:
        """The manifest's text."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class Listed:
    """A backup that lies in a folder."""

    manifest: Manifest
    folder: Path


def new_name(now: datetime | None = None) -> str:
    """A name nobody else has: the second, and four random digits."""
    return f"b-{(now or datetime.now(UTC)).strftime('%Y%m%dt%H%M%S')}-{secrets.token_hex(2)}"


def key_check(key: bytes) -> str:
    """What tells a key from another and nothing more of it."""
    return hmac.digest(key, b"vivier backup", "sha256")[:8].hex()


def read_manifest(folder: Path) -> Manifest:
    """A backup's manifest. InputError when the folder is none, or of a later version."""
    path = folder / MANIFEST
    try:
        written: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if written.pop("format") != FORMAT:
            raise InputError(f"{path} was written by another version of Vivier; restore it with that one.")
        releases = tuple(SavedRelease(**one) for one in written.pop("releases"))
        files = {_checked(name): SavedFile(**one) for name, one in written.pop("files").items()}
        return Manifest(releases=releases, files=files, **written)
    except FileNotFoundError as error:
        raise InputError(f"There is no backup at {folder}; `vivier backup list` shows what there is.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} cannot be read as a backup's manifest ({error}); take another backup.") from error


def backups_in(place: Path) -> list[Listed]:
    """The backups directly in a folder, newest first; what is unfinished or unreadable is none."""
    found = []
    for folder in place.glob("b-*"):
        if _NAME.fullmatch(folder.name) and (folder / MANIFEST).exists():
            try:
                found.append(Listed(read_manifest(folder), folder))
            except InputError:
                continue
    return sorted(found, key=lambda one: (one.manifest.created, one.manifest.name), reverse=True)


def find(place: Path, name: str) -> Path:
    """The folder of a backup, given by name or by path."""
    if _NAME.fullmatch(name):
        return place / name
    folder = Path(name)
    if folder.is_dir():
        return folder
    raise InputError(f"There is no backup {name!r} in {place}; `vivier backup list` shows what there is.", field="name")


def older_than(listed: list[Listed], age: timedelta, now: datetime | None = None) -> list[Listed]:
    """The backups that were made longer ago than that."""
    limit = (now or datetime.now(UTC)) - age
    return [one for one in listed if datetime.fromisoformat(one.manifest.created) < limit]


def inventory(folder: Path, progress: Progress) -> dict[str, SavedFile]:
    """Size and sha256 of every file in a folder; our own locks and hidden work are no part of it."""
    paths = [path for path in _files(folder) if path.name not in (MANIFEST, "owner.lock")]
    total, done = sum(path.stat().st_size for path in paths), 0
    found = {}
    for path in paths:
        size = path.stat().st_size
        found[path.relative_to(folder).as_posix()] = SavedFile(size, file_hash(path))
        done += size
        progress("sums", done >> 20, total >> 20)
    return found


def first_damage(folder: Path, manifest: Manifest, progress: Progress) -> str | None:
    """The first file that is missing or not as it was written, None when all are."""
    done = 0
    for name, saved in manifest.files.items():
        path = folder / name
        try:
            if path.stat().st_size != saved.size or file_hash(path) != saved.sha256:
                return name
        except OSError:
            return name
        done += saved.size
        progress("sums", done >> 20, manifest.size >> 20)
    return None


def seal(folder: Path, manifest: Manifest) -> None:
    """Write the manifest: from now on the folder is a backup."""
    write_whole(folder / MANIFEST, manifest.to_json())


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _checked(name: str) -> str:
    """A file's name, inside its backup: a manifest may come from anywhere."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or "\\" in name:
        raise ValueError(f"{name!r} is outside the backup")
    return name
