"""Snapshots of the double's collections: what a Qdrant server packs into a tar file, here as lines of JSON."""

from __future__ import annotations

import hashlib
import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from qdrant_client import QdrantClient, models

PAGE = 1_000


def packed(engine: QdrantClient, name: str, created: dict[str, Any]) -> bytes:
    """A collection's configuration, metadata and points, as bytes. ValueError when there is no such collection."""
    metadata = engine.get_collection(name).config.metadata
    points, start = [], None
    while True:
        records, start = engine.scroll(name, limit=PAGE, offset=start, with_payload=True, with_vectors=True)
        points += [record.model_dump(mode="json") for record in records]
        if start is None:
            break
    return json.dumps({"created": created, "metadata": metadata, "points": points}).encode()


def unpack(engine: QdrantClient, name: str, content: bytes) -> dict[str, Any]:
    """Make a collection what the bytes say, in place of what has its name; returns the body that first made it."""
    saved = json.loads(content)
    asked = models.CreateCollection.model_validate(saved["created"])
    if engine.collection_exists(name):
        engine.delete_collection(name)
    engine.create_collection(
        name,
        vectors_config=asked.vectors,
        sparse_vectors_config=asked.sparse_vectors,
        metadata=saved["metadata"],
    )
    points = [
        models.PointStruct(id=one["id"], vector=one["vector"] or {}, payload=one["payload"]) for one in saved["points"]
    ]
    if points:
        engine.upsert(name, points)
    created: dict[str, Any] = saved["created"]
    return created


def uploaded(content_type: str, body: bytes) -> bytes:
    """The file named `snapshot` in a form."""
    form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    (part,) = [one for one in form.iter_parts() if one.get_param("name", header="content-disposition") == "snapshot"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def described(name: str, content: bytes) -> dict[str, Any]:
    """What a server says of a snapshot."""
    checksum = hashlib.sha256(content).hexdigest()
    return {"name": name, "creation_time": None, "size": len(content), "checksum": checksum}
