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
SHARED = ROOT.parent / "shared" / "data"
SEED = 42
# A share of people, and the country that share is put into: the filters whose recall is measured.
SHARES = ((0.20, "FR", "Lyon, France"), (0.02, "DE", "Munich, Germany"), (0.002, "NO", "Oslo, Norway"))


@dataclass(frozen=True, slots=True)
class Corpus:
    """Raw files ready to index, and their name for the report."""

    name: str
    users: Path
    repos: Path
    contributions: Path | None = None

    def files(self) -> dict[str, Path]:
        """The files by the option that names them to `vivier index`."""
        named = {"users": self.users, "repos": self.repos, "contributions": self.contributions}
        return {name: path for name, path in named.items() if path is not None}


def prepare(folder: Path) -> Corpus:
    """The corpus of owners where it is at hand, else a generated one of 8,000 fictional people; places are seeded."""
    owners = SHARED / "github-owners"
    if owners.exists():
        name = "github-owners (42,270 owners, 63,300 repositories)"
        corpus = Corpus(name, owners / "github_users.csv.gz", owners / "github_repos.csv.gz")
    else:
        corpus = _generated(folder, people=8_000)
    placed = folder / "users.csv"
    _place(corpus.users, placed)
    return Corpus(corpus.name, placed, corpus.repos)


def experts(folder: Path) -> Corpus:
    """The corpus of package maintainers where it is at hand, else the sample's generator at 2,000 people."""
    found = SHARED / "experts"
    if not found.exists():
        return _generated(folder, people=2_000)
    files = (found / f"github_{name}.csv" for name in ("users", "repos", "contributions"))
    return Corpus("experts (6,467 people, 25,254 passages)", *files)


def _generated(folder: Path, *, people: int) -> Corpus:
    from indexing.sample import generate, write_sample

    sample = folder / "sample"
    write_sample(generate(SEED, people=people), sample, folder / "judgements")
    files = (sample / f"github_{name}.csv" for name in ("users", "repos", "contributions"))
    return Corpus(f"generated sample ({people:,} people)", *files)


def open_text(path: Path) -> TextIO:
    """A CSV file, plain or gzip."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _place(users: Path, destination: Path) -> None:
    """Copy the users with a location drawn by the shares, from a fixed seed."""
    draw = random.Random(SEED)
    with open_text(users) as source, destination.open("w", encoding="utf-8", newline="") as target:
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
    with open_text(corpus.repos) as source:
        texts = [row["description"] for row in csv.DictReader(source) if len(row["description"].split()) >= 8]
    seen: set[str] = set()
    while True:
        words = draw.choice(texts).split()
        start = draw.randrange(0, len(words) - 7)
        query = " ".join(words[start : start + draw.randint(5, 8)])[:200]
        if query and query not in seen:
            seen.add(query)
            yield query
