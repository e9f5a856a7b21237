"""The raw CSV files as a source writes them: row by row, in a hidden folder, and seen only once they are whole."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from indexing.errors import RawDataError
from indexing.raw_data.leaving import erase_from_table
from indexing.raw_data.schemas import CONTRIBUTIONS, REPOS, USERS, TableRules
from indexing.raw_data.text import clean_text, may_hold_address

LEDGER = "scrape.json"
REJECTED = "rejected"  # the folder below, for rows that could not be used
TABLES: dict[str, TableRules] = {
    "github_users.csv": USERS,
    "github_repos.csv": REPOS,
    "github_contributions.csv": CONTRIBUTIONS,
}
EXTRA = {"github_users.csv": ("node_id",), "github_repos.csv": ("node_id",)}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class RawFiles:
    """The three tables of one collection, written into `folder` whole or not at all.

    Rows that `is_erased` knows (by login or id) are left out, whichever source brings them; e-mail addresses are
    taken out of every text. The order of rows is the caller's. Without `finish`, the folder stays as it was.
    """

    def __init__(self, folder: Path, *, is_erased: Callable[..., bool]) -> None:
        self.folder = folder
        self.erased = 0  # people left out since they asked to be
        self.rows = dict.fromkeys(TABLES, 0)
        self._is_erased = is_erased
        self._files: dict[str, IO[str]] = {}
        self._writers: dict[str, Any] = {}

    def __enter__(self) -> RawFiles:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._refuse_foreign()
        for name, rules in TABLES.items():
            file = self._part(name).open("w", encoding="utf-8", newline="")
            self._files[name] = file
            self._writers[name] = csv.writer(file, lineterminator="\n")
            self._writers[name].writerow([*rules.columns, *EXTRA.get(name, ())])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, file in self._files.items():
            file.close()
            self._part(name).unlink(missing_ok=True)
        for name in map(_rejected, TABLES):
            self._part(name).unlink(missing_ok=True)

    def person(self, row: Mapping[str, Any]) -> bool:
        """Write one person; False when the person asked to be left out."""
        if self._is_erased(row.get("login"), row.get("id"), row.get("node_id")):
            self.erased += 1
            return False
        self._write("github_users.csv", row)
        return True

    def repository(self, row: Mapping[str, Any]) -> bool:
        """Write one repository; False when its owner asked to be left out."""
        owner = row.get("owner") or str(row.get("full_name") or "").partition("/")[0]
        if self._is_erased(owner):
            return False
        self._write("github_repos.csv", row)
        return True

    def contribution(self, row: Mapping[str, Any]) -> bool:
        """Write what a person has to do with a repository; False when either asked to be left out."""
        if self._is_erased(row.get("login")) or self._is_erased(str(row.get("full_name") or "").partition("/")[0]):
            return False
        self._write("github_contributions.csv", row)
        return True

    def set_aside(self, table: str, rejected: Path) -> None:
        """Take over a file of rows that could not be used, less those of people who left; `finish` puts it in place."""
        named = rejected.replace(rejected.with_name(_rejected(table)))
        erase_from_table(named, self._is_erased)
        shutil.move(named, self._part(named.name))

    def finish(self, ledger: Mapping[str, Any]) -> None:
        """Put the tables and the ledger in place of what an earlier collection left."""
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
            file.close()
        ledger_part = self._part(LEDGER)
        ledger_part.write_text(json.dumps(ledger, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        for name in (*TABLES, LEDGER):
            self._part(name).replace(self.folder / name)
        self._finish_rejected()

    def _finish_rejected(self) -> None:
        """Put what was set aside in place of what an earlier collection set aside."""
        folder = self.folder / REJECTED
        for name in map(_rejected, TABLES):
            if self._part(name).exists():
                folder.mkdir(exist_ok=True)
                self._part(name).replace(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    def _write(self, table: str, row: Mapping[str, Any]) -> None:
        columns: Iterable[str] = (*TABLES[table].columns, *EXTRA.get(table, ()))
        self._writers[table].writerow([cell(row.get(name)) for name in columns])
        self.rows[table] += 1

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.{os.getpid()}.part"

    def _refuse_foreign(self) -> None:
        if (self.folder / LEDGER).exists():
            return
        for name in TABLES:
            for path in (self.folder / name, self.folder / f"{name}.gz"):
                if path.exists():
                    raise RawDataError(
                        f"{path} was not written by a scrape and would be replaced; move it away or name another --out."
                    )


def _rejected(table: str) -> str:
    return table.replace(".csv", ".rejected.csv")


def cell(value: Any) -> str:
    """A value as the raw contract writes it: nothing for unknown, true or false, topics a;b, text without addresses."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ";".join(cell(each) for each in value)
    if isinstance(value, str):
        return clean_text(value) if may_hold_address(value) else _CONTROL.sub(" ", value)
    return str(value)
