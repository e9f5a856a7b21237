"""Tombstones in the database, shared by every process that answers, scrapes or builds."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Column, DateTime, MetaData, String, Table, func
from sqlalchemy import insert as insertion
from sqlalchemy import select as selection
from sqlalchemy import update as updating
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from indexing.databases import make_private, open_engine
from indexing.errors import DatabaseUnavailable, InputError
from indexing.tombstones import marks_of

LOG = logging.getLogger("vivier.people")
KEY_FILE = "tombstones.key"
KEY_BYTES = 32

_METADATA = MetaData()
_TOMBSTONES = Table(
    "tombstones",
    _METADATA,
    Column("mark", String(64), primary_key=True),
    Column("request", String(32), nullable=False),  # one request marks a login and its ids
    Column("hidden_at", DateTime(timezone=True), nullable=False),
    Column("erased_at", DateTime(timezone=True)),  # when the last byte was removed; empty: not yet
)


@dataclass(frozen=True, slots=True)
class Pending:
    """Who is hidden and not erased yet."""

    requests: int
    oldest: datetime | None  # UTC


class PeopleStore:
    """The tombstones of one database. DatabaseUnavailable when it does not answer and was never read."""

    def __init__(self, url: str, key: bytes) -> None:
        self.key = key
        self._engine = open_engine(url)
        self._lock = Lock()
        self._has_table = False
        self._watch: Any = None  # SQLite: one connection that notices the commits of all others
        self._version: object = None
        self._marks: frozenset[bytes] | None = None

    def hide(self, login: str, *ids: str | int | None) -> datetime:
        """Leave a person out of everything from this moment; the moment of the first request when asked again."""
        now, request = datetime.now(UTC), secrets.token_hex(16)
        hidden_at = now
        for mark in marks_of(self.key, login, *ids):
            with self._transaction() as connection:
                row = connection.execute(
                    selection(_TOMBSTONES.c.hidden_at).where(_TOMBSTONES.c.mark == mark.hex())
                ).first()
                if row is not None:
                    hidden_at = min(hidden_at, _utc(row[0]))
                    # Asked again, there may be something new to erase: somebody brought old files back.
                    again = updating(_TOMBSTONES).where(_TOMBSTONES.c.mark == mark.hex())
                    connection.execute(again.values(erased_at=None, request=request))
                    continue
                with contextlib.suppress(IntegrityError):  # another process was quicker: the mark is there
                    connection.execute(
                        insertion(_TOMBSTONES).values(mark=mark.hex(), request=request, hidden_at=now, erased_at=None)
                    )
        return hidden_at

    def marks(self) -> frozenset[bytes]:
        """Every mark there is; what was read last when the database does not answer now."""
        try:
            with self._lock:
                version = self._current_version()
                if version is None or version != self._version or self._marks is None:
                    found = self._read_marks()
                    if found != self._marks:
                        self._marks = found
                    self._version = version
                return self._marks or frozenset()
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            if self._marks is None:
                raise DatabaseUnavailable(
                    f"The database of people who left does not answer ({type(error).__name__}), so nobody may be shown."
                ) from error
            LOG.warning("the tombstones could not be read anew (%s); those read last apply", type(error).__name__)
            return self._marks

    def covers(self, login: str | None, *ids: str | int | None) -> bool:
        """Whether a person is to be left out, by login or any id."""
        known = self.marks()
        return bool(known) and any(mark in known for mark in marks_of(self.key, login, *ids))

    def pending(self) -> Pending:
        """How many requests wait for their erasure, and since when."""
        with self._transaction() as connection:
            is_open = _TOMBSTONES.c.erased_at.is_(None)
            counts = selection(func.count(_TOMBSTONES.c.request.distinct()), func.min(_TOMBSTONES.c.hidden_at))
            requests, oldest = connection.execute(counts.where(is_open)).one()
        return Pending(int(requests), None if oldest is None else _utc(oldest))

    def note_erased(self, *, hidden_before: datetime) -> int:
        """Everything of those hidden before then is gone; returns how many requests that answers."""
        with self._transaction() as connection:
            mine = (_TOMBSTONES.c.erased_at.is_(None)) & (_TOMBSTONES.c.hidden_at <= hidden_before)
            count = connection.execute(selection(func.count(_TOMBSTONES.c.request.distinct())).where(mine)).scalar_one()
            connection.execute(updating(_TOMBSTONES).where(mine).values(erased_at=datetime.now(UTC)))
        return int(count)

    def erased_at(self, login: str) -> datetime | None:
        """When a person's last byte was removed, None while that is to come or nobody asked."""
        mark = next(marks_of(self.key, login))
        with self._transaction() as connection:
            row = connection.execute(selection(_TOMBSTONES.c.erased_at).where(_TOMBSTONES.c.mark == mark.hex())).first()
        return None if row is None or row[0] is None else _utc(row[0])

    def close(self) -> None:
        """Give up the connections."""
        if self._watch is not None:
            self._watch.close()
        self._engine.dispose()

    def _current_version(self) -> object:
        """Equal to the last one: nothing was written since. None: only reading tells."""
        if self._engine.dialect.name != "sqlite":
            return None
        if self._watch is None:
            self._watch = self._engine.connect()  # never in a transaction: it would see the past
        driver: Any = self._watch.connection.driver_connection
        try:
            return driver.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise DatabaseUnavailable(f"The database does not answer ({type(error).__name__}).") from error

    def _read_marks(self) -> frozenset[bytes]:
        with self._transaction(is_locked=True) as connection:
            return frozenset(bytes.fromhex(mark) for (mark,) in connection.execute(selection(_TOMBSTONES.c.mark)))

    @contextlib.contextmanager
    def _transaction(self, *, is_locked: bool = False) -> Iterator[Connection]:
        try:
            with contextlib.nullcontext() if is_locked else self._lock:
                if not self._has_table:
                    make_private(self._engine)
                    with self._engine.begin() as connection:
                        connection.execute(CreateTable(_TOMBSTONES, if_not_exists=True))
                    self._has_table = True
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise DatabaseUnavailable(f"The database does not answer ({type(error).__name__}).") from error


def tombstone_key(home: Path, given: str) -> bytes:
    """The key of this installation's marks: the one given (several machines share it), else one kept in the home."""
    if given:
        if len(given) < KEY_BYTES:
            raise InputError(
                f"VIVIER_TOMBSTONE_KEY is shorter than {KEY_BYTES} characters; make one with `openssl rand -hex 32`.",
                field="VIVIER_TOMBSTONE_KEY",
            )
        return given.encode()
    path = home / KEY_FILE
    with contextlib.suppress(FileNotFoundError):
        return bytes.fromhex(path.read_text(encoding="ascii"))
    home.mkdir(parents=True, exist_ok=True)
    part = home / f".{KEY_FILE}.{secrets.token_hex(4)}.part"
    part.touch(mode=0o600)
    part.write_text(secrets.token_bytes(KEY_BYTES).hex(), encoding="ascii")
    with contextlib.suppress(FileExistsError):  # another process was quicker, and its key is the key
        path.hardlink_to(part)
    part.unlink()
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # SQLite keeps no zone
