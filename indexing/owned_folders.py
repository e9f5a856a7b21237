"""Folders that one process owns while it lives, and that others see whole or not at all.

A folder belongs to whoever holds the locks in it. The kernel drops a dead process's locks, so what nobody holds is
debris, whatever process ids have been used again. The home's own lock, held for moments, keeps apart those who make,
publish and sweep folders.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from indexing.errors import Busy, InputError

OWNER_LOCK = "owner.lock"
_HOME_LOCK = ".folders.lock"
_PATIENCE_SECONDS = 60.0  # a sweep of several large folders on a slow disk
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def checked_name(collection: str) -> str:
    """The name itself when a folder can have it; what we hide starts with a dot, so no collection does."""
    if not _NAME.fullmatch(collection):
        raise InputError(f"{collection!r} is not a collection's name: letters, digits, . _ -", field="collection")
    return collection


class OwnedFolder:
    """A folder of this process until it is published or removed; leaving the `with` removes what is still its own."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock

    def __enter__(self) -> OwnedFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def publish(self, target: Path) -> None:
        """Give the folder its final name in one step. Hold `alone` around it, and `sync` the folder before."""
        self._lock.release()
        (self.path / OWNER_LOCK).unlink(missing_ok=True)
        self.path.rename(target)
        _sync(target.parent)

    def remove(self) -> None:
        """Delete the folder if it has not been published; what cannot be deleted now a sweep will find."""
        self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """The right to make, publish and sweep folders under `home`. Busy when somebody keeps it for a minute."""
    home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / _HOME_LOCK)
    try:
        lock.acquire(timeout=_PATIENCE_SECONDS)
    except Timeout as error:
        raise Busy(f"Another process keeps {home / _HOME_LOCK} locked; wait until it is done.") from error
    try:
        yield
    finally:
        lock.release()


def claim(parent: Path, name: str) -> OwnedFolder:
    """A new, empty folder of this process whose name starts with `name`. Hold `alone` around it."""
    path = parent / f"{name}-{secrets.token_hex(4)}"
    path.mkdir(parents=True)
    # Not per thread: whichever thread closes an index lets go of its folder.
    lock = FileLock(path / OWNER_LOCK, thread_local=False)
    lock.acquire(timeout=0)
    return OwnedFolder(path, lock)


def remove_if_abandoned(path: Path, *locks: str) -> bool:
    """Remove a folder when nobody holds any of its locks; whether it went. Hold `alone` around it."""
    held = contextlib.ExitStack()
    with held:
        try:
            for name in (OWNER_LOCK, *locks):
                held.enter_context(FileLock(path / name).acquire(timeout=0))
        except Timeout:
            return False
    shutil.rmtree(path, ignore_errors=True)
    return not path.exists()


def remove_abandoned(parent: Path) -> None:
    """Remove the hidden folders directly in a folder whose owners are gone. Hold `alone` around it."""
    for path in parent.glob(".*"):
        if path.is_dir():
            remove_if_abandoned(path)


def sync(folder: Path) -> None:
    """Bring everything in the folder to the disk, so that a name given to it never stands over missing bytes."""
    for parent, _, files in os.walk(folder):
        for name in files:
            _sync(Path(parent, name))
        _sync(Path(parent))


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows syncs no folders
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
