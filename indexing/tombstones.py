"""Tombstones: who asked to be left out, as keyed marks that name nobody.

A mark is an HMAC of a login or of a GitHub id. Whoever reads the database learns how many people left, not who; whoever
holds a login can ask whether it is among them. Both are marked, so that a rename does not bring anybody back.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from typing import Protocol

MARK_BYTES = 16  # of SHA-256: two people of a million share one once in 10 ** 26


def login_mark(key: bytes, login: str) -> bytes:
    """The mark of a login, whatever its case."""
    return hmac.digest(key, b"login\0" + login.strip().casefold().encode(), "sha256")[:MARK_BYTES]


def id_mark(key: bytes, number: str) -> bytes:
    """The mark of a person's id, numeric or GraphQL's."""
    return hmac.digest(key, b"id\0" + number.strip().encode(), "sha256")[:MARK_BYTES]


def marks_of(key: bytes, login: str | None, *ids: str | int | None) -> Iterator[bytes]:
    """The marks of one person, for whatever is known of them."""
    if login:
        yield login_mark(key, login)
    yield from (id_mark(key, str(one)) for one in ids if one not in (None, ""))


class Tombstones(Protocol):
    """Who is to be left out, now."""

    @property
    def key(self) -> bytes:
        """What marks are made with."""

    def marks(self) -> frozenset[bytes]:
        """Every mark there is; the same object as long as nothing changes. DatabaseUnavailable when never read."""

    def covers(self, login: str | None, *ids: str | int | None) -> bool:
        """Whether a person is to be left out, by login or any id."""

    def is_healthy(self) -> bool:
        """Whether the database behind them answers now."""


class NoTombstones:
    """Nobody has asked to be left out."""

    key = b""

    def marks(self) -> frozenset[bytes]:
        """None."""
        return frozenset()

    def covers(self, login: str | None, *ids: str | int | None) -> bool:
        """Nobody."""
        return False

    def is_healthy(self) -> bool:
        """There is nothing to ask."""
        return True


class LateTombstones:
    """Nobody is left out until a place for tombstones exists; then whatever it says.

    Most installations never write one, and to open a database costs a process .2 s.
    """

    def __init__(self, exists: Callable[[], bool], open_them: Callable[[], Tombstones]) -> None:
        self._exists = exists
        self._open = open_them
        self._opened: Tombstones | None = None

    @property
    def key(self) -> bytes:
        """What marks are made with."""
        return self._now().key

    def marks(self) -> frozenset[bytes]:
        """Every mark there is."""
        return self._now().marks()

    def covers(self, login: str | None, *ids: str | int | None) -> bool:
        """Whether a person is to be left out, by login or any id."""
        return self._now().covers(login, *ids)

    def is_healthy(self) -> bool:
        """Whether the database, once there is one, answers now."""
        return self._now().is_healthy()

    def _now(self) -> Tombstones:
        if self._opened is None:
            if not self._exists():
                return NO_TOMBSTONES
            self._opened = self._open()
        return self._opened


NO_TOMBSTONES = NoTombstones()
