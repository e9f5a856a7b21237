"""Searches kept for replay, in a database: what was asked, what was understood, who was shown with which score.

Needs are personal: nothing here logs one, and no database error carries one.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import JSON, Column, DateTime, Integer, MetaData, String, Table, bindparam
from sqlalchemy import delete as deletion
from sqlalchemy import insert as insertion
from sqlalchemy import select as selection
from sqlalchemy import update as updating
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from indexing.candidates import Conditions, Need, Plan
from indexing.databases import compact, make_tables, open_engine, unavailable

_MENTION = re.compile(r"(?:@|github\.com/)([A-Za-z0-9_][\w-]*)", re.IGNORECASE)
NAMING = ("like", "exclude", "excluded")  # parts of a need or plan whose words may be logins

_METADATA = MetaData()
_SEARCHES = Table(
    "stored_searches",
    _METADATA,
    Column("id", String(64), primary_key=True),
    Column("asked_at", DateTime(timezone=True), nullable=False, index=True),
    Column("release_id", String(64), nullable=False),
    Column("need", JSON, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("shown", Integer, nullable=False),  # people; more than there are results once somebody was erased
    Column("results", JSON, nullable=False),  # [[login, score], ..], best first
)
V = TypeVar("V", Need, Plan, Conditions)


@dataclass(frozen=True, slots=True, repr=False)
class StoredSearch:
    """One search as it was asked and answered."""

    id: str
    asked_at: datetime  # UTC
    release_id: str
    need: Need
    plan: Plan
    results: tuple[tuple[str, float], ...]  # login and score, best first
    erased: int = 0  # people who were shown and have been erased since

    def __repr__(self) -> str:
        """Show no personal text."""
        return f"StoredSearch({self.id})"


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure changed."""

    deleted: int  # searches that named the person
    trimmed: int  # searches that showed the person


class SearchStore:
    """Keeps searches in one table; DatabaseUnavailable from any method when the database does not answer."""

    def __init__(self, url: str, *, patience_seconds: float | None = None) -> None:
        self._engine = open_engine(url, patience_seconds=patience_seconds)
        self._has_tables = False
        self._lock = Lock()

    def keep(self, searches: Sequence[StoredSearch]) -> None:
        """Write searches, all or none."""
        if not searches:
            return
        with self._transaction() as connection:
            connection.execute(insertion(_SEARCHES), [_row(search) for search in searches])

    def find(self, search_id: str, *, since: datetime) -> StoredSearch | None:
        """A search that was asked since then, None when there is none."""
        with self._transaction() as connection:
            wanted = selection(_SEARCHES).where(_SEARCHES.c.id == search_id, _SEARCHES.c.asked_at >= since)
            row = connection.execute(wanted).mappings().first()
        return None if row is None else _search(row)

    def latest(self, limit: int) -> list[StoredSearch]:
        """The searches asked last, newest first."""
        with self._transaction() as connection:
            newest = selection(_SEARCHES).order_by(_SEARCHES.c.asked_at.desc(), _SEARCHES.c.id).limit(limit)
            return [_search(row) for row in connection.execute(newest).mappings()]

    def delete_before(self, moment: datetime) -> int:
        """Delete the searches asked before then; returns how many."""
        with self._transaction() as connection:
            return connection.execute(deletion(_SEARCHES).where(_SEARCHES.c.asked_at < moment)).rowcount

    def erase_people(self, is_erased: Callable[[str], bool]) -> Erased:
        """Delete the searches that name one of these people, take the people out of the results of the others."""
        named: list[dict[str, Any]] = []
        showing: list[dict[str, Any]] = []
        with self._transaction() as connection:
            for row in connection.execute(selection(_SEARCHES).order_by(_SEARCHES.c.id)).mappings():
                kept = [result for result in row["results"] if not is_erased(str(result[0]))]
                if any(map(is_erased, logins_named(row["need"]))) or any(map(is_erased, logins_named(row["plan"]))):
                    named.append({"row_id": row["id"]})
                elif len(kept) < len(row["results"]):
                    showing.append({"row_id": row["id"], "results": kept})
            is_row = _SEARCHES.c.id == bindparam("row_id")
            if named:
                connection.execute(deletion(_SEARCHES).where(is_row), named)
            if showing:
                connection.execute(updating(_SEARCHES).where(is_row).values(results=bindparam("results")), showing)
        return Erased(len(named), len(showing))

    def rename_release(self, old: str, new: str) -> None:
        """Let searches of a release be replayed on the one that took its place."""
        with self._transaction() as connection:
            moved = updating(_SEARCHES).where(_SEARCHES.c.release_id == old)
            connection.execute(moved.values(release_id=new))

    def leave_no_trace(self) -> None:
        """Write the table anew, without what was deleted from it."""
        compact(self._engine, [_SEARCHES])

    def close(self) -> None:
        """Give up the connections."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._lock:
                if not self._has_tables:
                    make_tables(self._engine, [_SEARCHES])  # needs are nobody else's on this machine
                    self._has_tables = True
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise unavailable(self._engine, error) from error


def _row(search: StoredSearch) -> dict[str, Any]:
    return {
        "id": search.id,
        "asked_at": search.asked_at,
        "release_id": search.release_id,
        "need": asdict(search.need),
        "plan": asdict(search.plan),
        "shown": len(search.results) + search.erased,
        "results": [list(result) for result in search.results],
    }


def _search(row: Mapping[Any, Any]) -> StoredSearch:
    asked_at: datetime = row["asked_at"]
    need = dict(row["need"])
    return StoredSearch(
        id=row["id"],
        asked_at=asked_at if asked_at.tzinfo else asked_at.replace(tzinfo=UTC),  # SQLite keeps no zone
        release_id=row["release_id"],
        need=_value(Need, need | {"conditions": _value(Conditions, need.get("conditions", {}))}),
        plan=_value(Plan, row["plan"]),
        results=tuple((str(login), float(score)) for login, score in row["results"]),
        erased=row["shown"] - len(row["results"]),
    )


def _value(kind: type[V], written: Mapping[str, Any]) -> V:
    """A value as it was written; parts that this version no longer has are left out, new ones have their default."""
    known = {field.name for field in fields(kind)}
    parts: dict[str, Any] = {
        name: tuple(part) if isinstance(part, list) else part for name, part in written.items() if name in known
    }
    return kind(**parts)


def logins_named(value: Any, part: str = "") -> Iterator[str]:
    """Whoever a need or a plan, as JSON, names: by mention, by address, or where only logins stand."""
    if isinstance(value, str):
        # "@ada" and "github.com/ada-lumen", whole.
        yield from (found[1] for found in _MENTION.finditer(value))
        if part in NAMING:
            yield value.strip().lstrip("@")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from logins_named(inner, str(name))
    elif isinstance(value, Iterable):
        for inner in value:
            yield from logins_named(inner, part)
