"""Builds a Qdrant Edge shard in a child process.

Every call of Edge holds the interpreter's lock, `optimize()` 40 s long at 105,000 passages, so the process that asks
only streams points into a pipe. The child dies with its parent: by the kernel's signal on Linux, elsewhere when the
pipe ends before the last frame.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import orjson
from filelock import FileLock
from qdrant_edge import EdgeShard, Point, SparseVector, UpdateOperation

from indexing.edge_models import EdgeSettings, edge_payload, index_params, shard_config
from indexing.errors import IndexUnavailable
from indexing.index import IndexPoint
from indexing.qdrant_filters import DENSE, INDEXED_FIELDS, SPARSE
from indexing.vectors import checked_point

SHARD = "shard"
BUILDER_LOCK = "builder.lock"  # held by the child as long as it writes
_LOG = "build.log"
_FRAME = struct.Struct("<QQ")  # bytes of JSON, bytes of numbers
_END = _FRAME.pack(0, 0)
_PR_SET_PDEATHSIG = 1
_PARENT_GONE = 3


def build_shard(folder: Path, points: Iterable[IndexPoint], *, dimension: int, settings: EdgeSettings) -> None:
    """Write, optimise and close a shard under `folder`; at most one batch of points is held at a time.

    Raises InvalidVector or InputError on a point that must not be stored, IndexUnavailable when the child fails.
    Whatever happens, no child is left.
    """
    log = folder / _LOG
    with log.open("wb") as errors:
        child = subprocess.Popen(  # noqa: S603 - our own module, our own arguments
            [sys.executable, "-P", "-m", "indexing.edge_build", str(folder), str(os.getpid())],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        _send(cast(IO[bytes], child.stdin), _frames(points, dimension, settings))
        code = child.wait()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    if code != 0:
        raise IndexUnavailable(_failure(code, log))
    log.unlink()


def _environment() -> dict[str, str]:
    """This process's, with our package on the child's path wherever it was started."""
    root = str(Path(__file__).resolve().parents[1])
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{known}" if known else root}


def _send(pipe: IO[bytes], frames: Iterator[bytes]) -> None:
    try:
        for frame in frames:
            try:
                pipe.write(frame)
                pipe.flush()
            except OSError:  # the child is gone; its exit code says why
                return
    finally:
        with contextlib.suppress(OSError):  # closing flushes once more
            pipe.close()


def _failure(code: int, log: Path) -> str:
    if code < 0:
        return f"The build of the collection was killed (signal {-code}); is there enough memory?"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"The build of the collection failed (exit {code}): {lines[-1][:300] if lines else 'no reason given'}"


def _frames(points: Iterable[IndexPoint], dimension: int, settings: EdgeSettings) -> Iterator[bytes]:
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


def _read_frames(pipe: IO[bytes]) -> Iterator[tuple[dict[str, Any], bytes]]:
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


def _points(head: dict[str, Any], body: bytes, dimension: int) -> list[Point]:
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


def _write_shard(folder: Path, pipe: IO[bytes]) -> None:
    frames = _read_frames(pipe)
    plan, _ = next(frames)
    dimension, settings = plan["dimension"], EdgeSettings(**plan["settings"])
    path = folder / SHARD
    path.mkdir()
    shard = EdgeShard.create(str(path), shard_config(dimension, settings))
    for field, kind in INDEXED_FIELDS:  # before the graph is made, or optimize() would leave them out
        shard.update(UpdateOperation.create_field_index(field, index_params(kind)))
    for head, body in frames:
        shard.update(UpdateOperation.upsert_points(_points(head, body, dimension)))
    shard.optimize()
    shard.flush()
    shard.close()


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before the kernel was told
        sys.exit(_PARENT_GONE)


def main(folder: Path, parent: int) -> None:
    """The child: read frames from standard input, write the shard, leave."""
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides and kills
    # A sweep must not remove the folder under a child whose parent is gone.
    with FileLock(folder / BUILDER_LOCK, timeout=0):
        try:
            _write_shard(folder, sys.stdin.buffer)
        except EOFError:
            sys.exit(_PARENT_GONE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
