"""The journal of scrapes: what was asked for, who was found, what came of each; a killed run goes on from it.

Every response is committed before the next is asked for. No e-mail address gets in, and nobody who asked to be left
out. It lies in a database of its own under the home, or in the project's (`VIVIER_DATABASE_URL`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy import delete as deletion
from sqlalchemy import select as selection_of
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from flows.github.address import is_loopback
from indexing.databases import compact, insert_into, make_tables, open_engine, unavailable
from indexing.errors import Busy

IsErased = Callable[..., bool]  # (login, id, node id), any of them None
_TEXT = String().with_variant(String(collation="C"), "postgresql")  # the same order everywhere
_METADATA = MetaData()

SELECTIONS = Table(
    "scrape_selections",
    _METADATA,
    Column("key", String(64), primary_key=True),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("is_planned", Integer, nullable=False, default=0),
)
SLICES = Table(
    "scrape_slices",
    _METADATA,
    Column("selection", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("part_of", Integer),  # the slice of the plan that this page belongs to; itself when it is one
    Column("kind", String(16), nullable=False),  # query, members, logins, contributors
    Column("name", _TEXT, nullable=False),
    Column("bounds", _TEXT, nullable=False),  # JSON: which query, created, followers
    Column("people", Integer),  # how many GitHub counts
    Column("state", String(16), nullable=False),  # open, cut (into slices or pages), done
    Column("cursor", _TEXT),
    Column("asked_out", Integer, nullable=False, default=0),
    Column("unknown", Integer, nullable=False, default=0),  # names nobody has
    Column("gone", Integer, nullable=False, default=0),  # counted, and shown as nothing
)
FOUND = Table(
    "scrape_found",
    _METADATA,
    Column("selection", String(64), primary_key=True),
    Column("node_id", _TEXT, primary_key=True),
    Column("database_id", BigInteger),
    Column("login", _TEXT, nullable=False),
    Column("kind", String(16), nullable=False),  # User, Organization, Bot
    Column("state", String(16), nullable=False),  # found, kept, gone
)
FOUND_IN = Table(
    "scrape_found_in",
    _METADATA,
    Column("selection", String(64), primary_key=True),
    Column("slice", Integer, primary_key=True),
    Column("node_id", _TEXT, primary_key=True),
)
PEOPLE = Table(
    "scrape_people",
    _METADATA,
    Column("node_id", _TEXT, primary_key=True),
    Column("database_id", BigInteger),
    Column("login", _TEXT, nullable=False),
    Column("stage", String(16), nullable=False),  # stale, owned, activity, contributed, done
    Column("cursor", _TEXT),
    Column("updated_at", String(40)),
    Column("pushed_at", String(40)),  # the latest push to a repository of theirs
    Column("public_repos", Integer),
    Column("unknown", String(40), nullable=False, default=""),  # what GitHub refused to say
    Column("row", LargeBinary, nullable=False),
    Index("scrape_people_by_stage", "stage", "node_id"),
)
REPOSITORIES = Table(
    "scrape_repositories",
    _METADATA,
    Column("node_id", _TEXT, primary_key=True),
    Column("owner_id", _TEXT),
    Column("owner", _TEXT, nullable=False),
    Column("name", _TEXT, nullable=False),
    Column("row", LargeBinary, nullable=False),
    Index("scrape_repositories_by_owner", "owner_id"),
)
WORKS = Table(
    "scrape_works",
    _METADATA,
    Column("person_id", _TEXT, primary_key=True),
    Column("repository_id", _TEXT, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("commits", Integer),
    Column("first_at", String(40)),
    Column("last_at", String(40)),
    Index("scrape_works_by_repository", "repository_id"),
)
_CHUNK = 500
_SCRAPING = 0x76697363  # "visc": a lock that nobody else takes


class Journal:
    """The tables above in one database; DatabaseUnavailable when it does not answer."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._has_tables = False
        self._statements: dict[tuple[str, bool], Any] = {}

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing of what is written in the block."""
        try:
            if not self._has_tables:
                make_tables(self._engine, _METADATA.sorted_tables)
                self._has_tables = True
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise unavailable(self._engine, error) from error

    def put(
        self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, replace: bool = True
    ) -> None:
        """Write whole rows; of those that are there already, the new ones replace the old, or are left out."""
        if not rows:
            return
        statement = self._statements.get((table.name, replace))
        if statement is None:
            statement = insert_into(self._engine, table)
            keys = [column.name for column in table.primary_key]
            others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
            statement = (
                statement.on_conflict_do_update(index_elements=keys, set_=others)
                if replace and others
                else statement.on_conflict_do_nothing(index_elements=keys)
            )
            self._statements[table.name, replace] = statement
        connection.execute(statement, rows)

    def close(self) -> None:
        """Give up the connections."""
        self._engine.dispose()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let nobody else scrape into this PostgreSQL meanwhile, Busy when one does; a SQLite file has one home."""
        if self._engine.dialect.name == "sqlite":
            yield
            return
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except SQLAlchemyError as error:
            raise unavailable(self._engine, error) from error
        try:
            if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_SCRAPING})").scalar_one():
                raise Busy(
                    "Another `vivier scrape github` that shares this database is running; wait until it is done."
                )
            yield
        finally:
            connection.invalidate()  # its session ends, and the lock with it
            connection.close()

    def compact(self) -> None:
        """Leave no byte of what was deleted in the tables."""
        compact(self._engine, _METADATA.sorted_tables)


def journal_url(database_url: str, home: Path, host: str) -> str:
    """Where the journal of one GitHub is kept: in the database named, else in a file of its own, easily dropped.

    Two GitHubs may give the same id to two people, so each host has its own file; a database named holds one GitHub.
    """
    if database_url:
        return database_url
    name = "scrape.db" if host.removeprefix("api.") == "github.com" else f"scrape-{_plain(host)}.db"
    return f"sqlite:///{home.resolve()}/{name}"


def all_journals(database_url: str, home: Path) -> list[str]:
    """The journal of every GitHub that was scraped from here."""
    return (
        [database_url] if database_url else [f"sqlite:///{path}" for path in sorted(home.resolve().glob("scrape*.db"))]
    )


def _plain(host: str) -> str:
    return "local" if is_loopback(host) else re.sub(r"[^a-z0-9.-]", "-", host.lower())


def delete_people(connection: Connection, node_ids: Sequence[str], *, with_repositories: bool = True) -> None:
    """Take people out: what is known of them, what they did, and what they own."""
    for start in range(0, len(node_ids), _CHUNK):
        some = list(node_ids[start : start + _CHUNK])
        connection.execute(deletion(PEOPLE).where(PEOPLE.c.node_id.in_(some)))
        connection.execute(deletion(WORKS).where(WORKS.c.person_id.in_(some)))
        if with_repositories:
            owned = selection_of(REPOSITORIES.c.node_id).where(REPOSITORIES.c.owner_id.in_(some))
            connection.execute(deletion(WORKS).where(WORKS.c.repository_id.in_(owned)))
            connection.execute(deletion(REPOSITORIES).where(REPOSITORIES.c.owner_id.in_(some)))
