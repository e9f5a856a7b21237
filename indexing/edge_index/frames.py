"""Points on their way through a pipe, batch by batch: a head of JSON, then a body of numbers."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import IO, Any

import numpy as np
import orjson
from qdrant_edge import Point, SparseVector

from indexing.edge_index.models import EdgeSettings, edge_payload
from indexing.index import IndexPoint
from indexing.qdrant_filters import DENSE, SPARSE
from indexing.vectors import checked_point

_FRAME = struct.Struct("<QQ")  # bytes of JSON, bytes of numbers
_END = _FRAME.pack(0, 0)


def frames(points: Iterable[IndexPoint], dimension: int, settings: EdgeSettings) -> Iterator[bytes]:
    """The plan first, then the points; InvalidVector or InputError on a point that must not be stored."""
    plan = orjson.dumps({"dimension": dimension, "settings": asdict(settings)})
    yield _FRAME.pack(len(plan), 0) + plan
    iterator = iter(points)
    while batch := [checked_point(point, dimension) for point in islice(iterator, settings.batch_points)]:
        yield _frame(batch)
    yield _END


def _frame(batch: list[IndexPoint]) -> bytes:
    dense = [np.asarray(point.dense, dtype="<f4").tobytes() for point in batch if point.dense is not None]
    sparse = [point.sparse for point in batch if point.sparse is not None]
    head = orjson.dumps(
        {
            "ids": [int(point.point_id) for point in batch],
            "payloads": [edge_payload(point) for point in batch],
            "has_dense": [point.dense is not None for point in batch],
            "terms": [0 if point.sparse is None else len(point.sparse.indices) for point in batch],
        }
    )
    indices = np.array([term for vector in sparse for term in vector.indices], dtype="<u4")
    weights = np.array([weight for vector in sparse for weight in vector.values], dtype="<f4")
    body = b"".join((*dense, indices.tobytes(), weights.tobytes()))
    return b"".join((_FRAME.pack(len(head), len(body)), head, body))


def read_frames(pipe: IO[bytes]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Frames until the last one; EOFError when the pipe ends before it."""
    while True:
        head_bytes, body_bytes = _FRAME.unpack(_read(pipe, _FRAME.size))
        if head_bytes == 0:
            return
        yield orjson.loads(_read(pipe, head_bytes)), _read(pipe, body_bytes)


def _read(pipe: IO[bytes], size: int) -> bytes:
    content = pipe.read(size)
    if len(content) < size:
        raise EOFError
    return content


def edge_points(head: dict[str, Any], body: bytes, dimension: int) -> list[Point]:
    """The points of one frame."""
    rows = sum(head["has_dense"])
    terms = sum(head["terms"])
    dense = np.frombuffer(body, "<f4", rows * dimension).reshape(rows, dimension)
    indices = np.frombuffer(body, "<u4", terms, offset=dense.nbytes).tolist()
    weights = np.frombuffer(body, "<f4", terms, offset=dense.nbytes + 4 * terms).tolist()
    points: list[Point] = []
    row = start = 0
    for point_id, payload, has_dense, count in zip(
        head["ids"], head["payloads"], head["has_dense"], head["terms"], strict=True
    ):
        vectors: dict[str, Any] = {}
        if has_dense:
            vectors[DENSE] = dense[row].tolist()
            row += 1
        if count:
            vectors[SPARSE] = SparseVector(indices[start : start + count], weights[start : start + count])
            start += count
        points.append(Point(point_id, vectors, payload))
    return points
