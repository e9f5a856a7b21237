"""The raw CSV files read, checked and merged: what can be used, and a count of everything else.

The users file names the people of the pool: a repository whose owner is not in it stays (others may have contributed
to it) but makes nobody a profile, and a contribution by a login that is not in it is set aside.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

import pandas as pd
import pyarrow as pa

from indexing.raw_data.csv_text import CsvText, read_bytes, read_csv
from indexing.raw_data.schemas import (
    CONTRIBUTIONS,
    REPOS,
    USERS,
    Frame,
    TableRules,
    reasons_to_reject,
    table_schema,
)
from indexing.raw_data.tables import complete, identity, merge_duplicates, typed
from indexing.raw_data.text import clean_table, clean_text

WRONG_FIELDS = "more or fewer fields than the header"
OWNER_UNKNOWN = "repositories have an owner who is not in the users file: only contributions make them anyone's work"


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file's rows: `read == kept + merged + rejected_count`."""

    file: str
    read: int
    kept: int
    merged: int
    rejected: Mapping[str, int]  # by the first reason of each row
    rejected_file: Path | None
    cut: int  # cells that were too long
    masked: int  # e-mail addresses taken out of text
    warnings: Mapping[str, int] = field(default_factory=dict)

    @property
    def rejected_count(self) -> int:
        """How many rows were set aside."""
        return sum(self.rejected.values())


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of every row of every file; `contributions` is None when there was no such file."""

    users: FileReport
    repos: FileReport
    contributions: FileReport | None = None

    @property
    def files(self) -> tuple[FileReport, ...]:
        """The reports of the files that were read."""
        return tuple(one for one in (self.users, self.repos, self.contributions) if one is not None)

    def lines(self) -> list[str]:
        """The report for people to read: counts and reasons, never a cell."""
        lines = []
        for one in self.files:
            lines.append(f"{one.file}: {one.read} rows read, {one.kept} kept, {one.merged} merged")
            lines.extend(f"  {count} set aside: {reason}" for reason, count in one.rejected.items())
            lines.extend(f"  {count} x {warning}" for warning, count in one.warnings.items())
        return lines


@dataclass(frozen=True, slots=True, eq=False)
class RawData:
    """The three tables, typed, one row per person, repository and pair, ordered by these; empty cells are missing.

    Without a contributions file that table is empty, and owners own.
    """

    users: Frame
    repos: Frame
    contributions: Frame
    report: LoadReport

    def __repr__(self) -> str:
        """Show no personal text: a repr ends up in logs."""
        return f"RawData(users={len(self.users)}, repos={len(self.repos)}, contributions={len(self.contributions)})"


def read_raw(users: Path, repos: Path, contributions: Path | None, *, rejected_folder: Path) -> RawData:
    """Everything usable of the raw files; bad rows go to `<name>.rejected.csv` in the folder, with their reasons.

    Raises RawDataError when a whole file cannot be used.
    """
    people, users_report = _read_table(users, USERS, rejected_folder)
    projects, repos_report = _read_table(repos, REPOS, rejected_folder)
    strangers = int((~projects["owner"].str.lower().isin(identity(people, USERS))).sum())
    if strangers:
        repos_report = replace(repos_report, warnings={**repos_report.warnings, OWNER_UNKNOWN: strangers})
    if contributions is None:
        shares, _ = typed(complete(pd.DataFrame(), CONTRIBUTIONS), CONTRIBUTIONS)
        return RawData(people, projects, shares, LoadReport(users_report, repos_report))
    known = {"login": identity(people, USERS), "full_name": identity(projects, REPOS)}
    shares, shares_report = _read_table(contributions, CONTRIBUTIONS, rejected_folder, known=known)
    return RawData(people, projects, shares, LoadReport(users_report, repos_report, shares_report))


def data_rev(users: Path, repos: Path, contributions: Path | None) -> str:
    """A short name for the content of the raw files, the same whether they are compressed or not."""
    digest = blake2b(digest_size=6)
    for path in (users, repos, contributions):
        content = b"" if path is None else read_bytes(path)
        digest.update(f"{'absent' if path is None else len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _read_table(
    path: Path,
    rules: TableRules,
    rejected_folder: Path,
    *,
    known: Mapping[str, Iterable[str]] | None = None,
) -> tuple[Frame, FileReport]:
    text = read_csv(path, expected=list(rules.columns), required=rules.required)
    cleaned = clean_table(text.table, limits=rules.short)
    frame = cleaned.table.to_pandas(types_mapper={pa.string(): pd.StringDtype(na_value=float("nan"))}.get)
    frame.index = pd.Index(text.rows, dtype="int64")
    frame = complete(frame, rules)
    reasons = reasons_to_reject(frame, table_schema(rules, known=known))
    rejected_file = rejected_folder / f"{_stem(path)}.rejected.csv"
    wrote = _write_rejected(rejected_file, frame.loc[reasons.index].assign(reason=reasons), text)
    good, notes = typed(frame.drop(reasons.index), rules)
    kept, merged, contradictions = merge_duplicates(good, rules)
    rejected = reasons.str.split("; ").str[0].value_counts().sort_index().to_dict()
    if text.malformed:
        rejected[WRONG_FIELDS] = len(text.malformed)
    report = FileReport(
        file=path.name,
        read=len(frame) + len(text.malformed),
        kept=len(kept),
        merged=merged,
        rejected={str(reason): int(count) for reason, count in rejected.items()},
        rejected_file=rejected_file if wrote else None,
        cut=cleaned.cut,
        masked=cleaned.masked,
        warnings=_warnings(text, cleaned.cut, cleaned.masked) | notes | contradictions,
    )
    return kept, report


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".csv")


def _warnings(text: CsvText, cut: int, masked: int) -> dict[str, int]:
    counts = {
        "bytes are not UTF-8 and were replaced: save the file as UTF-8": text.replaced_bytes,
        "NUL bytes were removed": text.nul_bytes,
        "cells were too long and were cut": cut,
        "e-mail addresses were taken out of text": masked,
    }
    return {warning: count for warning, count in counts.items() if count}


def _write_rejected(path: Path, bad: Frame, text: CsvText) -> bool:
    """Write the rows set aside, in the order of the file; without any, remove what an earlier reading left."""
    if bad.empty and not text.malformed:
        path.unlink(missing_ok=True)
        return False
    # A mended rejected file that is read again has these columns already.
    columns = [name for name in bad.columns if name not in ("row", "reason")]
    rows = bad.rename(columns={"row": "old_row"}).rename_axis("row").reset_index()[["row", "reason", *columns]]
    if text.malformed:
        # Its fields cannot be told apart, so the row is kept whole, in a column of its own.
        whole = pd.DataFrame(
            {
                "row": [one.row for one in text.malformed],
                "reason": WRONG_FIELDS,
                "text": [clean_text(one.text) for one in text.malformed],
            }
        )
        rows = pd.concat([rows, whole]).sort_values("row", kind="stable")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    rows.to_csv(unfinished, index=False)
    unfinished.replace(path)
    return True
