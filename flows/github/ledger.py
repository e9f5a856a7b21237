"""What a pass brought: how many of how many in each slice, and why some were left out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import func, select

from flows.github.journal import FOUND, FOUND_IN, SLICES
from flows.github.passes import BOT, ORGANISATION, USER, Pass
from flows.github.selection import Selection
from flows.raw_files import RawFiles
from flows.sources.port import Ledger, Slice

GONE, ASKED_OUT, UNKNOWN = "deleted or suspended since they were counted", "asked to be left out", "nobody has the name"
NO_PERSON = {ORGANISATION: "organisations", BOT: "bots"}


def write_ledger(under_way: Pass, selection: Selection, into: RawFiles, started: datetime) -> Ledger:
    """The ledger of a pass whose rows are written."""
    left_out: Counter[str] = Counter()
    for kind, state, number in under_way.counts():
        if kind != USER:
            left_out[NO_PERSON.get(kind, "other accounts that are no people")] += number
        elif state == "gone":
            left_out[GONE] += number
    asked_out, unknown, gone = _sums(under_way)
    left_out[ASKED_OUT] += asked_out + into.erased
    left_out[UNKNOWN] += unknown
    left_out[GONE] += gone
    return Ledger(
        source="github",
        selection=selection.described(),
        people=into.rows["github_users.csv"],
        repositories=into.rows["github_repos.csv"],
        contributions=into.rows["github_contributions.csv"],
        slices=tuple(_slices(under_way)),
        started_at=started.isoformat(timespec="seconds"),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        left_out={reason: number for reason, number in sorted(left_out.items()) if number},
    )


def _slices(under_way: Pass) -> list[Slice]:
    rows = under_way.slices()
    pages, missing = Counter[int](), Counter[int]()
    for row in rows:
        missing[row.part_of] += row.gone
        if row.part_of != row.number and row.state != "cut":
            pages[row.part_of] += row.people or 0
    collected, no_people = _collected(under_way)
    return [
        Slice(
            row.name,
            collected[row.number],
            None
            if row.people is None
            else max(0, pages.get(row.number, row.people) - no_people[row.number] - missing[row.number]),
        )
        for row in rows
        if row.part_of == row.number and row.state != "cut"
    ]


def _collected(under_way: Pass) -> tuple[Counter[int], Counter[int]]:
    """How many people each slice brought, and how many accounts that are no people, or none any more."""
    wanted = (
        select(FOUND_IN.c.slice, FOUND.c.kind, FOUND.c.state, func.count())
        .join(FOUND, (FOUND.c.node_id == FOUND_IN.c.node_id) & (FOUND.c.selection == FOUND_IN.c.selection))
        .where(FOUND_IN.c.selection == under_way.key)
        .group_by(FOUND_IN.c.slice, FOUND.c.kind, FOUND.c.state)
    )
    people, others = Counter[int](), Counter[int]()
    with under_way.journal.transaction() as connection:
        for number, kind, state, count in connection.execute(wanted):
            if kind != USER or state == "gone":
                others[number] += count
            else:
                people[number] += count
    return people, others


def _sums(under_way: Pass) -> tuple[int, int, int]:
    wanted = select(func.sum(SLICES.c.asked_out), func.sum(SLICES.c.unknown), func.sum(SLICES.c.gone)).where(
        SLICES.c.selection == under_way.key
    )
    with under_way.journal.transaction() as connection:
        asked_out, unknown, gone = connection.execute(wanted).one()
    return int(asked_out or 0), int(unknown or 0), int(gone or 0)
