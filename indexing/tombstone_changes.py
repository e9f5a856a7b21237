"""Whether somebody left since tombstones were last read: asked with every search, so that nobody is shown too long.

SQLite counts the commits of others itself. In PostgreSQL one row holds a token that is drawn anew in the transaction of
each change; a number would repeat itself when a backup is restored.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, Protocol

from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.engine import Connection, Engine

from indexing.databases import insert_into

# One answer holds so long: a sweep that asks about a million people would ask a server for minutes. Whoever hides
# somebody waits as long before saying that it is done, so that "from that moment" stays true.
TRUSTED_SECONDS = 0.02
AT_ONCE_SECONDS = 0.5  # a connection that was cut says so sooner

CHANGES = Table(
    "tombstone_changes",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("token", String(32), nullable=False),
)
_ONLY = 1
_QUESTION = "SELECT token FROM tombstone_changes WHERE id = 1"


class Changes(Protocol):
    """Tells one state of the tombstones from another; one thread at a time asks."""

    def state(self) -> object:
        """Equal to the last one: nothing was written since. None: only reading tells."""

    def note(self, connection: Connection) -> None:
        """Let others know, once this transaction is through."""

    def wait_for_others(self) -> None:
        """Return when no process trusts an answer from before the transaction any more."""

    def close(self) -> None:
        """Give up the connection."""


def changes_of(engine: Engine) -> Changes:
    """What a database offers to tell changes by."""
    return SqliteCounter(engine) if engine.dialect.name == "sqlite" else PostgresToken(engine)


class SqliteCounter:
    """SQLite's own counter: five microseconds, nothing to be written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def state(self) -> object:
        """The number of the last commit of another connection."""
        if self._connection is None:
            self._connection = self._engine.connect()  # never in a transaction: it would see the past
        driver: Any = self._connection.connection.driver_connection
        return driver.execute("PRAGMA data_version").fetchone()[0]

    def note(self, connection: Connection) -> None:
        """SQLite counts by itself."""

    def wait_for_others(self) -> None:
        """They see it at once."""

    def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            self._connection.close()


class PostgresToken:
    """One row, read by its key on a connection of its own: one round trip."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._token: str | None = None
        self._trusted_until = 0.0

    def state(self) -> object:
        """The token, at most TRUSTED_SECONDS old; None before the first change."""
        began = time.monotonic()
        if began < self._trusted_until:
            return self._token
        self._token = self._read(began)
        self._trusted_until = began + TRUSTED_SECONDS
        return self._token

    def note(self, connection: Connection) -> None:
        """Draw another token; holds the row, so that changes come one after another."""
        statement = insert_into(self._engine, CHANGES).values(id=_ONLY, token=secrets.token_hex(16))
        changed = {"token": statement.excluded.token}
        connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))

    def wait_for_others(self) -> None:
        """As long as they trust an answer."""
        time.sleep(TRUSTED_SECONDS)

    def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self, began: float) -> str | None:
        if self._connection is not None:
            try:
                return self._ask(self._connection)
            except driver_error(self._engine):
                self._connection.invalidate()
                self.close()
                if time.monotonic() - began > AT_ONCE_SECONDS:
                    raise
        # The first time, or the server was started anew in between; pool_pre_ping looks for a connection that lives.
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._ask(self._connection)

    def _ask(self, connection: Connection) -> str | None:
        # Every search asks: the driver alone takes 80 microseconds, through SQLAlchemy it is 480.
        driver: Any = connection.connection.driver_connection
        row = driver.execute(_QUESTION).fetchone()
        return None if row is None else str(row[0])


def driver_error(engine: Engine) -> type[Exception]:
    """What the database's driver raises where SQLAlchemy does not stand between."""
    error: type[Exception] = engine.dialect.loaded_dbapi.Error
    return error
