"""Builds a Qdrant Edge shard in a child process.

Every call of Edge holds the interpreter's lock, `optimize()` 40 s long at 105,000 passages, so the process that asks
only streams points into a pipe. The child dies with its parent: by the kernel's signal on Linux, elsewhere when the
pipe ends before the last frame.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from indexing.edge_index.frames import frames
from indexing.edge_index.models import EdgeSettings
from indexing.errors import IndexUnavailable
from indexing.index import IndexPoint

SHARD = "shard"
BUILDER_LOCK = "builder.lock"  # held by the child as long as it writes
_LOG = "build.log"


def build_shard(folder: Path, points: Iterable[IndexPoint], *, dimension: int, settings: EdgeSettings) -> None:
    """Write, optimise and close a shard under `folder`; at most one batch of points is held at a time.

    Raises InvalidVector or InputError on a point that must not be stored, IndexUnavailable when the child fails.
    Whatever happens, no child is left.
    """
    log = folder / _LOG
    with log.open("wb") as errors:
        child = subprocess.Popen(  # noqa: S603 - our own module, our own arguments
            [sys.executable, "-P", "-m", "indexing.edge_index", str(folder), str(os.getpid())],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        _send(cast(IO[bytes], child.stdin), frames(points, dimension, settings))
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
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{known}" if known else root}


def _send(pipe: IO[bytes], written: Iterator[bytes]) -> None:
    try:
        for frame in written:
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
