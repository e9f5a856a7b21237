"""Snapshots of a Qdrant server's collections, brought here and back over HTTP.

Not through qdrant-client: it holds a whole snapshot in memory, and has one timeout for a question and for a download.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from qdrant_client import models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from indexing.errors import IndexUnavailable, InputError, Unavailable
from indexing.model_folder import file_hash
from indexing.server_index.calls import ServerCalls

SNAPSHOT = "collection.snapshot"
_MANIFEST = "release.json"
_CHUNK = 1 << 20
# The server copies every segment before it answers, and reads a whole upload before it answers that.
_PATIENCE_SECONDS = 3600.0


class Snapshots:
    """What one server offers; `calls` try again, `once` is for what must not be done twice."""

    def __init__(
        self, url: str, api_key: str | None, calls: ServerCalls, once: ServerCalls, *, timeout_seconds: float
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"api-key": api_key} if api_key else {}
        self._calls, self._once = calls, once
        self._timeout = httpx.Timeout(timeout_seconds, read=_PATIENCE_SECONDS, write=_PATIENCE_SECONDS)
        self._opened: httpx.Client | None = None

    def download(self, collection: str, path: Path) -> None:
        """Have a snapshot made, write it to `path`, and have it removed from the server again."""
        self._refuse_scattered(collection)
        made = self._once.run(partial(self._make, collection), collection=collection)
        route = f"{_route(collection)}/snapshots/{quote(made.name, safe='')}"
        try:
            found = self._calls.run(partial(self._fetch, route, path), collection=collection)
            if made.checksum and found != made.checksum:
                raise IndexUnavailable(f"The snapshot of {collection} came with other bytes than the server made.")
        finally:
            with suppress(Unavailable):  # what matters is here, or is being raised
                self._once.run(partial(self._ask, "DELETE", route))

    def upload(self, collection: str, path: Path) -> None:
        """Make the collection what the snapshot says; its checksum travels with it."""
        self._calls.run(partial(self._send, collection, path), collection=collection)

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()

    def _refuse_scattered(self, collection: str) -> None:
        answer = self._calls.run(partial(self._ask, "GET", f"{_route(collection)}/cluster"), collection=collection)
        placed = models.CollectionClusterInfo.model_validate(answer)
        here = {shard.shard_id for shard in placed.local_shards}
        if len(here) < placed.shard_count:
            raise InputError(
                f"{collection} has {placed.shard_count - len(here)} of its {placed.shard_count} shards on other nodes "
                "than the one that VIVIER_QDRANT_URL names, and a snapshot holds one node's: see docs/backup.md.",
                field="VIVIER_QDRANT_URL",
            )

    def _make(self, collection: str) -> models.SnapshotDescription:
        answer = self._ask("POST", f"{_route(collection)}/snapshots", params={"wait": "true"})
        return models.SnapshotDescription.model_validate(answer)

    def _fetch(self, route: str, path: Path) -> str:
        digest = hashlib.sha256()
        with _translated(), self._client.stream("GET", route) as response:
            if response.is_error:
                response.read()
                raise UnexpectedResponse.for_response(response)
            with path.open("wb") as file:
                for chunk in response.iter_bytes(_CHUNK):
                    file.write(chunk)
                    digest.update(chunk)
        return digest.hexdigest()

    def _send(self, collection: str, path: Path) -> None:
        # `snapshot`: what stands in it counts, whatever another node still has under that name.
        params = {"wait": "true", "priority": "snapshot", "checksum": file_hash(path)}
        with path.open("rb") as file:
            self._ask("POST", f"{_route(collection)}/snapshots/upload", params=params, files={"snapshot": file})

    def _ask(self, method: str, route: str, **content: Any) -> Any:
        with _translated():
            response = self._client.request(method, route, **content)
            if response.is_error:
                raise UnexpectedResponse.for_response(response)
            return response.json()["result"]

    @property
    def _client(self) -> httpx.Client:
        if self._opened is None:
            if not self._url:
                raise InputError("Snapshots need a server's address; set VIVIER_QDRANT_URL.", field="VIVIER_QDRANT_URL")
            self._opened = httpx.Client(base_url=self._url, headers=self._headers, timeout=self._timeout)
        return self._opened


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Keep a collection's manifest beside its snapshot."""
    (folder / _MANIFEST).write_text(json.dumps(dict(manifest)), encoding="utf-8")


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """The manifest beside a snapshot."""
    manifest: Mapping[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    return manifest


def _route(collection: str) -> str:
    return f"/collections/{quote(collection, safe='')}"


@contextmanager
def _translated() -> Iterator[None]:
    """As qdrant-client says it, so that one policy knows what to do about it."""
    try:
        yield
    except httpx.HTTPError as error:
        raise ResponseHandlingException(error) from error
    except (KeyError, TypeError) as error:  # JSON, and not Qdrant's
        raise ResponseHandlingException(error) from error
