"""How the project's own database is opened: SQLite or PostgreSQL, as a SQLAlchemy address names it."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Table, create_engine, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from indexing.errors import DatabaseUnavailable, InputError

LOCK_SECONDS = 5.0  # how long a write waits for another process's
_NEXT_TRY_SECONDS = 0.02
_KINDS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")
_MAKING = 0x76697669  # "vivi": a lock that nobody else takes


def open_engine(url: str, *, patience_seconds: float | None = None) -> Engine:
    """An engine that connects when it is first used. InputError when the address cannot be one.

    `patience_seconds` ends a statement that PostgreSQL does not answer; None waits, for statements that may take long.
    """
    address = _address(url)
    is_sqlite = address.get_backend_name() == "sqlite"
    waiting = {"timeout": LOCK_SECONDS} if is_sqlite else {}
    try:
        # Parameters are needs and logins: they must not get into the text of an error.
        engine = create_engine(address, hide_parameters=True, pool_pre_ping=True, connect_args=waiting)
    except ImportError as error:
        raise _unusable(f"its driver is not installed: {error}") from error
    if is_sqlite:
        event.listen(engine, "connect", _read_while_written)
    else:
        from indexing.postgres_connection import give_up_after  # psycopg, for those who use it

        give_up_after(engine, patience_seconds)
    return engine


def make_tables(engine: Engine, tables: Iterable[Table]) -> None:
    """Make what is not there, for nobody else on this machine; `create_all` looks first, and another may be quicker."""
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file:
        with contextlib.suppress(OSError):  # SQLite will say what is wrong with it
            Path(file).touch(mode=0o600)
    with engine.begin() as connection:
        missing = list(tables)
        if engine.dialect.name == "postgresql":
            # Who may only use tables gets an error from CREATE even for those that are there.
            missing = [table for table in missing if not inspect(connection).has_table(table.name)]
            if missing:  # of two that make one table at once, one would end in a unique violation
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MAKING})")
        for table in missing:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))


def insert_into(engine: Engine, table: Table) -> Any:
    """An insertion that can say what to do about rows that are there already."""
    return sqlite.insert(table) if engine.dialect.name == "sqlite" else postgresql.insert(table)


def unavailable(engine: Engine, error: Exception) -> DatabaseUnavailable:
    """What to raise when the database failed: one sentence, without the address's password or a row's words."""
    if engine.dialect.name == "sqlite":
        return DatabaseUnavailable(f"The database does not answer ({type(error).__name__}).")
    from indexing.postgres_connection import refusal

    return DatabaseUnavailable(f"The PostgreSQL server that VIVIER_DATABASE_URL names {refusal(error)}.")


def compact(engine: Engine, tables: Iterable[Table]) -> None:
    """Write the tables anew, without what was deleted from them. DatabaseUnavailable when that cannot be done.

    On PostgreSQL the statistics are too: they sample the rows, logins included. Its log of changes (WAL) keeps what was
    deleted until it is overwritten.
    """
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if engine.dialect.name == "sqlite":
                for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    connection.exec_driver_sql(statement)
            else:
                from indexing.postgres_connection import vacuum

                vacuum(connection, [table.name for table in tables])
    except SQLAlchemyError as error:
        raise unavailable(engine, error) from error


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        # An address has a password, so what SQLAlchemy says of a bad one is not repeated.
        raise _unusable("it is no address") from error
    if address.drivername not in _KINDS:
        raise _unusable(f"{address.drivername!r} is another kind of database or driver")
    if "@" in (address.host or ""):
        raise _unusable("write an @ in its password as %40")
    return address


def _unusable(reason: str) -> InputError:
    return InputError(
        f"VIVIER_DATABASE_URL cannot be used ({reason}); write postgresql://user:password@host:5432/name, or "
        "sqlite:////path/to/file.db.",
        field="VIVIER_DATABASE_URL",
    )


def _read_while_written(connection: sqlite3.Connection, _: Any) -> None:
    """Let one read while another writes, and leave no deleted row in the file."""
    _write_ahead(connection)
    connection.execute("PRAGMA secure_delete=ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Keep a log beside the file. A new file changes to it once, and SQLite does not wait for others to let it."""
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_NEXT_TRY_SECONDS)
        else:
            return
