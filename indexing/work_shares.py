"""Who worked on what: ownership and contributions of the raw tables joined into one share per person and repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from indexing.raw_data import RawData

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Roles that answer for a repository; to have contributed to one says nothing about who does.
RESPONSIBLE = ("owner", "maintainer", "member")


@dataclass(frozen=True, slots=True)
class Share:
    """One person's part in one repository."""

    role: str
    commits: int | None = None
    last_at: datetime | None = None


def shares_by_person(raw: RawData) -> dict[str, dict[str, Share]]:
    """For each login of the users table, repository to share; both in lower case.

    A contribution by the owner and the ownership are one share. Where the contributions name somebody who answers for
    a repository (owner, maintainer, member) they are complete for it; everywhere else its owner owns it.
    """
    people: dict[str, dict[str, Share]] = {login.lower(): {} for login in raw.users["login"]}
    owners = {row["full_name"].lower(): row["owner"].lower() for row in rows(raw.repos, ("full_name", "owner"))}
    answered: set[str] = set()
    for row in rows(raw.contributions, ("login", "full_name", "role", "commits", "last_at")):
        login, full_name = row["login"].lower(), row["full_name"].lower()
        role = "owner" if owners[full_name] == login else row["role"]
        people[login][full_name] = Share(role, row["commits"], row["last_at"])
        if role in RESPONSIBLE:
            answered.add(full_name)
    for full_name, owner in owners.items():
        if full_name not in answered and owner in people:
            people[owner][full_name] = Share("owner")
    return people


def rows(frame: pd.DataFrame, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The rows as plain Python values, unknown ones None."""
    names = tuple(columns)
    for cells in zip(*(_plain(frame[name]) for name in names), strict=True):
        yield dict(zip(names, cells, strict=True))


def _plain(column: pd.Series[Any]) -> list[Any]:
    known = column.notna()
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        # Far faster than one pandas Timestamp for each cell.
        moments = column.dt.as_unit("us").astype("int64")
        return [
            _EPOCH + moment * _MICROSECOND if is_known else None
            for moment, is_known in zip(moments.tolist(), known.tolist(), strict=True)
        ]
    values: list[Any] = column.astype(object).where(known, None).tolist()
    return values
