"""The files of a run: in a folder of this machine, or behind an MLflow server that serves its artifacts."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

from indexing.errors import ModelFilesCorrupt, RegistryUnavailable
from indexing.model_registry.connection import Connection, MissingEntryError, Server

ROUTE = "/api/2.0/mlflow-artifacts/artifacts"
# A server that keeps its artifacts in S3 first reads or writes the whole file there, and answers then.
TRANSFER_SECONDS = 60.0
CHUNK = 1 << 20


class RunFiles(Protocol):
    """One run's files, by paths relative to the run."""

    def names(self, path: str) -> list[str]:
        """What is directly under a path; nothing when there is no such folder."""

    def read(self, path: str) -> bytes:
        """A file's bytes. MissingEntryError when there is no such file."""

    def create(self, path: str, content: bytes) -> bool:
        """Write the only file of a new folder, whole or not at all; False when the folder is there already."""

    def put(self, folder: Path, path: str) -> None:
        """Copy a folder there."""

    def remove(self, path: str) -> None:
        """Remove a folder and what is in it; nothing happens when it is not there."""

    def fetch(self, path: str, folder: Path) -> None:
        """Copy what is under a path into an existing folder. MissingEntryError when there is nothing."""


def run_files(connection: Connection, run_id: str) -> RunFiles:
    """The files of a run, wherever its MLflow keeps them."""
    if connection.server is None:
        # Where this home keeps them now, not where the database says they were: a home may be moved.
        here = connection.artifacts / run_id / "artifacts"
        if here.exists():
            return LocalFiles(here)
    root = connection.roots.get(run_id)
    if root is None:
        with connection.asking():
            root = str(connection.runs.get_run(run_id).info.artifact_uri)
        connection.roots[run_id] = root
    return files_at(connection, root)


def source_files(connection: Connection, location: str) -> RunFiles:
    """The files of a logged model, also those of a home that was moved since."""
    if connection.server is None:
        here = connection.artifacts.joinpath(*PurePosixPath(urlsplit(location).path).parts[-3:])
        if here.is_dir():  # models/{id}/artifacts
            return LocalFiles(here)
    return files_at(connection, location)


def files_at(connection: Connection, root: str) -> RunFiles:
    """The files under an artifact URI. RegistryUnavailable when this process has no way to them."""
    parts = urlsplit(root)
    if connection.server is None and parts.scheme in ("", "file"):
        return LocalFiles(Path(url2pathname(parts.path)))
    if connection.server is not None and parts.scheme == "mlflow-artifacts":
        return ServedFiles(connection, connection.server, unquote(parts.path).strip("/"))
    raise RegistryUnavailable(
        f"MLflow at {connection.address.url} keeps artifacts under {parts.scheme or 'a path of its own'}: "
        "start the server with --serve-artifacts, so that its clients need no access to the store."
    )


