"""The benchmark's corpus: owners and repositories with a seeded place, and queries that never repeat."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "github-owners"
SEED = 42
# A share of people, and the country that share is put into: the filters whose recall is measured.
SHARES = ((0.20, "FR", "Lyon, France"), (0.02, "DE", "Munich, Germany"), (0.002, "NO", "Oslo, Norway"))


@dataclass(frozen=True, slots=True)
class Corpus:
    """Raw files ready to index, and their name for the report."""

    name: str
    users: Path
    repos: Path


def prepare(folder: Path) -> Corpus:
    """The corpus of owners where it is at hand, else a generated one of 8,000 fictional people; places are seeded."""
    if SHARED.exists():
        name = "github-owners (42,270 owners, 63,300 repositories)"
        users, repos = SHARED / "github_users.csv.gz", SHARED / "github_repos.csv.gz"
    else:
        from indexing.sample import generate, write_sample

        name = "generated sample (8,000 people)"
        write_sample(generate(SEED, people=8_000), folder / "sample", folder / "judgements")
        users, repos = folder / "sample" / "github_users.csv", folder / "sample" / "github_repos.csv"
    placed = folder / "users.csv"
    _place(users, placed)
    return Corpus(name, placed, repos)


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _place(users: Path, destination: Path) -> None:
    """Copy the users with a location drawn by the shares, from a fixed seed."""
    draw = random.Random(SEED)
    with _open(users) as source, destination.open("w", encoding="utf-8", newline="") as target:
        reader = csv.DictReader(source)
        writer = csv.DictWriter(target, reader.fieldnames or [], lineterminator="\n")
        writer.writeheader()
        for row in reader:
            chance = draw.random()
            row["location"] = ""
            for share, _, place in SHARES:
                if chance < share:
                    row["location"] = place
                    break
                chance -= share
            writer.writerow(row)


def queries(corpus: Corpus, *, seed: int) -> Iterator[str]:
    """Needs of about twelve tokens cut out of descriptions; each comes once."""
    draw = random.Random(seed)
    with _open(corpus.repos) as source:
        texts = [row["description"] for row in csv.DictReader(source) if len(row["description"].split()) >= 8]
    seen: set[str] = set()
    while True:
        words = draw.choice(texts).split()
        start = draw.randrange(0, len(words) - 7)
        query = " ".join(words[start : start + draw.randint(5, 8)])[:200]
        if query and query not in seen:
            seen.add(query)
            yield query
