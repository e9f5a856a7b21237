"""PostgreSQL through psycopg: connections that give up on a silent server, and why one was refused, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import psycopg
from psycopg.errors import Diagnostic, OperationalError
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from indexing.errors import DatabaseUnavailable

CONNECT_SECONDS = 5
# A network that swallows packets is noticed by the kernel; psycopg alone would wait for a quarter of an hour.
UNACKNOWLEDGED_MILLISECONDS = 10_000

# What libpq and the server say, without the codes that psycopg does not get to see while it connects.
_REFUSALS = {
    "authentication failed": "refused its user or password",
    "no password supplied": "wants a password",
    'role ".*" does not exist': "knows no such user",
    "pg_hba": "lets nobody in from here with that user and database (pg_hba.conf)",
    'database ".*" does not exist': "has no such database; make it with `createdb`",
    "resolve host": "has a host name that nobody knows",
    "Connection refused": "does not answer (connection refused)",
    "timeout expired": "does not answer (no word in time)",
    "too many clients": "has no connection left",
    "remaining connection slots": "has no connection left",
    "starting up": "is starting up",
    "invalid connection option": "has an option that PostgreSQL does not know",
    "permission denied": "gives its user no right to make or use tables (GRANT CREATE, USAGE ON SCHEMA public)",
    "read-only transaction": "cannot be written to: it is a standby",
    "No space left": "has a full disk",
}


class PatientConnection(psycopg.Connection[Any]):
    """A connection on which no answer is waited for longer than `patience_seconds`; it is closed then."""

    patience_seconds: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Psycopg's own wait, with an end: a frozen server would hold a search for ever."""
        if timeout is None:
            timeout = self.patience_seconds
        try:
            return super().wait(gen, interval, timeout)
        except OperationalError as error:
            if type(error).__name__ == "_WaitTimeout":  # psycopg's private name; its state is unknown from here
                self.pgconn.finish()
                raise OperationalError("timeout expired") from None
            raise


def give_up_after(engine: Engine, seconds: float | None) -> None:
    """Let an engine's statements wait that long for an answer, and its connections no longer than CONNECT_SECONDS."""
    event.listen(engine, "do_connect", partial(_connect, seconds))


def refusal(error: Exception) -> str:
    """What the server that VIVIER_DATABASE_URL names does, to follow its name in a sentence."""
    said = str(getattr(error, "orig", None) or error)
    found = (words for sign, words in _REFUSALS.items() if re.search(sign, said))
    return next(found, f"does not answer ({type(error).__name__})")


def vacuum(connection: Connection, tables: Sequence[str]) -> None:
    """Write tables anew, and the statistics that sample them. DatabaseUnavailable when the user may not."""
    warnings: list[str] = []
    driver: Any = connection.connection.driver_connection
    heard = partial(_hear, warnings)
    driver.add_notice_handler(heard)
    try:
        for table in tables:
            connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {table}")
        connection.exec_driver_sql("VACUUM (FULL) pg_catalog.pg_statistic")
    finally:
        driver.remove_notice_handler(heard)
    if warnings:  # PostgreSQL passes over what is not the user's, and says so in a warning
        raise DatabaseUnavailable(
            "PostgreSQL keeps what was deleted: the user in VIVIER_DATABASE_URL must own the database and its tables."
        )


def _hear(warnings: list[str], notice: Diagnostic) -> None:
    if notice.severity_nonlocalized == "WARNING":
        warnings.append(notice.message_primary or "")


def _connect(seconds: float | None, _dialect: Any, _record: Any, arguments: Any, options: dict[str, Any]) -> Any:
    usual = {
        "connect_timeout": max(2, int(seconds or CONNECT_SECONDS)),  # libpq takes no less than two
        "tcp_user_timeout": UNACKNOWLEDGED_MILLISECONDS,
        "application_name": "vivier",
    }
    connection = PatientConnection.connect(*arguments, **{**usual, **options})
    connection.patience_seconds = seconds
    return connection
