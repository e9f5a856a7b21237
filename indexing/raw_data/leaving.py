"""People who left, taken out of raw tables: read ones before anything is made of them, and files on disk.

A repository of theirs goes with them, and with it what others contributed there: its name holds their login.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from indexing.errors import InputError
from indexing.raw_data.load import RawData
from indexing.whole_files import rewriting

Covers = Callable[..., bool]  # (login, *ids) -> whether the person has left

RAW = re.compile(r"github_(users|repos|contributions)(\.rejected)?\.csv(\.gz)?")
_TOKEN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_WHOLE_ROW = "text"  # the column of a rejected row whose fields could not be told apart
# A cell may hold a whole README; the module's own limit is 128 KB.
csv.field_size_limit(1 << 30)


def raw_files(folder: Path) -> list[Path]:
    """Every raw table under a folder, rejected rows included."""
    return sorted(path for path in folder.rglob("github_*") if RAW.fullmatch(path.name) and path.is_file())


def erase_from_table(path: Path, covers: Covers) -> int:
    """Rewrite a raw table without the rows of these people; returns how many rows went."""
    found = RAW.fullmatch(path.name)
    if found is None:
        raise InputError(f"{path} is not a raw table: github_users, github_repos or github_contributions (.csv).")
    kind, gone = found[1], 0
    with rewriting(path) as (source, target, untouched):
        rows = csv.reader(source)
        writer = csv.writer(target, lineterminator="\n")
        header = next(rows, None)
        if header is None:
            return 0
        writer.writerow(header)
        names = [name.strip().lstrip("\ufeff").lower() for name in header]
        for row in rows:
            cells = dict(zip(names, row, strict=False))
            if len(row) != len(names) or cells.get(_WHOLE_ROW):
                is_theirs = any(map(covers, _TOKEN.findall(" ".join(row))))  # any word may be a login
            else:
                is_theirs = _is_theirs(kind, cells, covers)
            gone += is_theirs
            if not is_theirs:
                writer.writerow(row)
        if not gone:
            untouched()
    return gone


def _is_theirs(kind: str, cells: Mapping[str, str], covers: Covers) -> bool:
    login, owner = cells.get("login", ""), cells.get("full_name", "").partition("/")[0]
    if kind == "users":
        return covers(login, cells.get("id"), cells.get("node_id"))
    return any(map(covers, {login, owner, cells.get("owner", "")} - {""}))


def without(raw: RawData, covers: Covers) -> RawData:
    """The tables without these people, their repositories, and what others did in those."""
    users = raw.users[~_left(raw.users["login"], covers, raw.users["id"])]
    repos = raw.repos[~_left(raw.repos["owner"], covers)]
    theirs = raw.contributions["full_name"].astype("str").str.partition("/")[0]
    contributions = raw.contributions[~(_left(raw.contributions["login"], covers) | _left(theirs, covers))]
    return replace(raw, users=users, repos=repos, contributions=contributions)


def _left(logins: pd.Series[str], covers: Covers, ids: pd.Series[str] | None = None) -> pd.Series[bool]:
    known = {login: covers(login) for login in logins.dropna().unique()}
    left = logins.map(known).fillna(False).astype(bool)
    if ids is not None:
        left |= ids.map({number: covers(None, number) for number in ids.dropna().unique()}).fillna(False).astype(bool)
    return left
