"""What a release calls the raw files it was made from: DVC's hash of data/raw where DVC keeps it, else one of ours.

With DVC's hash, whoever has an answer can find its data: `vivier data checkout DATA_REV`. It is computed here, as DVC
does (of a listing of the files' hashes), so that it names the data before anybody records it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexing.raw_data.load import data_rev
from indexing.whole_files import write_whole

SHORT = 12  # hexadecimal digits of a hash: two versions of a million share them once in 500
_POINTERS = ("dvc.lock", "data/raw.dvc")
_REPORTS = ("quality.html", "quality.json")
_GIT_SECONDS = 5


def revision_of(users: Path, repos: Path, contributions: Path | None) -> str:
    """`dvc-HASH-git-COMMIT` for the tables of a data/raw that DVC keeps, COMMIT being the first to record them.

    `dvc-HASH` until one does, and a hash of the three files' content where there is no DVC or only some of its tables
    are used.
    """
    root = _versioned(users, repos, contributions)
    if root is None:
        return data_rev(users, repos, contributions)
    whole = folder_hash(users.parent)
    name = f"dvc-{whole[:SHORT]}"
    commit = _first_commit(root, whole)
    return f"{name}-git-{commit[:SHORT]}" if commit else name


def folder_hash(folder: Path) -> str:
    """DVC's hash of a folder, without its `.dir`; hidden files and reports are no data, as .dvcignore says."""
    entries = [
        {"md5": hash_of(path), "relpath": path.relative_to(folder).as_posix()}
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.relative_to(folder).as_posix() not in _REPORTS
    ]
    listing = json.dumps(sorted(entries, key=lambda entry: entry["relpath"]), sort_keys=True)
    return hashlib.md5(listing.encode(), usedforsecurity=False).hexdigest()


def hash_of(path: Path) -> str:
    """A file's hash as DVC takes it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def is_made_from(revision: str, whole: str) -> bool:
    """Whether a revision names the data/raw that has this hash."""
    return revision.startswith(f"dvc-{whole[:SHORT]}")


@contextmanager
def renoting(raw: Path, note: Path) -> Iterator[None]:
    """Keep `note` (the data_rev of the people enriched last) true while people are taken out of both.

    Without it, the rows that went would make the profiles look as if they came from other raw files.
    """
    if not (note.exists() and raw.is_dir()):
        yield
        return
    noted = json.loads(note.read_text(encoding="utf-8"))
    are_of_raw = is_made_from(noted["data_rev"], folder_hash(raw))
    yield
    if are_of_raw:
        now = f"dvc-{folder_hash(raw)[:SHORT]}"
        if not noted["data_rev"].startswith(now):
            write_whole(note, json.dumps(noted | {"data_rev": now}))


def _versioned(users: Path, repos: Path, contributions: Path | None) -> Path | None:
    """The root over a data/raw that is under DVC and of which every table is used."""
    folder = users.resolve().parent
    root = folder.parent.parent
    if folder != root / "data" / "raw" or not (root / ".dvc").is_dir():
        return None
    used = {path.resolve() for path in (users, repos, contributions) if path is not None}
    tables = {path.resolve() for path in folder.glob("github_*.csv*") if path.is_file()}
    return root if used == tables else None


def _first_commit(root: Path, whole: str) -> str | None:
    """The first commit before this one that names the hash, None when none does or git cannot tell."""
    try:
        finished = subprocess.run(  # noqa: S603  # a fixed program and a hash
            ["git", "-C", str(root), "log", "--format=%H", f"-S{whole}", "--", *_POINTERS],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    commits = finished.stdout.split()
    return commits[-1] if commits and not finished.returncode else None
