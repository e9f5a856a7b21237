"""Raw tables on their way from text to values: completed, typed, and one row for each person, repository and pair."""

from __future__ import annotations

import pandas as pd

from indexing.profiles import LONGEST_ADDRESS, WEB_ADDRESS
from indexing.raw_data.schemas import (
    CONTRIBUTIONS,
    FLAGS,
    KINDS,
    REPOS,
    ROLES,
    UNKNOWN_WORDS,
    USERS,
    Cell,
    Frame,
    TableRules,
    parse_dates,
)


def complete(frame: Frame, rules: TableRules) -> Frame:
    """The table with every column of the contract, still text, and what rows leave out but other cells tell."""
    frame = frame.copy(deep=False)
    for name in rules.columns:
        if name not in frame:
            frame[name] = pd.Series(None, index=frame.index, dtype="str")
    for name, cell in rules.columns.items():
        if cell is not Cell.TEXT:
            frame[name] = frame[name].mask(frame[name].str.lower().isin(UNKNOWN_WORDS))
        if cell is Cell.DATE:
            frame[name] = frame[name].str.replace(r"(?i) ?utc$", "Z", regex=True)
    if rules is REPOS:
        both = frame["owner"].notna() & frame["name"].notna()
        frame["full_name"] = frame["full_name"].fillna((frame["owner"] + "/" + frame["name"]).where(both))
        for place, half in enumerate(("owner", "name")):
            if frame[half].hasnans:
                frame[half] = frame[half].fillna(frame["full_name"].str.extract(r"^([^/]+)/(.+)$")[place])
    return frame


def typed(frame: Frame, rules: TableRules) -> tuple[Frame, dict[str, int]]:
    """The table with numbers, dates and truth values for its text, and what was not understood, counted.

    Takes only rows that passed the schema.
    """
    frame = frame.copy(deep=False)
    for name in rules.of(Cell.COUNT):
        frame[name] = pd.to_numeric(frame[name]).astype("Float64").astype("Int64")
    for name in rules.of(Cell.DATE):
        frame[name] = parse_dates(frame[name])
    for name in rules.of(Cell.FLAG):
        frame[name] = frame[name].str.lower().map(FLAGS).astype("boolean")
    notes: dict[str, int] = {}
    if "html_url" in rules.columns:
        written = frame["html_url"]
        is_safe = written.str.fullmatch(WEB_ADDRESS) & (written.str.len() <= LONGEST_ADDRESS)
        strange = int((written.notna() & ~is_safe.astype(bool)).sum())
        if strange:
            notes["html_url is no plain http(s) address: taken as unknown"] = strange
            frame["html_url"] = written.where(is_safe.astype(bool))
    if rules is USERS:
        kinds = frame["type"].str.lower().map(KINDS).astype("str")
        strange = int((kinds.isna() & frame["type"].notna()).sum())
        if strange:
            notes["type is none of User, Organization, Bot: taken as unknown"] = strange
        frame["type"] = kinds
    if rules is CONTRIBUTIONS:
        # To have contributed is the least that a row without a role can mean.
        frame["role"] = frame["role"].str.lower().fillna(ROLES[0])
    return frame, notes


def identity(frame: Frame, rules: TableRules) -> pd.Series[str]:
    """What makes two rows the same: GitHub tells neither logins nor repositories apart by case."""
    keys = [frame[name].str.lower() for name in rules.key]
    return keys[0] if len(keys) == 1 else keys[0] + " " + keys[1]


def merge_duplicates(frame: Frame, rules: TableRules) -> tuple[Frame, int, dict[str, int]]:
    """One row for each identity, ordered by it; the rows that were merged away and contradictions are counted.

    Of several values the one fetched last wins; an unknown one never does. The order of the rows plays no part.
    """
    key = identity(frame, rules)
    repeated = key.duplicated(keep=False)
    rows_before = len(frame)
    notes: dict[str, int] = {}
    if repeated.any():
        copies, copies_key = frame[repeated], key[repeated]
        if "id" in rules.columns:
            conflicts = int((copies.groupby(copies_key)["id"].nunique() > 1).sum())
            if conflicts:
                notes[f"rows of one {rules.key[0]} give different ids: merged by {rules.key[0]}"] = conflicts
        frame = pd.concat([frame[~repeated], _merge(copies, copies_key, rules)])
    if rules is USERS:
        shared = int(frame["id"].dropna().duplicated().sum())
        if shared:
            notes["ids are shared with another login (an account renamed?): kept apart"] = shared
    order = identity(frame, rules).argsort(kind="stable")
    return frame.iloc[order].reset_index(drop=True), rows_before - len(frame), notes


def _merge(copies: Frame, key: pd.Series[str], rules: TableRules) -> Frame:
    # Whole rows break ties between equal dates, or the order of the file would.
    text = copies.astype("str").fillna("")
    copies = copies.loc[text.sort_values(list(text.columns)).index]
    if "fetched_at" in rules.columns:
        copies = copies.sort_values("fetched_at", na_position="first", kind="stable")
    key = key.loc[copies.index]
    groups = copies.groupby(key, sort=True)
    merged = groups.last()
    if rules is CONTRIBUTIONS:
        rank = copies["role"].map({role: place for place, role in enumerate(ROLES)})
        merged["role"] = rank.groupby(key).max().map(dict(enumerate(ROLES))).astype("str")
        merged["commits"] = groups["commits"].max()
        merged["first_at"] = groups["first_at"].min()
        merged["last_at"] = groups["last_at"].max()
    return merged.reset_index(drop=True)
