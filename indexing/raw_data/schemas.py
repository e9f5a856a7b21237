"""What each raw table must hold: its columns, what a cell may say, and why a row is set aside.

One policy for all three tables. A row is set aside when it cannot be tied to a person or a repository (no login, a
login GitHub could not have given, no owner, an unknown person or repository in a contribution) or when a cell says
something that cannot be true or read (a negative count, a word for a number, an impossible date): what else is in such
a row is not to be trusted, and its owner can mend it. A cell alone is emptied or shortened, and counted, when the rest
of the row stands without it: a `type` GitHub may have added since, a text that is too long, an e-mail address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

import pandas as pd
import pandera.pandas as pa

Frame = pd.DataFrame
TextCheck = Callable[["pd.Series[str]"], "pd.Series[bool]"]

# Wider than GitHub's rule of today: old accounts end in a hyphen or hold dots, Enterprise adds underscores, bots [bot].
LOGIN = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(?:\[bot\])?"
FULL_NAME = LOGIN + r"/[A-Za-z0-9._+-]{1,100}"
DATE = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| ?[+-]\d\d:?\d\d)?)?"
# 15 digits: exact in a float, and nobody has more followers.
COUNT = r"[+-]?\d{1,15}(?:\.0+)?"
FLAGS = {"true": True, "false": False, "t": True, "f": False, "yes": True, "no": False, "1": True, "0": False}
FLAGS |= {"1.0": True, "0.0": False}
# What programs write where they know nothing, in cells that are not text (a repository may well be named `null`).
UNKNOWN_WORDS = ("nan", "null", "none", "nat", "na", "<na>")
KINDS = {"user": "User", "organization": "Organization", "bot": "Bot"}
ROLES = ("contributor", "member", "maintainer", "owner")  # ascending in what they say
YEARS = range(1970, 2100)


class Cell(Enum):
    """How a column is read."""

    TEXT = "text"
    COUNT = "count"
    DATE = "date"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class TableRules:
    """One raw table: its columns, which of them a header must have, what identifies a row."""

    name: str
    columns: Mapping[str, Cell]
    required: tuple[tuple[str, ...], ...]
    key: tuple[str, ...]
    short: Mapping[str, int]

    def of(self, cell: Cell) -> list[str]:
        """The columns read as this kind."""
        return [name for name, kind in self.columns.items() if kind is cell]


def _columns(text: str = "", count: str = "", date: str = "", flag: str = "") -> dict[str, Cell]:
    kinds = ((Cell.TEXT, text), (Cell.COUNT, count), (Cell.DATE, date), (Cell.FLAG, flag))
    return {name: kind for kind, names in kinds for name in names.split()}


USERS = TableRules(
    name="users",
    columns=_columns(
        text="login id type name company location bio html_url",
        count="followers following public_repos",
        date="created_at updated_at fetched_at",
        flag="hireable",
    ),
    required=(("login",),),
    key=("login",),
    short={"name": 255, "company": 255, "location": 255},
)
REPOS = TableRules(
    name="repos",
    columns=_columns(
        text="id owner name full_name description language topics license html_url",
        count="stargazers_count forks_count",
        date="created_at pushed_at fetched_at",
        flag="fork archived",
    ),
    required=(("full_name",), ("owner", "name")),
    key=("full_name",),
    short={"name": 255, "language": 255, "license": 255},
)
CONTRIBUTIONS = TableRules(
    name="contributions",
    # The last three are of this person's own part there; a source that knows no more than the repository has none.
    columns=_columns(text="login full_name role description language topics", count="commits", date="first_at last_at"),
    required=(("login", "full_name"),),
    key=("login", "full_name"),
    short={"language": 255},
)


def table_schema(rules: TableRules, *, known: Mapping[str, Iterable[str]] | None = None) -> pa.DataFrameSchema:
    """The pandera schema of a table of text; every check's name is the reason a reader is given.

    `known` gives, for a column, the lower-cased values that exist elsewhere.
    """
    columns = {name: pa.Column(nullable=True, checks=_cell_checks(name, rules)) for name in rules.columns}
    for name in rules.key:
        columns[name] = pa.Column(nullable=False, checks=_identity_checks(name, known or {}))
    return pa.DataFrameSchema(columns, checks=_table_checks(rules), strict=False)


def _cell_checks(name: str, rules: TableRules) -> list[pa.Check]:
    match rules.columns[name]:
        case Cell.COUNT:
            return [
                _check(_matches(COUNT), f"{name} is not a whole number"),
                _check(lambda text: ~text.str.match(r"-\d"), f"{name} is negative"),
            ]
        case Cell.DATE:
            return [_check(_is_date, f"{name} is not an ISO 8601 date between 1970 and 2099")]
        case Cell.FLAG:
            return [_check(lambda text: text.str.lower().isin(list(FLAGS)), f"{name} is not true or false")]
    if name == "role":
        return [_check(lambda text: text.str.lower().isin(ROLES), f"role is none of {', '.join(ROLES)}")]
    return []


def _identity_checks(name: str, known: Mapping[str, Iterable[str]]) -> list[pa.Check]:
    pattern = FULL_NAME if name == "full_name" else LOGIN
    checks = [_check(_matches(pattern), f"{name} has characters GitHub does not allow")]
    if name in known:
        where = "no repository has this full_name" if name == "full_name" else "no user has this login"
        checks.append(_check(_is_among(frozenset(known[name])), where))
    return checks


def _table_checks(rules: TableRules) -> list[pa.Check]:
    if rules is REPOS:
        return [pa.Check(_owner_agrees, error="owner and full_name disagree", ignore_na=False)]
    if rules is CONTRIBUTIONS:
        return [pa.Check(_first_before_last, error="first_at is after last_at", ignore_na=False)]
    return []


def _check(holds: TextCheck, reason: str) -> pa.Check:
    return pa.Check(holds, error=reason)


def _matches(pattern: str) -> TextCheck:
    return lambda text: text.str.fullmatch(pattern)


def _is_among(there: frozenset[str]) -> TextCheck:
    # `isin` of pandas takes ten seconds for a million texts among a million.
    return lambda text: pd.Series([one in there for one in text.str.lower().tolist()], index=text.index, dtype="bool")


def _is_date(text: pd.Series[str]) -> pd.Series[bool]:
    dates = parse_dates(text)
    return text.str.fullmatch(DATE) & dates.dt.year.isin(YEARS)


def _owner_agrees(frame: Frame) -> pd.Series[bool]:
    prefix = frame["full_name"].str.extract(r"^([^/]+)/", expand=False).str.lower()
    return (prefix == frame["owner"].str.lower()) | prefix.isna() | frame["owner"].isna()


def _first_before_last(frame: Frame) -> pd.Series[bool]:
    first, last = parse_dates(frame["first_at"]), parse_dates(frame["last_at"])
    return (first <= last) | first.isna() | last.isna()


def parse_dates(text: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """The moments in UTC; what cannot be read is missing."""
    return pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce").dt.as_unit("us")


def reasons_to_reject(frame: Frame, schema: pa.DataFrameSchema) -> pd.Series[str]:
    """Why rows cannot be used, in the order of the checks, indexed like the rows; rows that can be are not in it."""
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases[["index", "column", "check"]]
        # A check over the whole table reports each of its cells.
        cases = cases.drop_duplicates(["index", "check", "column"])
        missing = cases["check"] == "not_nullable"
        reason = cases["check"].mask(missing, "no " + cases["column"].astype(str))
        unique = pd.DataFrame({"row": cases["index"].astype("int64"), "reason": reason}).drop_duplicates()
        return unique.groupby("row", sort=True)["reason"].agg("; ".join)
    return pd.Series([], dtype="str", index=pd.Index([], dtype="int64"))