class LocalFiles:
    """Files in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, path: str) -> list[str]:
        """What is directly under a path; hidden names are unfinished writes."""
        folder = self._root / path
        return sorted(child.name for child in folder.iterdir() if child.name[0] != ".") if folder.is_dir() else []

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError as error:
            raise MissingEntryError(path) from error

    def create(self, path: str, content: bytes) -> bool:
        """Write the only file of a new folder: renaming the folder into place succeeds for one writer only."""
        target = (self._root / path).parent
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=target.parent, ignore_cleanup_errors=True) as unfinished:
            (Path(unfinished) / Path(path).name).write_bytes(content)
            Path(unfinished).chmod(0o755)  # others than its maker serve it
            try:
                Path(unfinished).rename(target)
            except OSError:
                if target.exists():
                    return False
                raise
        return True

    def put(self, folder: Path, path: str) -> None:
        """Copy a folder there."""
        shutil.copytree(folder, self._root / path, dirs_exist_ok=True)

    def remove(self, path: str) -> None:
        """Remove a folder: first out of sight, then for good."""
        target = self._root / path
        unseen = target.with_name(f".{target.name}.removed")
        shutil.rmtree(unseen, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            target.rename(unseen)
        shutil.rmtree(unseen, ignore_errors=True)

    def fetch(self, path: str, folder: Path) -> None:
        """Copy what is under a path. No hard links: a damaged cache must not damage the original."""
        if not self.names(path):
            raise MissingEntryError(path)
        shutil.copytree(self._root / path, folder, dirs_exist_ok=True)


class ServedFiles:
    """Files behind an MLflow server that serves its artifacts."""

    def __init__(self, connection: Connection, server: Server, root: str) -> None:
        self._connection = connection
        self._server = server
        self._root = PurePosixPath(root)

    def names(self, path: str) -> list[str]:
        """What is directly under a path."""
        return sorted(entry["path"] for entry in self._entries(path))

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        target = PurePosixPath(path)
        # Asked for a file that is not there, MLflow answers 500 as for any failure: look first.
        if target.name not in self.names(str(target.parent)):
            raise MissingEntryError(path)
        content: bytes = self._request("GET", self._endpoint(path)).content
        return content

    def create(self, path: str, content: bytes) -> bool:
        """Write the only file of a new folder; release ids are unique, so looking first is enough."""
        target = PurePosixPath(path)
        if target.name in self.names(str(target.parent)):
            return False
        self._request("PUT", self._endpoint(path), data=content)
        return True

    def put(self, folder: Path, path: str) -> None:
        """Copy a folder there, file by file."""
        for source in sorted(file for file in folder.rglob("*") if file.is_file()):
            with source.open("rb") as stream:
                target = str(PurePosixPath(path) / source.relative_to(folder).as_posix())
                self._request("PUT", self._endpoint(target), data=stream)

    def remove(self, path: str) -> None:
        """Remove a folder; MLflow's server removes what is under it."""
        if self._entries(path):
            self._request("DELETE", self._endpoint(path))

    def fetch(self, path: str, folder: Path) -> None:
        """Copy what is under a path; ModelFilesCorrupt when a file comes short."""
        entries = self._entries(path)
        if not entries:
            raise MissingEntryError(path)
        for entry in entries:
            name = entry["path"]
            if entry.get("is_dir"):
                (folder / name).mkdir()
                self.fetch(f"{path}/{name}", folder / name)
            else:
                self._fetch_file(f"{path}/{name}", folder / name, size=int(entry.get("file_size") or 0))

    def _fetch_file(self, path: str, destination: Path, *, size: int) -> None:
        with (
            self._connection.asking(),
            self._send("GET", self._endpoint(path), stream=True) as response,
            destination.open("wb") as file,
        ):
            for chunk in response.iter_content(chunk_size=CHUNK):
                file.write(chunk)
        if size and destination.stat().st_size != size:
            raise ModelFilesCorrupt(f"{path} came with {destination.stat().st_size} of {size} bytes; try again.")

    def _entries(self, path: str) -> list[dict[str, Any]]:
        with self._connection.asking():
            response = self._send(
                "GET", ROUTE, timeout_seconds=self._server.timeout_seconds, params={"path": str(self._root / path)}
            )
            entries: list[dict[str, Any]] = response.json().get("files", [])
        for entry in entries:
            # Only a name may come back: "../x" from a server would be written outside the folder.
            entry["path"] = PurePosixPath(entry["path"]).name
        return [entry for entry in entries if entry["path"] not in ("", ".", "..")]

    def _endpoint(self, path: str) -> str:
        return f"{ROUTE}/{quote(str(self._root / path))}"

    def _request(self, method: str, endpoint: str, **extra: Any) -> Any:
        with self._connection.asking():
            return self._send(method, endpoint, **extra)

    def _send(self, method: str, endpoint: str, *, timeout_seconds: float = TRANSFER_SECONDS, **extra: Any) -> Any:
        response = self._server.request(method, endpoint, timeout_seconds=timeout_seconds, **extra)
        response.raise_for_status()
        return response
