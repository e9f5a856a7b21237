"""Tombstones in the database, shared by every process that answers, scrapes or builds."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from sqlalchemy import Column, DateTime, MetaData, String, Table, bindparam, func
from sqlalchemy import select as selection
from sqlalchemy import update as updating
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from indexing.databases import insert_into, make_tables, open_engine, unavailable
from indexing.errors import DatabaseUnavailable, InputError
from indexing.tombstone_changes import CHANGES, changes_of, driver_error
from indexing.tombstones import marks_of

LOG = logging.getLogger("vivier.people")
KEY_FILE = "tombstones.key"
KEY_BYTES = 32
PATIENCE_SECONDS = 2.0  # every search asks: a database that hangs may not hold it longer
SLOW_SECONDS = 0.5
PAUSE_SECONDS = 5.0  # after a failure slower than that; one that comes at once is no burden, and asked again

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


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One mark, as it stands in the database."""

    mark: str
    request: str
    hidden_at: datetime  # UTC
    erased_at: datetime | None


class PeopleStore:
    """The tombstones of one database. DatabaseUnavailable when it does not answer and was never read."""

    def __init__(self, url: str, key: bytes) -> None:
        self.key = key
        self._engine = open_engine(url, patience_seconds=PATIENCE_SECONDS)
        self._changes = changes_of(self._engine)
        self._lock = Lock()
        self._has_tables = False
        self._state: object = None
        self._silent_until = 0.0
        self._marks: frozenset[bytes] | None = None

    def hide(self, login: str, *ids: str | int | None) -> datetime:
        """Leave a person out of everything from this moment; the moment of the first request when asked again."""
        marks = [mark.hex() for mark in marks_of(self.key, login, *ids)]
        if not marks:
            raise InputError("Nobody is named: give a login.", field="login")
        row = {"request": secrets.token_hex(16), "hidden_at": datetime.now(UTC), "erased_at": None}
        upsert = insert_into(self._engine, _TOMBSTONES)
        # Asked again, there may be something new to erase: somebody brought old files back.
        again = {"erased_at": None, "request": upsert.excluded.request}
        with self._transaction() as connection:
            self._changes.note(connection)
            statement = upsert.on_conflict_do_update(index_elements=["mark"], set_=again)
            connection.execute(statement, [{"mark": mark, **row} for mark in marks])
            first = selection(func.min(_TOMBSTONES.c.hidden_at)).where(_TOMBSTONES.c.mark.in_(marks))
            hidden_at = _utc(connection.execute(first).scalar_one())
        self._changes.wait_for_others()
        return hidden_at

    def marks(self) -> frozenset[bytes]:
        """Every mark there is; what was read last when the database does not answer now."""
        try:
            with self._lock:
                return self._marks_of_now()
        except DatabaseUnavailable as error:
            if self._marks is None:
                raise DatabaseUnavailable(f"{error} It knows who has left, so nobody may be shown.") from error
            LOG.warning("the tombstones could not be read anew, those read last apply: %s", error)
            return self._marks

    def covers(self, login: str | None, *ids: str | int | None) -> bool:
        """Whether a person is to be left out, by login or any id."""
        known = self.marks()
        return bool(known) and any(mark in known for mark in marks_of(self.key, login, *ids))

    def is_healthy(self) -> bool:
        """Whether the database answers now, with the tables there."""
        try:
            with self._transaction() as connection:
                connection.execute(selection(_TOMBSTONES.c.mark).limit(1)).first()
        except DatabaseUnavailable:
            return False
        return True

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

    def tombstones(self) -> list[Tombstone]:
        """Every tombstone there is, for a backup."""
        with self._transaction() as connection:
            rows = connection.execute(selection(_TOMBSTONES).order_by(_TOMBSTONES.c.mark)).all()
        return [Tombstone(row[0], row[1], _utc(row[2]), None if row[3] is None else _utc(row[3])) for row in rows]

    def add_back(self, saved: Sequence[Tombstone]) -> int:
        """Add what a backup has to what is here, and never take one away; returns how many are here then.

        Whoever was not erased when the backup was made is in what it brings back, and waits to be erased once more.
        """
        erased = {one.mark for one in saved if one.erased_at is not None}
        known = {one.mark for one in self.tombstones()}
        again = [mark for mark in known if mark not in erased]
        new = [
            {"mark": one.mark, "request": one.request, "hidden_at": one.hidden_at, "erased_at": one.erased_at}
            for one in saved
            if one.mark not in known
        ]
        with self._transaction() as connection:
            self._changes.note(connection)
            waiting = updating(_TOMBSTONES).where(_TOMBSTONES.c.mark == bindparam("one")).values(erased_at=None)
            if again:
                connection.execute(waiting, [{"one": mark} for mark in again])
            if new:
                connection.execute(insert_into(self._engine, _TOMBSTONES).on_conflict_do_nothing(), new)
        self._changes.wait_for_others()
        return len(known) + len(new)

    def close(self) -> None:
        """Give up the connections."""
        self._changes.close()
        self._engine.dispose()

    def _marks_of_now(self) -> frozenset[bytes]:
        began = time.monotonic()
        if began < self._silent_until:
            raise DatabaseUnavailable("The database did not answer a moment ago and is asked again soon.")
        try:
            with self._translated():
                self._prepare()
                state = self._changes.state()
                if state is None or state != self._state or self._marks is None:
                    found = self._read_marks()
                    if found != self._marks:  # who holds the old ones sees that nothing changed
                        self._marks = found
                    self._state = state
        except DatabaseUnavailable:
            if time.monotonic() - began > SLOW_SECONDS:
                self._silent_until = time.monotonic() + PAUSE_SECONDS
            raise
        return self._marks or frozenset()

    def _read_marks(self) -> frozenset[bytes]:
        with self._engine.begin() as connection:
            return frozenset(bytes.fromhex(mark) for (mark,) in connection.execute(selection(_TOMBSTONES.c.mark)))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._translated():
            with self._lock:
                self._prepare()
            with self._engine.begin() as connection:
                yield connection

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, driver_error(self._engine)) as error:
            raise unavailable(self._engine, error) from error

    def _prepare(self) -> None:
        if not self._has_tables:
            make_tables(self._engine, [_TOMBSTONES, CHANGES])
            self._has_tables = True


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
