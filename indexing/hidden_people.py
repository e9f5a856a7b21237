"""Who of an open release is hidden: the tombstones of now, as ordinals of its people."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from indexing.open_release import OpenRelease
from indexing.passages import point_id
from indexing.tombstones import id_mark, login_mark

_READ_AT_ONCE = 1_000


@dataclass(slots=True)
class _Known:
    """The first eight bytes of everybody's marks, and what was found with the last tombstones."""

    ordinals: NDArray[np.int64]  # (marks,)
    marks: NDArray[np.uint64]  # (marks,)
    seen: frozenset[bytes]
    hidden: frozenset[int]


class HiddenPeople:
    """Remembers each release's marks, so that a new tombstone costs a comparison; threads may share it."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[OpenRelease, _Known] = WeakKeyDictionary()
        self._lock = Lock()

    def of(self, opened: OpenRelease) -> frozenset[int]:
        """The ordinals to leave out of every answer. DatabaseUnavailable when tombstones could never be read."""
        marks = opened.tombstones.marks()
        if not marks:
            return frozenset()
        known = self._known.get(opened)
        if known is None or known.seen is not marks:
            with self._lock:
                known = self._known.get(opened) or _read(opened, opened.tombstones.key)
                if known.seen is not marks:
                    known.hidden, known.seen = _among(known, marks), marks
                self._known[opened] = known
        return known.hidden


def _among(known: _Known, marks: frozenset[bytes]) -> frozenset[int]:
    wanted = np.fromiter((_short(mark) for mark in marks), np.uint64, len(marks))
    return frozenset(known.ordinals[np.isin(known.marks, wanted)].tolist())


def _read(opened: OpenRelease, key: bytes) -> _Known:
    """Mark everybody; a second for a hundred thousand people, once a release."""
    ordinals: list[int] = []
    marks: list[int] = []
    everybody = len(opened.release.works)
    for start in range(0, everybody, _READ_AT_ONCE):
        people = range(start, min(start + _READ_AT_ONCE, everybody))
        payloads = opened.index.read([point_id(person, 0) for person in people])
        for person, payload in zip(people, payloads, strict=True):
            if payload is None:
                continue  # erased already
            mine = [login_mark(key, str(payload["login"]))]
            if payload.get("node_id"):
                mine.append(id_mark(key, str(payload["node_id"])))
            ordinals += [person] * len(mine)
            marks += map(_short, mine)
    return _Known(np.array(ordinals, np.int64), np.array(marks, np.uint64), frozenset(), frozenset())


def _short(mark: bytes) -> int:
    return int.from_bytes(mark[:8])
