"""What a scrape of GitHub costs the machine it runs on: CPU a person, memory at its peak, requests and points.

`python -m tests.load.scraping [PEOPLE]`; the fake GitHub runs in a process of its own, and its time is not counted.
"""

from __future__ import annotations

import contextlib
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.load.report import Row, machine, table
from tests.processes import ROOT, environment, free_port

PEOPLE = 2_500
POINTS = 10**8  # an hour: GitHub's own pace is not what is measured here
START_SECONDS = 300.0
# The scrape alone: the command goes on to make a report of the data, which is measured elsewhere.
SCRAPE = """
import sys
from pathlib import Path
from flows.github import Selection, scrape
from flows.settings import FlowSettings
scrape(Selection.of(queries=["followers:>=0"]), FlowSettings(), Path(sys.argv[1]), say=lambda sentence: None)
"""


@dataclass(frozen=True, slots=True)
class Scraping:
    """One scrape of everybody, from an empty home."""

    people: int
    repositories: int
    requests: int
    points: int
    cpu_seconds: float  # of the scraping process alone, from its start to its end
    peak_mb: float

    def rows(self) -> list[Row]:
        """Lines for the table."""
        return [
            (
                f"scraping {self.people:,} people with {self.repositories / self.people:.0f} repositories each",
                f"{self.cpu_seconds * 1000 / self.people:.2f} ms CPU a person, {self.peak_mb:.0f} MB at the peak",
            ),
            ("asked of GitHub", f"{self.requests:,} requests, {self.points / self.people:.2f} points a person"),
        ]


def measure(people: int = PEOPLE) -> Scraping:
    """Scrape a fake GitHub of so many people once."""
    with _fake(people) as url, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = [sys.executable, "-c", SCRAPE, str(folder / "raw")]
        given = environment(
            folder / "home",
            VIVIER_GITHUB_URL=url,
            GITHUB_TOKEN="made-up",
            PYTHONPATH=str(ROOT),
        )
        process = subprocess.Popen(command, env=given, cwd=folder, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError("the scrape failed; its last line says why")
        log = httpx.get(f"{url}/_log", timeout=60).json()
        return Scraping(
            people=_rows(folder / "raw" / "github_users.csv"),
            repositories=_rows(folder / "raw" / "github_repos.csv"),
            requests=log["requests"],
            points=log["points"],
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_mb=usage.ru_maxrss / 1024,
        )


@contextlib.contextmanager
def _fake(people: int) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "flows.fake_github", "--port", str(port), "--people", str(people)]
    command += ["--faults", "none", "--points-per-hour", str(POINTS)]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + START_SECONDS
            while time.monotonic() < until and process.poll() is None:
                with contextlib.suppress(httpx.HTTPError):
                    httpx.get(f"{url}/_log", timeout=5)
                    break
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()


def _rows(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


if __name__ == "__main__":
    measured = measure(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
    print(machine())
    print(table(measured.rows()))
