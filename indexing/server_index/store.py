"""The collections of a Qdrant server or cluster.

A server cannot rename a collection, so completeness is a word in its metadata: `building` from the call that creates
it, `complete` with the manifest in one last call. What lacks that word is not listed and not opened. A builder renews
a heartbeat in the same metadata; a `building` collection whose heartbeat is older than `stale_after_seconds` has no
builder any more, and `sweep` or the next build of that name removes it. Clocks of builder and sweeper may differ by
less than that. A collection without our metadata belongs to somebody else and is never touched.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from qdrant_client import QdrantClient, models

from indexing.errors import Busy, CollectionNotFound, IndexUnavailable, InputError, Unavailable
from indexing.index import IndexPoint
from indexing.qdrant_filters import DENSE, INDEXED_FIELDS
from indexing.releases import graph_links
from indexing.server_index.calls import RetryPolicy, ServerCalls
from indexing.server_index.collection import ServerIndex
from indexing.server_index.layout import ServerSettings, collection_layout
from indexing.server_index.models import index_params, point_struct
from indexing.server_index.snapshots import SNAPSHOT, Snapshots, read_manifest, write_manifest
from indexing.vectors import checked_point

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

_STATE, _BUILDING, _COMPLETE = "vivier_state", "building", "complete"
_HEARTBEAT, _MANIFEST = "vivier_heartbeat", "vivier_manifest"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ServerStore:
    """All collections of one Qdrant server; `location` (":memory:" or a folder) runs qdrant-client's emulator.

    With a `grpc_port`, points and searches travel by gRPC; snapshots go over HTTP.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        location: str | None = None,
        timeout_seconds: float = 10.0,
        grpc_port: int | None = None,
        settings: ServerSettings | None = None,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings or ServerSettings()
        self._is_local = location is not None
        self._calls = ServerCalls(retry or RetryPolicy(), sleep=sleep)
        self._once = ServerCalls(RetryPolicy(attempts=1), sleep=sleep)
        self._sleep, self._clock = sleep, clock
        self._client = _client(url, api_key, location, timeout_seconds, grpc_port)
        self._snapshots = Snapshots(url or "", api_key, self._calls, self._once, timeout_seconds=timeout_seconds)

    def build(
        self, collection: str, points: Iterable[IndexPoint], *, dimension: int, manifest: Mapping[str, Any]
    ) -> None:
        """Write a whole collection, have it indexed, and only then let it be seen.

        Points must keep coming: a heartbeat is sent between two batches of them.
        """
        self._make_room(collection)
        # Not retried: after a lost answer, "exists already" would not say whose it is. A sweep removes what it left.
        hnsw_m = graph_links(
            int(manifest.get("hnsw_m", self._settings.hnsw_m)), passages=int(manifest.get("passages", 0))
        )
        self._calls.run(partial(self._create, collection, dimension, hnsw_m), idempotent=False)
        is_complete = False
        try:
            self._fill(collection, points, dimension)
            self._index(collection)
            metadata = {_STATE: _COMPLETE, _MANIFEST: dict(manifest)}
            self._run(collection, partial(self._client.update_collection, collection, metadata=metadata))
            is_complete = True
        finally:
            if not is_complete:
                self._abandon(collection)

    def open(self, collection: str, *, hnsw_ef: int | None = None) -> ServerIndex:
        """Open for searching."""
        info = self._complete(collection)
        vectors = info.config.params.vectors
        if not isinstance(vectors, dict) or DENSE not in vectors:
            raise IndexUnavailable(f"The collection {collection} has no {DENSE!r} vectors; build it again.")
        ef = hnsw_ef or _metadata(info).get(_MANIFEST, {}).get("ranking", {}).get("hnsw_ef", self._settings.hnsw_ef)
        return ServerIndex(
            self._client,
            self._calls,
            collection,
            dimension=vectors[DENSE].size,
            hnsw_ef=None if self._is_local else int(ef),
        )

    def manifest(self, collection: str) -> Mapping[str, Any]:
        """The manifest the collection was built with."""
        manifest: Mapping[str, Any] = _metadata(self._complete(collection)).get(_MANIFEST, {})
        return manifest

    def names(self) -> list[str]:
        """Complete collections, sorted."""
        return sorted(name for name, metadata in self._ours() if metadata.get(_STATE) == _COMPLETE)

    def drop(self, collection: str) -> None:
        """Remove a collection of ours; nothing happens when it is not there."""
        try:
            metadata = _metadata(self._info(collection))
            if _STATE not in metadata:
                raise InputError(
                    f"The collection {collection} was not made by Vivier and is left alone.", field="collection"
                )
            self._delete(collection)
        except CollectionNotFound:
            return

    def save(self, collection: str, folder: Path) -> None:
        """A snapshot that the server makes, downloaded; the server's own copy of it is removed."""
        self._complete(collection)
        self._snapshots.download(collection, folder / SNAPSHOT)
        write_manifest(folder, self.manifest(collection))

    def recover(self, collection: str, folder: Path) -> None:
        """Upload the snapshot. Until it is whole the collection is not listed."""
        self._make_room(collection)
        self._snapshots.upload(collection, folder / SNAPSHOT)
        if _metadata(self._info(collection)).get(_STATE) != _COMPLETE:  # a server that keeps none in a snapshot
            metadata = {_STATE: _COMPLETE, _MANIFEST: read_manifest(folder)}
            self._run(collection, partial(self._client.update_collection, collection, metadata=metadata))

    def sweep(self) -> list[str]:
        """Remove collections whose builder is gone; returns their names."""
        stale = [name for name, metadata in self._ours() if self._is_stale(metadata)]
        for name in stale:
            self._delete(name)
        return sorted(stale)

    def is_held(self, collection: str) -> bool:
        """Never: the server's files are the server's."""
        return False

    def is_open(self, collection: str) -> bool:
        """Unknown here: a server does not tell who asks it."""
        return False

    def is_healthy(self) -> bool:
        """Whether the server answers now, asked once."""
        try:
            self._once.run(self._client.get_collections)
        except Unavailable:
            return False
        return True

    def close(self) -> None:
        """Close the connections; indexes opened here stop answering."""
        self._calls.close()
        self._once.close()
        self._snapshots.close()
        self._client.close()

    def _make_room(self, collection: str) -> None:
        try:
            metadata = _metadata(self._info(collection))
        except CollectionNotFound:
            return
        if self._is_stale(metadata):
            self._delete(collection)
            return
        if metadata.get(_STATE) == _BUILDING:
            raise Busy(f"The collection {collection} is being built by another process; wait until it is done.")
        raise InputError(
            f"The collection {collection} exists already; drop it or take another name.", field="collection"
        )

    def _create(self, collection: str, dimension: int, hnsw_m: int) -> bool:
        return self._client.create_collection(
            collection,
            metadata={_STATE: _BUILDING, _HEARTBEAT: self._clock()},
            **collection_layout(self._settings, dimension=dimension, hnsw_m=hnsw_m),
        )

    def _fill(self, collection: str, points: Iterable[IndexPoint], dimension: int) -> None:
        if not self._is_local:  # the emulator has no payload indexes and warns about each
            for field, kind in INDEXED_FIELDS:
                create = partial(self._client.create_payload_index, collection, field, index_params(kind), wait=True)
                self._run(collection, create)
        next_beat = self._clock() + self._settings.heartbeat_seconds
        for batch in _batches(points, self._settings.upload_batch):
            structs = [point_struct(checked_point(point, dimension)) for point in batch]
            self._run(collection, partial(self._client.upsert, collection, structs, wait=True))
            if self._clock() >= next_beat:
                self._beat(collection)
                next_beat = self._clock() + self._settings.heartbeat_seconds

    def _index(self, collection: str) -> None:
        """Turn indexing on and wait until the server has nothing left to do."""
        if self._is_local:
            return
        self._start_indexing(collection)
        end = self._clock() + self._settings.index_timeout_seconds
        next_beat = self._clock() + self._settings.heartbeat_seconds
        greens = 0
        # Twice: just after the change the server still says green, before its optimizer has looked.
        while greens < 2:
            self._sleep(self._settings.poll_seconds)
            status = self._info(collection).status
            if status == models.CollectionStatus.RED or self._clock() >= end:
                raise IndexUnavailable(f"The Qdrant server did not finish indexing {collection} ({status.value}).")
            if status == models.CollectionStatus.GREY:  # it restarted, and waits for an update before it goes on
                self._start_indexing(collection)
            greens = greens + 1 if status == models.CollectionStatus.GREEN else 0
            if self._clock() >= next_beat:
                self._beat(collection)
                next_beat = self._clock() + self._settings.heartbeat_seconds

    def _start_indexing(self, collection: str) -> None:
        threshold = models.OptimizersConfigDiff(indexing_threshold=self._settings.indexing_threshold_kb)
        self._run(collection, partial(self._client.update_collection, collection, optimizers_config=threshold))

    def _beat(self, collection: str) -> None:
        beat = {_HEARTBEAT: self._clock()}
        self._run(collection, partial(self._client.update_collection, collection, metadata=beat))

    def _abandon(self, collection: str) -> None:
        try:
            self._delete(collection)
        except Unavailable:
            # Whatever stopped the build is being raised already and matters more; a sweep finds the rest.
            logger.warning("The unfinished collection %s could not be removed; a sweep will.", collection)

    def _is_stale(self, metadata: Mapping[str, Any]) -> bool:
        age = self._clock() - float(metadata.get(_HEARTBEAT, 0.0))
        return metadata.get(_STATE) == _BUILDING and age > self._settings.stale_after_seconds

    def _ours(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for description in self._calls.run(self._client.get_collections).collections:
            try:
                metadata = _metadata(self._info(description.name))
            except CollectionNotFound:  # dropped since it was listed
                continue
            if _STATE in metadata:
                yield description.name, metadata

    def _complete(self, collection: str) -> models.CollectionInfo:
        info = self._info(collection)
        if _metadata(info).get(_STATE) != _COMPLETE:
            raise CollectionNotFound(collection)
        return info

    def _info(self, collection: str) -> models.CollectionInfo:
        return self._run(collection, partial(self._client.get_collection, collection))

    def _delete(self, collection: str) -> None:
        self._run(collection, partial(self._client.delete_collection, collection))

    def _run(self, collection: str, call: Callable[[], Answer]) -> Answer:
        return self._calls.run(call, collection=collection)


def _client(
    url: str | None, api_key: str | None, location: str | None, timeout_seconds: float, grpc_port: int | None
) -> QdrantClient:
    if location is not None:
        return QdrantClient(location=location) if location == ":memory:" else QdrantClient(path=location)
    if not url:
        raise InputError("A Qdrant server needs an address; set VIVIER_QDRANT_URL.", field="VIVIER_QDRANT_URL")
    address = urlsplit(url)
    if api_key and address.scheme == "http" and address.hostname not in _LOOPBACK:
        logger.warning("VIVIER_QDRANT_API_KEY travels unencrypted; use an https address outside a private network.")
    return QdrantClient(
        url=url,
        # As a header: the client's own parameter warns on every plain-http address, loopback included.
        headers={"api-key": api_key} if api_key else None,
        timeout=math.ceil(timeout_seconds),  # of gRPC's calls as of HTTP's
        prefer_grpc=grpc_port is not None,
        grpc_port=grpc_port or 6334,
        check_compatibility=False,  # its call at construction would fail before any retry
    )


def _metadata(info: models.CollectionInfo) -> Mapping[str, Any]:
    return info.config.metadata or {}


def _batches(points: Iterable[IndexPoint], size: int) -> Iterator[list[IndexPoint]]:
    iterator = iter(points)
    while batch := list(islice(iterator, size)):
        yield batch
