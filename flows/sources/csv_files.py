"""Raw CSV files from elsewhere as a source: checked against the contract and written as every source writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flows.raw_files import EXTRA, TABLES, RawFiles
from flows.sources.port import Ledger, Say, Slice
from indexing.raw_data import LoadReport, RawData, read_raw
from indexing.raw_data.schemas import Frame
from indexing.work_shares import cells


@dataclass(frozen=True, slots=True)
class CsvFiles:
    """The people of files that follow the contract."""

    users: Path
    repos: Path
    contributions: Path | None
    moment: datetime
    name: str = "csv"

    def collect(self, into: RawFiles, *, say: Say) -> Ledger:
        """Write what can be used, ordered by login and full name; the other rows are set aside with their reasons."""
        with TemporaryDirectory(prefix="vivier-") as folder:
            raw = read_raw(self.users, self.repos, self.contributions, rejected_folder=Path(folder))
            for line in raw.report.lines():
                say(line)
            for table, report in zip(TABLES, raw.report.files, strict=False):
                if report.rejected_file is not None:
                    into.set_aside(table, report.rejected_file)
        _write(raw, into, say)
        people = into.rows["github_users.csv"]
        ledger = Ledger(
            source=self.name,
            selection={"files": len(raw.report.files)},
            people=people,
            repositories=into.rows["github_repos.csv"],
            contributions=into.rows["github_contributions.csv"],
            slices=(Slice("rows", people, len(raw.users)),),
            started_at=_moment(self.moment),
            finished_at=_moment(max(self.moment, datetime.now(UTC))),
            left_out=_left_out(raw.report, into.erased),
        )
        into.finish(ledger.to_dict())
        return ledger


def _write(raw: RawData, into: RawFiles, say: Say) -> None:
    gone: set[str] = set()  # by login: whoever is known by id alone leaves no repository and no contribution either
    for row in _rows("github_users.csv", raw.users, say):
        if not into.person(row):
            gone.add(row["login"].lower())
    kept: set[str] = set()
    for row in _rows("github_repos.csv", raw.repos, say):
        if row["owner"].lower() not in gone and into.repository(row):
            kept.add(row["full_name"].lower())
    for row in _rows("github_contributions.csv", raw.contributions, say):
        if row["login"].lower() not in gone and row["full_name"].lower() in kept:
            into.contribution(row)


def _rows(table: str, frame: Frame, say: Say) -> Iterator[dict[str, Any]]:
    """The rows with the columns that the contract names or sources add, as they are written."""
    known = [*TABLES[table].columns, *EXTRA.get(table, ())]
    columns = [name for name in known if name in frame]
    others = sorted(set(frame.columns) - set(known))
    if others:
        say(f"{table}: {len(others)} columns are none of the contract's and are left out.")
    for row in cells(frame, columns):
        values = (_moment(value) if isinstance(value, datetime) else value for value in row)
        yield dict(zip(columns, values, strict=True))


def _left_out(report: LoadReport, erased: int) -> dict[str, int]:
    reasons = dict(report.users.rejected) | {"people who asked to be left out": erased}
    return {reason: count for reason, count in reasons.items() if count}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
