"""The git checkout that the data belongs to: asked, and changed in nothing but the small files that point to data."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from indexing.errors import InputError

LOCK = "dvc.lock"
RAW = "data/raw"
PROCESSED = "data/processed"
# What says which data belongs to a commit. Everything else in git is code.
POINTERS = (LOCK, ":(glob)data/**/*.dvc")
_SETTINGS = (".dvc/config", ".dvc/.gitignore", ".dvcignore", ":(glob)data/**/.gitignore", ".gitignore")
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Repository:
    """One checkout; `root` is where .git and .dvc lie."""

    root: Path

    @property
    def dvc(self) -> Path:
        """DVC's own folder."""
        return self.root / ".dvc"

    @property
    def raw(self) -> Path:
        """Where sources write."""
        return self.root / RAW

    @property
    def processed(self) -> Path:
        """Where enriched people and embedding caches lie."""
        return self.root / PROCESSED

    def revision(self, name: str) -> str:
        """The commit that a name stands for: a branch, a tag, a hash, or the data_rev of a release."""
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", check=False)
        return found.strip() or self._first_with(name)

    def pointers(self, revision: str) -> dict[str, bytes]:
        """The files of a commit that point to data, by path."""
        listed = self._git("ls-tree", "-r", "-z", "--name-only", revision).split("\0")
        paths = [path for path in listed if path == LOCK or (path.startswith("data/") and path.endswith(".dvc"))]
        return {path: self._run("cat-file", "blob", f"{revision}:{path}").stdout for path in paths}

    def uncommitted(self) -> tuple[str, ...]:
        """Pointers, and DVC's settings, that differ from the last commit."""
        asked = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--")
        listed = self._git(*asked, *POINTERS, *_SETTINGS).split("\0")
        return tuple(sorted({line[3:] for line in listed if line}))

    def commit(self, paths: tuple[str, ...], message: str) -> str:
        """Commit these files and nothing else that may be staged; returns the commit."""
        self._git("add", "--", *paths)
        self._git("commit", "--quiet", "--message", message, "--only", "--", *paths)
        return self._git("rev-parse", "HEAD").strip()

    def _first_with(self, data_rev: str) -> str:
        """The first commit that records data called dvc-HASH, or dvc-HASH-git-COMMIT."""
        parts = data_rev.split("-")
        if len(parts) not in (2, 4) or parts[0] != "dvc":
            raise InputError(
                f"git knows no revision {data_rev!r}; `git log --oneline dvc.lock` lists them.", field="rev"
            )
        commits = self._git("log", "--all", "--format=%H", f"-S{parts[1]}", "--", *POINTERS).split()
        if not commits:
            raise InputError(f"No commit here records the data {data_rev}; `git fetch` may bring it.", field="rev")
        return commits[-1]

    def _git(self, *arguments: str, check: bool = True) -> str:
        return self._run(*arguments, check=check).stdout.decode("utf-8", errors="surrogateescape")

    def _run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        return run_git(self.root, *arguments, check=check)


def run_git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder. InputError with git's own last line when it fails and is expected not to."""
    try:
        finished = subprocess.run(  # noqa: S603  # a fixed program, and arguments that are no shell's
            ["git", "-C", str(folder), *arguments],  # noqa: S607  # whichever git the user has
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_SECONDS,
        )
    except FileNotFoundError as error:
        raise InputError("git is not installed; deploy/setup says how to get it.", field="git") from error
    except subprocess.TimeoutExpired as error:
        raise InputError(f"git {arguments[0]} did not end in {_TIMEOUT_SECONDS} s.", field="git") from error
    if check and finished.returncode:
        said = finished.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(f"git {arguments[0]} failed: {said[-1] if said else finished.returncode}", field="git")
    return finished


def find_repository(folder: Path) -> Repository:
    """The checkout a folder lies in. InputError outside of any."""
    found = run_git(folder, "rev-parse", "--show-toplevel", check=False)
    if found.returncode:
        said = found.stderr.decode(errors="replace").strip().splitlines()
        if said and "not a git repository" not in said[0]:
            raise InputError(f"git cannot use {folder}: {said[0]}", field="git")  # somebody else's, for instance
        raise InputError(
            f"{folder} is in no git checkout, and versions of data belong to commits; `git init` makes one.",
            field="git",
        )
    return Repository(Path(found.stdout.decode("utf-8", errors="surrogateescape").strip()))
