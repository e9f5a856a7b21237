"""Scrapes as tests make them: a fake GitHub, short waits, and what came out."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from flows.github import GitHubSource, Selection, open_source
from flows.raw_files import RawFiles
from flows.settings import FlowSettings
from flows.sources.port import Ledger

QUICK = {"retry_after_seconds": 1, "silent_seconds": 0.3, "slow_seconds": 1.5}
# A process that scrapes into the folder it is given, and nothing else.
COMMAND = [
    sys.executable,
    "-c",
    """
import sys
from pathlib import Path
from flows.github import Selection, scrape
from flows.settings import FlowSettings
scrape(Selection.of(queries=[sys.argv[1]]), FlowSettings(), Path(sys.argv[2]), say=print)
""",
]
Row = dict[str, str]


def nobody_left(*_: object) -> bool:
    """Nobody asked to be left out."""
    return False


class FakeClock:
    """Time that passes only by sleeping, and remembers for how long."""

    def __init__(self) -> None:
        self.time = 1_764_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def settings(home: Path, url: str, **extra: Any) -> FlowSettings:
    given = {"github_wait_seconds": 0.3, "github_timeout_seconds": 1.0, "github_token": "made-up"} | extra
    return FlowSettings(home=home, github_url=url, _env_file=None, **given)


class Scrape:
    """A home and a folder for raw files, scraped into as often as a test likes."""

    def __init__(self, folder: Path, url: str, **extra: Any) -> None:
        self.home = folder / "home"
        self.raw = folder / "raw"
        self.url = url
        self.said: list[str] = []
        self.settings = settings(self.home, url, **extra)

    @contextmanager
    def source(
        self, *queries: str, is_erased: Callable[..., bool] = nobody_left, anew: bool = False, **asked: Any
    ) -> Iterator[GitHubSource]:
        selection = Selection.of(queries=queries, **asked)
        with open_source(selection, self.settings, is_erased=is_erased, say=self.said.append, anew=anew) as source:
            yield source

    def collect(self, *queries: str, is_erased: Callable[..., bool] = nobody_left, **asked: Any) -> Ledger:
        with (
            self.source(*queries, is_erased=is_erased, **asked) as source,
            RawFiles(self.raw, is_erased=is_erased) as files,
        ):
            return source.collect(files, say=self.said.append)

    def rows(self, table: str = "users") -> list[Row]:
        return rows(self.raw, table)

    def people(self) -> dict[str, str]:
        """Node id to login."""
        return {row["node_id"]: row["login"] for row in self.rows()}

    def truth(self, query: str) -> dict[str, Any]:
        told: dict[str, Any] = httpx.get(f"{self.url}/_truth", params={"query": query}, timeout=30).json()
        return told

    def matching(self, query: str) -> dict[str, str]:
        """Node id to login of everybody who matches at this moment."""
        return {person["id"]: person["login"] for person in self.truth(query)["people"]}

    def log(self) -> dict[str, Any]:
        told: dict[str, Any] = httpx.get(f"{self.url}/_log", timeout=30).json()
        return told

    def empty_log(self) -> None:
        httpx.delete(f"{self.url}/_log", timeout=30)

    def post(self, route: str, **asked: Any) -> None:
        httpx.post(f"{self.url}{route}", json=asked, timeout=30).raise_for_status()


def rows(raw: Path, table: str) -> list[Row]:
    with (raw / f"github_{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


_OF_THE_RUN = ("fetched_at", "html_url")


def tables(raw: Path) -> dict[str, list[Row]]:
    """All rows, without when they were fetched and from which port."""
    return {
        table: [{name: cell for name, cell in row.items() if name not in _OF_THE_RUN} for row in rows(raw, table)]
        for table in ("users", "repos", "contributions")
    }
