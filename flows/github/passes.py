"""One pass over a selection in the journal: its slices, who was found in them, and how far each has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from flows.github.journal import FOUND, FOUND_IN, PEOPLE, SELECTIONS, SLICES, Journal

LONGEST_PASS = timedelta(days=7)  # after that, who matches is asked anew; what is known of people stays
USER, ORGANISATION, BOT = "User", "Organization", "Bot"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody as a search or a list shows them; `repr` names nobody."""

    node_id: str
    database_id: int | None
    login: str
    kind: str  # User, Organization, Bot

    def __repr__(self) -> str:
        """An id, never a name."""
        return f"Account({self.node_id})"


@dataclass(frozen=True, slots=True)
class SliceRow:
    """A slice as the journal keeps it."""

    number: int
    part_of: int
    kind: str
    name: str
    bounds: str
    people: int | None
    state: str
    cursor: str | None
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A new slice to write down."""

    kind: str
    name: str
    bounds: str
    people: int | None
    part_of: int | None = None


class Pass:
    """The pass that is under way for one selection; a new one forgets who was found, not what is known of them."""

    def __init__(self, journal: Journal, key: str) -> None:
        self.journal = journal
        self.key = key

    def begin(self, *, anew: bool) -> tuple[datetime, bool]:
        """Go on with an unfinished pass, else start one. When it started (UTC), and whether it goes on."""
        with self.journal.transaction() as connection:
            row = connection.execute(select(SELECTIONS).where(SELECTIONS.c.key == self.key)).mappings().first()
            if row is not None and row["finished_at"] is None and not anew:
                began = datetime.fromisoformat(row["started_at"])
                if datetime.now(UTC) - began < LONGEST_PASS:
                    return began, True
            for table in (SLICES, FOUND, FOUND_IN):
                connection.execute(delete(table).where(table.c.selection == self.key))
            connection.execute(delete(SELECTIONS).where(SELECTIONS.c.key == self.key))
            started = datetime.now(UTC).replace(microsecond=0)
            connection.execute(insert(SELECTIONS).values(key=self.key, started_at=started.isoformat(), is_planned=0))
            return started, False

    def finish(self) -> None:
        """Everything is written: the next run starts a pass of its own."""
        with self.journal.transaction() as connection:
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            mine = update(SELECTIONS).where(SELECTIONS.c.key == self.key)
            connection.execute(mine.values(finished_at=moment))

    def is_planned(self) -> bool:
        """Whether all slices of the plan are known."""
        with self.journal.transaction() as connection:
            return bool(
                connection.execute(select(SELECTIONS.c.is_planned).where(SELECTIONS.c.key == self.key)).scalar()
            )

    def note_planned(self) -> None:
        """All slices of the plan are known."""
        with self.journal.transaction() as connection:
            connection.execute(update(SELECTIONS).where(SELECTIONS.c.key == self.key).values(is_planned=1))

    def slices(
        self, *, state: str | None = None, at_least: int | None = None, limit: int | None = None
    ) -> list[SliceRow]:
        """Slices in their order, of one state and with at least so many people if asked for."""
        columns = [SLICES.c[name] for name in SliceRow.__dataclass_fields__]
        wanted = select(*columns).where(SLICES.c.selection == self.key).order_by(SLICES.c.number)
        if state is not None:
            wanted = wanted.where(SLICES.c.state == state)
        if at_least is not None:
            wanted = wanted.where(SLICES.c.people >= at_least)
        with self.journal.transaction() as connection:
            return [SliceRow(*row) for row in connection.execute(wanted.limit(limit))]

    def add(self, parts: Sequence[Part], *, instead_of: int | None = None, state: str = "cut") -> None:
        """Write down new slices, perhaps in place of one that was cut."""
        with self.journal.transaction() as connection:
            last = connection.execute(select(func.max(SLICES.c.number)).where(SLICES.c.selection == self.key)).scalar()
            rows = [
                {
                    "selection": self.key,
                    "number": number,
                    "part_of": number if part.part_of is None else part.part_of,
                    "kind": part.kind,
                    "name": part.name,
                    "bounds": part.bounds,
                    "people": part.people,
                    "state": "open",
                    "cursor": None,
                    "asked_out": 0,
                    "unknown": 0,
                    "gone": 0,
                }
                for number, part in enumerate(parts, start=0 if last is None else last + 1)
            ]
            self.journal.put(connection, SLICES, rows)
            if instead_of is not None:
                self._change(connection, instead_of, state=state)

    def change(self, number: int, **values: Any) -> None:
        """Change what is known of a slice."""
        with self.journal.transaction() as connection:
            self._change(connection, number, **values)

    def found(
        self, one: SliceRow, accounts: Sequence[Account], *, asked_out: int = 0, unknown: int = 0, **values: Any
    ) -> None:
        """Write down who a response shows, and how far that brings the slice."""
        with self.journal.transaction() as connection:
            rows = [
                {
                    "selection": self.key,
                    "node_id": account.node_id,
                    "database_id": account.database_id,
                    "login": account.login,
                    "kind": account.kind,
                    "state": "found",
                }
                for account in accounts
            ]
            self.journal.put(connection, FOUND, rows, replace=False)
            members = [
                {"selection": self.key, "slice": one.part_of, "node_id": account.node_id} for account in accounts
            ]
            self.journal.put(connection, FOUND_IN, members, replace=False)
            if asked_out or unknown:
                values |= {"asked_out": SLICES.c.asked_out + asked_out, "unknown": SLICES.c.unknown + unknown}
            if values:
                self._change(connection, one.number, **values)

    def people_found(self) -> int:
        """How many people (not organisations, not bots) the pass has found."""
        mine = select(func.count()).where(FOUND.c.selection == self.key, FOUND.c.kind == USER)
        with self.journal.transaction() as connection:
            return int(connection.execute(mine).scalar() or 0)

    def ids_in(self, number: int) -> set[str]:
        """The node ids that a slice has brought."""
        mine = select(FOUND_IN.c.node_id).where(FOUND_IN.c.selection == self.key, FOUND_IN.c.slice == number)
        with self.journal.transaction() as connection:
            return set(connection.execute(mine).scalars())

    def partly_unknown(self) -> int:
        """How many people GitHub refused to say everything of."""
        mine = (
            select(func.count())
            .select_from(PEOPLE)
            .join(FOUND, FOUND.c.node_id == PEOPLE.c.node_id)
            .where(FOUND.c.selection == self.key, FOUND.c.state == "kept", PEOPLE.c.unknown != "")
        )
        with self.journal.transaction() as connection:
            return int(connection.execute(mine).scalar() or 0)

    def unfetched(self, limit: int, *, after: str) -> list[Account]:
        """People found, by id from `after` on, whose details are not known or have changed since."""
        mine = (
            select(FOUND.c.node_id, FOUND.c.database_id, FOUND.c.login, FOUND.c.kind)
            .outerjoin(PEOPLE, PEOPLE.c.node_id == FOUND.c.node_id)
            .where(FOUND.c.selection == self.key, FOUND.c.node_id > after, FOUND.c.kind == USER)
            .where(FOUND.c.state != "gone", PEOPLE.c.stage.is_(None) | (PEOPLE.c.stage == "stale"))
            .order_by(FOUND.c.node_id)
            .limit(limit)
        )
        with self.journal.transaction() as connection:
            return [Account(*row) for row in connection.execute(mine)]

    def at_stage(self, stage: str, limit: int, *, after: str) -> list[tuple[str, str | None]]:
        """Ids of people found who are at a stage, by id from `after` on, with their cursor."""
        mine = (
            select(PEOPLE.c.node_id, PEOPLE.c.cursor)
            .join(FOUND, FOUND.c.node_id == PEOPLE.c.node_id)
            .where(PEOPLE.c.stage == stage, PEOPLE.c.node_id > after)
            .where(FOUND.c.selection == self.key, FOUND.c.state != "gone")
            .order_by(PEOPLE.c.node_id)
            .limit(limit)
        )
        with self.journal.transaction() as connection:
            return [(node_id, cursor) for node_id, cursor in connection.execute(mine)]

    def unchecked(self, limit: int, *, after: str) -> list[dict[str, Any]]:
        """People found and fetched, by id from `after` on, of whom nobody has asked yet whether they moved."""
        names = ("node_id", "login", "updated_at", "pushed_at", "public_repos")
        mine = (
            select(*(PEOPLE.c[name] for name in names))
            .join(FOUND, FOUND.c.node_id == PEOPLE.c.node_id)
            .where(FOUND.c.selection == self.key, FOUND.c.node_id > after)
            .where(FOUND.c.state == "found", PEOPLE.c.stage == "done")
            .order_by(FOUND.c.node_id)
            .limit(limit)
        )
        with self.journal.transaction() as connection:
            return [dict(row) for row in connection.execute(mine).mappings()]

    def mark(self, connection: Connection, node_ids: Sequence[str], state: str) -> None:
        """Say of people found that they are kept, or gone."""
        for start in range(0, len(node_ids), 500):
            some = node_ids[start : start + 500]
            connection.execute(
                update(FOUND).where(FOUND.c.selection == self.key, FOUND.c.node_id.in_(some)).values(state=state)
            )

    def counts(self) -> Iterator[tuple[str, str, int]]:
        """How many accounts there are of each kind and state."""
        mine = (
            select(FOUND.c.kind, FOUND.c.state, func.count())
            .where(FOUND.c.selection == self.key)
            .group_by(FOUND.c.kind, FOUND.c.state)
        )
        with self.journal.transaction() as connection:
            yield from ((kind, state, number) for kind, state, number in connection.execute(mine).all())

    def _change(self, connection: Connection, number: int, **values: Any) -> None:
        mine = update(SLICES).where(SLICES.c.selection == self.key, SLICES.c.number == number)
        connection.execute(mine.values(**values))
