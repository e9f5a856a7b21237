"""How the project's own database is opened: SQLite or whatever a SQLAlchemy address names."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from indexing.errors import InputError

LOCK_SECONDS = 5.0  # how long a write waits for another process's


def open_engine(url: str) -> Engine:
    """An engine that connects when it is first used. InputError when the address cannot be one."""
    try:
        # Parameters are needs and logins: they must not get into the text of an error.
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=_waiting(url))
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        # An address has a password, so what SQLAlchemy says of a bad one is not repeated.
        reason = type(error).__name__ if isinstance(error, ArgumentError) else str(error)
        raise InputError(
            f"VIVIER_DATABASE_URL cannot be used ({reason}); give a SQLAlchemy address with an installed driver.",
            field="VIVIER_DATABASE_URL",
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _read_while_written)
    return engine


def make_private(engine: Engine) -> None:
    """Make a SQLite file that only its owner can read; others have their own ways."""
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file:
        with contextlib.suppress(OSError):  # SQLite will say what is wrong with it
            Path(file).touch(mode=0o600)


def _waiting(url: str) -> dict[str, Any]:
    return {"timeout": LOCK_SECONDS} if make_url(url).get_backend_name() == "sqlite" else {}


def _read_while_written(connection: Any, _: Any) -> None:
    """Let one read while another writes, and leave no deleted row in the file."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA secure_delete=ON")
