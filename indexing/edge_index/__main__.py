"""The child process that writes a shard: `python -m indexing.edge_index FOLDER PARENT`, started by `build`."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import IO

from filelock import FileLock
from qdrant_edge import EdgeShard, UpdateOperation

from indexing.edge_index.build import BUILDER_LOCK, SHARD
from indexing.edge_index.frames import edge_points, read_frames
from indexing.edge_index.models import EdgeSettings, index_params, shard_config
from indexing.qdrant_filters import INDEXED_FIELDS

_PR_SET_PDEATHSIG = 1
_PARENT_GONE = 3


def _write_shard(folder: Path, pipe: IO[bytes]) -> None:
    frames = read_frames(pipe)
    plan, _ = next(frames)
    dimension, settings = plan["dimension"], EdgeSettings(**plan["settings"])
    path = folder / SHARD
    path.mkdir()
    shard = EdgeShard.create(str(path), shard_config(dimension, settings))
    for head, body in frames:
        shard.update(UpdateOperation.upsert_points(edge_points(head, body, dimension)))
    shard.optimize()
    # Now: made before, they would be kept with every batch and then made again, at twice the time for the same files.
    for field, kind in INDEXED_FIELDS:
        shard.update(UpdateOperation.create_field_index(field, index_params(kind)))
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
