"""One collection as it is read for a report, and what of it the next one is compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.raw_files import LEDGER
from indexing.errors import RawDataError
from indexing.pipeline import Sources
from indexing.raw_data import RawData, data_rev, read_raw

Missing = Mapping[str, Mapping[str, float]]  # table -> column -> share of rows without it
TABLES = ("users", "repos", "contributions")
_FETCHED = "fetched_at"  # changes with every collection and says nothing of the person


@dataclass(frozen=True, slots=True)
class Identities:
    """Who or what is in a table, and what is said of each: two numbers a row, ordered by the first."""

    keys: NDArray[np.uint64]
    contents: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a later collection is compared with. It is held in memory only: on disk it would be a list of people."""

    people: Identities
    repositories: Identities
    missing: Missing
    data_rev: str


@dataclass(frozen=True, slots=True)
class Collection:
    """The raw tables of one folder, the hash of the files, and the scrape's ledger when there is one."""

    raw: RawData
    data_rev: str
    ledger: Mapping[str, Any] = field(default_factory=dict)

    def facts(self) -> Facts:
        """What the next collection is compared with."""
        return Facts(
            identities(self.raw.users, "login"),
            identities(self.raw.repos, "full_name"),
            missing(self.raw),
            self.data_rev,
        )


def facts_of(folder: Path) -> Facts | None:
    """The facts of the raw files that lie in a folder now, to be kept until others have taken their place.

    None when there are none, or none that can be read: then there is nothing to compare with.
    """
    try:
        return read_collection(folder).facts()
    except RawDataError:
        return None


def sources_in(folder: Path) -> Sources:
    """The raw files of a folder, plain or gzip; contributions when there are any."""
    found = {name: _existing(folder / f"github_{name}.csv") for name in TABLES}
    users, repos = found["users"], found["repos"]
    if users is None or repos is None:
        raise RawDataError(
            f"{folder} needs github_users.csv and github_repos.csv (or .csv.gz); scrape or put them there."
        )
    return Sources(users, repos, found["contributions"])


def read_collection(where: Path | Sources) -> Collection:
    """Read and check raw files; what is set aside is only counted, `vivier index` keeps it."""
    sources = where if isinstance(where, Sources) else sources_in(where)
    files = (sources.users, sources.repos, sources.contributions)
    with TemporaryDirectory(prefix="vivier-quality-") as scratch:
        raw = read_raw(*files, rejected_folder=Path(scratch))
    return Collection(raw, data_rev(*files), _ledger(sources.users.parent / LEDGER))


def identities(frame: pd.DataFrame, name: str) -> Identities:
    """Each row by GitHub's id, for logins and names of repositories may change; by the name where there is none."""
    key = frame["id"].where(frame["id"].notna(), frame[name].str.lower())
    contents = [column for column in frame.columns if column != _FETCHED]
    keys = _hashes(key.to_frame())
    order = np.argsort(keys, kind="stable")
    return Identities(keys[order], _hashes(frame[contents])[order])


def missing(raw: RawData) -> dict[str, dict[str, float]]:
    """The share of rows without a cell, by table and column; a table without rows lacks nothing."""
    return {
        table: {str(column): round(float(share), 4) for column, share in frame.isna().mean().items()}
        for table, frame in ((name, getattr(raw, name)) for name in TABLES)
        if len(frame)
    }


def _hashes(frame: pd.DataFrame) -> NDArray[np.uint64]:
    # Not categorised: that holds every distinct text once more, and few come twice.
    return np.asarray(pd.util.hash_pandas_object(frame, index=False, categorize=False), dtype=np.uint64)


def _existing(path: Path) -> Path | None:
    return next((one for one in (path, path.with_name(path.name + ".gz")) if one.exists()), None)


def _ledger(path: Path) -> dict[str, Any]:
    try:
        ledger = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return ledger if isinstance(ledger, dict) else {}
