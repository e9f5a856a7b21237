"""How many people a second become profiles: the shipped sample's people over and over, every text made distinct.

`python -m tests.load.enriching` prints a Markdown table. Each person owns twenty repositories and has a part in a few
of somebody else's. Reading the raw files and writing the parquet file are told apart, in seconds of their own.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeVar

from indexing.enrich import enrich
from indexing.profile_store import write_profiles
from indexing.raw_data import read_raw
from indexing.skills import load_catalogue
from tests.load.corpus import ROOT, SEED
from tests.load.report import Row, machine, table

SAMPLE = ROOT / "data" / "samples"
PEOPLE, REPOSITORIES, SHARED = 50_000, 20, 5
SYLLABLES = "ba do fi gu la me no pa re si tu va zo ki le mu".split()
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Enriching:
    """Seconds of each part, and what they were spent on."""

    people: int
    works: int
    read: float
    enrich: float
    write: float
    peak_mb: int

    def rows(self) -> list[Row]:
        """Lines for the table."""
        return [
            ("people, works", f"{self.people:,}, {self.works:,}"),
            ("enrich", f"{self.people / self.enrich:,.0f} people/s ({self.enrich:.1f} s)"),
            ("reading and checking the raw files", f"{self.people / self.read:,.0f} people/s ({self.read:.1f} s)"),
            ("writing profiles_enriched.parquet", f"{self.write:.1f} s"),
            ("peak memory, everything held at once", f"{self.peak_mb:,} MB"),
        ]


def measure(folder: Path, *, people: int = PEOPLE) -> Enriching:
    """Write the raw files, and time each part once; the catalogue is read before, as a second run would find it."""
    write_raw(folder, people=people)
    load_catalogue()
    users, repos, contributions = (folder / f"github_{name}.csv" for name in ("users", "repos", "contributions"))
    raw, read = _timed(lambda: read_raw(users, repos, contributions, rejected_folder=folder))
    profiles, took = _timed(lambda: enrich(raw))
    _, write = _timed(lambda: write_profiles(profiles, folder / "profiles.parquet"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Enriching(len(profiles), sum(len(one.works) for one in profiles), read, took, write, peak)


def write_raw(folder: Path, *, people: int) -> None:
    """Raw files of so many people; every bio, description and name has words that come nowhere else."""
    draw = random.Random(SEED)
    users, repos, parts = (_rows(f"github_{name}.csv") for name in ("users", "repos", "contributions"))
    next_repo, next_part = cycle(repos), cycle(parts)
    names = [f"{user['login'][:30]}-{number}" for number, user in enumerate(islice(cycle(users), people))]
    with ExitStack() as stack:
        write = [_writer(folder / f"github_{name}.csv", rows[0], stack)
                 for name, rows in (("users", users), ("repos", repos), ("contributions", parts))]  # fmt: skip
        for number, (login, user) in enumerate(zip(names, cycle(users), strict=False)):
            write[0](user | {"login": login, "id": str(number + 1), "bio": _distinct(user["bio"], draw)})
            other = names[number - 1]
            for place, repo in enumerate(islice(next_repo, REPOSITORIES)):
                name = f"{repo['name'][:60]}-{place}"
                full_name = f"{login}/{name}"
                text = _distinct(repo["description"], draw)
                identity = {"id": str(number * REPOSITORIES + place + 1), "owner": login, "name": name}
                write[1](repo | identity | {"full_name": full_name, "description": text})
                part = next(next_part)
                write[2](part | {"login": login, "full_name": full_name, "role": "owner"})
                if place < SHARED and other != login:
                    write[2](part | {"login": other, "full_name": full_name, "role": "contributor"})


def _distinct(text: str, draw: random.Random) -> str:
    """A text with a made-up word in it; none stays none."""
    if not text:
        return text
    words = text.split(" ")
    words.insert(draw.randint(0, len(words)), "".join(draw.choices(SYLLABLES, k=6)))
    return " ".join(words)


def _rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _writer(path: Path, like: dict[str, str], stack: ExitStack) -> Callable[[dict[str, str]], Any]:
    writer = csv.DictWriter(stack.enter_context(path.open("w", encoding="utf-8", newline="")), list(like))
    writer.writeheader()
    return writer.writerow


def _timed(work: Callable[[], R]) -> tuple[R, float]:
    started = time.perf_counter()
    found = work()
    return found, time.perf_counter() - started


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        measured = measure(Path(scratch), people=chosen.people)
    print(table([("machine", machine()), *measured.rows()]))


if __name__ == "__main__":
    main()
