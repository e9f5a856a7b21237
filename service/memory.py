"""Whether another release fits beside the one that serves."""

from __future__ import annotations

from pathlib import Path

import psutil

from indexing.open_release import Pair

CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
CGROUP_USED = Path("/sys/fs/cgroup/memory.current")


def available_bytes() -> int:
    """What this process may still take: the machine's free memory, or what its container leaves."""
    free = int(psutil.virtual_memory().available)
    try:
        limit = CGROUP_LIMIT.read_text().strip()
        if limit.isdigit():
            free = min(free, int(limit) - int(CGROUP_USED.read_text()))
    except OSError:
        pass  # no such limit on this machine
    return free


def needed_bytes(pair: Pair) -> int:
    """A generous estimate of an open pair: the model twice, vectors and payloads one and a half times."""
    model = sum(file.stat().st_size for file in pair.folder.iterdir() if file.is_file())
    points = pair.release.passages * (pair.release.dimension * 4 + 1_024) * 3 // 2
    return 2 * model + points


def fits(pair: Pair, *, reserve_bytes: int) -> bool:
    """Whether opening the pair leaves the reserve free."""
    return available_bytes() - needed_bytes(pair) >= reserve_bytes
