"""A scratch checkout as a user has it: git, data, and `vivier data` run in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.data_versions.purge import Purged, purge
from flows.data_versions.push import Pushed, push
from flows.data_versions.remote import Remote, find_remote
from flows.data_versions.repository import Repository
from flows.data_versions.restore import Restored, Sweep, checkout, pull
from flows.data_versions.settings import DataSettings
from flows.data_versions.status import Status, status
from indexing.erasure import erase_from_files
from tests.s3_server import BUCKET, WRITER, S3Server

PROGRAM = """
import sys
from indexing.errors import VivierError
from flows.data_commands import DATA
try:
    DATA()
except VivierError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


def quiet(_sentence: str) -> None:
    """Progress that nobody reads."""


def nobody_left(_data: Path, _processed: Path) -> None:
    """The sweep of an installation that nobody has left."""


def sweep_of(login: str) -> Sweep:
    """The sweep of an installation that one person has left."""

    def covers(other: str | None, *_ids: object) -> bool:
        return (other or "").casefold() == login.casefold()

    return lambda data, processed: erase_from_files(data, processed, covers)


@dataclass(frozen=True)
class Checkout:
    """One clone, and the home that goes with it."""

    root: Path
    home: Path
    prefix: str  # in the bucket; each test has its own

    @staticmethod
    def clone(source: Path, target: Path, *, prefix: str = "dvc") -> Checkout:
        """`git clone`, and a home beside it."""
        subprocess.run(["git", "clone", "--quiet", str(source), str(target)], check=True)
        return Checkout(target, target.with_name(f"{target.name}-home"), prefix)

    def copy(self, target: Path) -> Checkout:
        """The same checkout elsewhere, with its data and its cache."""
        return Checkout(shutil.copytree(self.root, target), target.with_name(f"{target.name}-home"), self.prefix)

    @property
    def repository(self) -> Repository:
        return Repository(self.root)

    @property
    def raw(self) -> Path:
        return self.root / "data" / "raw"

    @property
    def processed(self) -> Path:
        return self.root / "data" / "processed"

    @property
    def first_login(self) -> str:
        """Somebody who is in the raw files."""
        return (self.raw / "github_users.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]

    def settings(self, s3: S3Server, *, bucket: str = BUCKET, keys: tuple[str, str] = WRITER) -> DataSettings:
        """The settings of somebody who exported the server's address and keys."""
        values: dict[str, Any] = {
            "home": self.home,
            "data": self.root / "data",
            "processed": self.processed,
            "s3_endpoint": s3.url,
            "dvc_url": f"s3://{bucket}/{self.prefix}",
            "access_key_id": keys[0],
            "secret_access_key": keys[1],
        }
        return DataSettings(**values)

    def remote(self, s3: S3Server, **more: Any) -> Remote:
        """The storage as `vivier data` finds it, under a prefix of this test's own."""
        return find_remote(self.settings(s3, **more), self.repository)

    def push(self, s3: S3Server, *, tag: str | None = None, **more: Any) -> Pushed:
        """`vivier data push --commit`, in this process, and a name for the commit."""
        pushed = push(self.repository, self.remote(s3, **more), say=quiet, commits=True)
        if tag:
            self.git("tag", tag)
        return pushed

    def pull(self, s3: S3Server, *, sweep: Sweep = nobody_left, **more: Any) -> Restored:
        """`vivier data pull`, in this process."""
        return pull(self.repository, lambda: self.remote(s3), sweep=sweep, say=quiet, **more)

    def checkout(self, name: str, s3: S3Server, *, sweep: Sweep = nobody_left, **more: Any) -> Restored:
        """`vivier data checkout`, in this process."""
        return checkout(self.repository, name, lambda: self.remote(s3), sweep=sweep, say=quiet, **more)

    def environment(self, s3: S3Server | None = None, **more: str) -> dict[str, str]:
        """The variables of a process in this checkout."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIVIER_", "AWS_ACCESS"))}
        mine = {"VIVIER_HOME": str(self.home), "PYTHONPATH": str(self.root)}
        storage = s3.environment() | {"VIVIER_DVC_URL": f"s3://{BUCKET}/{self.prefix}"} if s3 else {}
        return kept | mine | storage | more

    def data(
        self, *arguments: str, s3: S3Server | None = None, check: bool = True, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `vivier data ...` as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=self.root,
            env=self.environment(s3, **more),
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def status(self, s3: S3Server) -> Status:
        """`vivier data status`, in this process."""
        return status(self.repository, lambda: self.remote(s3))

    def purge(self, s3: S3Server, *, sweep: Sweep = nobody_left, agrees: bool = True, **more: Any) -> Purged:
        """`vivier data purge`, in this process."""
        return purge(self.repository, self.remote(s3, **more), sweep=sweep, agrees=lambda _sentence: agrees, say=quiet)

    def git(self, *arguments: str) -> str:
        """Run git; its output."""
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments], check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout.strip()

    def dvc(self, *arguments: str, s3: S3Server | None = None) -> subprocess.CompletedProcess[str]:
        """Run plain `dvc`, as somebody without our command line does."""
        return subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=self.root,
            env=self.environment(s3),
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file under a folder that is data, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".dvc"
    }
