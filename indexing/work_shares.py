"""Who worked on what: ownership and contributions of the raw tables joined into one share per person and repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pandas as pd

from indexing.raw_data import RawData
from indexing.repository_texts import Texts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Roles that answer for a repository; to have contributed to one says nothing about who does.
RESPONSIBLE = ("owner", "maintainer", "member")
_OWN = ("language", "topics", "description")


class Share(NamedTuple):
    """One person's part in one repository; a tuple, for there is one for every row of the contributions."""

    role: str
    commits: int | None = None
    last_at: datetime | None = None
    own: Texts | None = None  # what is told of this part alone


def shares_by_person(raw: RawData) -> dict[str, dict[str, Share]]:
    """For each login of the users table, repository to share; both in lower case.

    A contribution by the owner and the ownership are one share. Where the contributions name somebody who answers for
    a repository (owner, maintainer, member) they are complete for it; everywhere else its owner owns it.
    """
    people: dict[str, dict[str, Share]] = {login: {} for login in lower(raw.users["login"])}
    owners = dict(zip(lower(raw.repos["full_name"]), lower(raw.repos["owner"]), strict=True))
    told = raw.contributions
    answered: set[str] = set()
    keys = zip(lower(told["login"]), lower(told["full_name"]), strict=True)
    parts = zip(keys, cells(told, ("role", "commits", "last_at")), _own_texts(told), strict=True)
    for (login, full_name), (role, commits, last_at), own in parts:
        if owners[full_name] == login:
            role = "owner"
        people[login][full_name] = Share(role, commits, last_at, own)
        if role in RESPONSIBLE:
            answered.add(full_name)
    owned = Share("owner")
    for full_name, owner in owners.items():
        if full_name not in answered and owner in people:
            people[owner][full_name] = owned
    return people


def _own_texts(contributions: pd.DataFrame) -> Iterable[Texts | None]:
    if contributions[list(_OWN)].isna().all(axis=None):
        return [None] * len(contributions)  # most sources tell none
    return [Texts(*texts) if any(texts) else None for texts in cells(contributions, _OWN)]


def lower(column: pd.Series[str]) -> list[str]:
    """Logins or full names as they are compared."""
    return column.str.lower().tolist()


def cells(frame: pd.DataFrame, columns: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """The rows as plain Python values in the order of the columns, unknown ones None."""
    return zip(*(_plain(frame[name]) for name in columns), strict=True)


def _plain(column: pd.Series[Any]) -> list[Any]:
    known = column.notna()
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        # Far faster than one pandas Timestamp for each cell.
        moments: list[timedelta] = column.dt.as_unit("us").astype("int64").to_numpy().astype("timedelta64[us]").tolist()
        return [_EPOCH + moment if is_known else None for moment, is_known in zip(moments, known.tolist(), strict=True)]
    values: list[Any] = column.astype(object).where(known, None).tolist()
    return values
