"""The report of one collection: counts only, so that it may be shown, kept and sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from flows.data_quality import counting
from flows.data_quality.changes import Changes, changes
from flows.data_quality.counting import Counts
from flows.data_quality.facts import Collection, Facts, Missing, missing, read_collection
from indexing.pipeline import Sources
from indexing.raw_data import LoadReport


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What became of one file's rows."""

    file: str
    read: int
    kept: int
    merged: int
    rejected: Mapping[str, int]
    warnings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the scrape's ledger says: slices are the parts it collected, `short` those not collected whole."""

    source: str
    collected: int
    population: int | None  # None when a part cannot tell
    slices: int
    short: int
    lacking: int  # people, over the short slices
    left_out: Mapping[str, int]
    finished_at: str | None


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All that is told of a collection. Mappings go from a label to a count, in the order they are read in."""

    made_at: str  # ISO 8601, UTC
    data_rev: str
    people: int
    repositories: int
    contributions: int
    kinds: Counts
    files: tuple[FileCounts, ...]
    missing: Missing
    languages: Counts
    places: Counts
    countries: Counts
    fetched: Counts
    updated: Counts
    pushed: Counts
    oldest_fetch: str | None
    doubles: Counts
    works: Counts
    followers: Counts
    stars: Counts
    spreads: Mapping[str, Mapping[str, float]]
    bios: Counts
    descriptions: Counts
    coverage: Coverage | None = None
    changes: Changes | None = None  # None: there was nothing to compare with

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)


def report(
    where: Path | Sources,
    before: Facts | None = None,
    *,
    now: datetime | None = None,
    collection: Collection | None = None,
) -> QualityReport:
    """Read a folder or its files and count; `before` are the facts of what lay there before."""
    read = collection or read_collection(where)
    raw, moment = read.raw, pd.Timestamp(now or datetime.now(UTC))
    places, countries = counting.places(raw)
    works = counting.works(raw)
    oldest = raw.users["fetched_at"].min()
    return QualityReport(
        made_at=moment.isoformat(timespec="seconds"),
        data_rev=read.data_rev,
        people=len(raw.users),
        repositories=len(raw.repos),
        contributions=len(raw.contributions),
        kinds=counting.kinds(raw),
        files=_files(raw.report),
        missing=missing(raw),
        languages=counting.languages(raw),
        places=places,
        countries=countries,
        fetched=counting.ages(raw.users["fetched_at"], moment),
        updated=counting.ages(raw.users["updated_at"], moment),
        pushed=counting.ages(raw.repos["pushed_at"], moment),
        oldest_fetch=None if pd.isna(oldest) else oldest.isoformat(),
        doubles=counting.doubles(raw),
        works=counting.sizes(works),
        followers=counting.sizes(raw.users["followers"]),
        stars=counting.sizes(raw.repos["stargazers_count"]),
        spreads={
            "works of a person": counting.spread(works),
            "followers of a person": counting.spread(raw.users["followers"]),
            "stars of a repository": counting.spread(raw.repos["stargazers_count"]),
        },
        bios=counting.tongues(raw.users["bio"]),
        descriptions=counting.tongues(raw.repos["description"]),
        coverage=_coverage(read.ledger),
        changes=None if before is None else changes(before, read.facts()),
    )


def _files(load: LoadReport) -> tuple[FileCounts, ...]:
    names = [each.name for each in fields(FileCounts)]
    return tuple(FileCounts(**{name: getattr(file, name) for name in names}) for file in load.files)


def _coverage(ledger: Mapping[str, Any]) -> Coverage | None:
    """The ledger in numbers; the names of its slices stay in it, for they may name somebody."""
    if not ledger:
        return None
    slices = [(one.get("collected", 0), one.get("of")) for one in ledger.get("slices", ())]
    lacking = [of - collected for collected, of in slices if of is not None and collected < of]
    return Coverage(
        source=str(ledger.get("source", counting.UNKNOWN)),
        collected=int(ledger.get("people", 0)),
        population=ledger.get("population"),
        slices=len(slices),
        short=len(lacking),
        lacking=sum(lacking),
        left_out=ledger.get("left_out", {}),
        finished_at=ledger.get("finished_at"),
    )
