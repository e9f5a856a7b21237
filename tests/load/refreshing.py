"""What a refresh costs beside a full build, in processor time of everything that was started.

`python -m tests.load.refreshing` prints a Markdown table. A full build embeds every passage into a home that has the
model and nothing else; the refresh comes after every hundredth person's repositories were rewritten.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.load.corpus import ROOT, Corpus, open_text, prepare
from tests.load.report import Row, machine, table
from tests.processes import environment

SAMPLE = ROOT / "data" / "samples"
EVERY = 100
MOST_EMBEDDED, MOST_CPU = 0.02, 0.25  # what a refresh may embed of the passages, and cost of a full build


@dataclass(frozen=True, slots=True)
class Cost:
    """One command: what it said, and its processor time with that of every child, in seconds."""

    summary: dict[str, Any]
    cpu: float


@dataclass(frozen=True, slots=True)
class Refreshing:
    """A full build and a refresh of one corpus."""

    corpus: str
    full: Cost
    refresh: Cost
    unchanged: Cost

    def rows(self) -> list[Row]:
        """Lines for the table."""
        share = self.refresh.summary["embedded"] / self.refresh.summary["passages"]
        ratio = self.refresh.cpu / self.full.cpu
        stages = ", ".join(f"{stage} {took:.1f}" for stage, took in self.refresh.summary["took_s"].items())
        return [
            ("corpus", self.corpus),
            ("people, passages", f"{self.full.summary['people']:,}, {self.full.summary['passages']:,}"),
            ("full build", f"{self.full.cpu:.1f} CPU-s, {self.full.summary['embedded']:,} passages embedded"),
            (
                f"refresh, one person in {EVERY} changed",
                f"{self.refresh.cpu:.1f} CPU-s, {self.refresh.summary['embedded']:,} passages embedded",
            ),
            (f"passages embedded (at most {MOST_EMBEDDED:.0%})", f"{share:.2%}"),
            (f"of a full build's CPU (at most {MOST_CPU:.0%})", f"{ratio:.1%}"),
            ("the refresh by stage, seconds", stages),
            ("refresh, nobody changed", f"{self.unchanged.cpu:.1f} CPU-s"),
        ]


def measure(corpus: Corpus, folder: Path) -> Refreshing:
    """Register the model, build, change one person in a hundred, refresh, and refresh again."""
    home = folder / "home"
    _registered(home)
    full = _run(home, "index", "--version", "1", "--publish", *_options(corpus))
    changed = _changed(corpus, folder / "changed")
    refresh = _run(home, "refresh", *_options(changed))
    return Refreshing(corpus.name, full, refresh, _run(home, "refresh", *_options(changed)))


def _registered(home: Path) -> None:
    """Version 1 without any release: what it takes to make a model is no part of building."""
    code = (
        "from indexing.assembly import assemble; from indexing.settings import HomeSettings; "
        "from indexing.model_recipes import ensure_version; from indexing.pipeline import fetch_model; "
        "workspace = assemble(HomeSettings()); fetch_model(ensure_version(1, workspace), workspace)"
    )
    subprocess.run([sys.executable, "-c", code], env=environment(home), cwd=ROOT, check=True)


def _run(home: Path, *command: str) -> Cost:
    before = _children()
    finished = subprocess.run(
        [sys.executable, str(ROOT / "vivier.py"), *command, "--json"],
        env=environment(home, VIVIER_SERVICE_URL="http://127.0.0.1:9", VIVIER_DATA=str(home / "no-data")),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise SystemExit(f"`vivier {command[0]}` ended with {finished.returncode}.")
    summary: dict[str, Any] = json.loads(finished.stdout)
    return Cost(summary, _children() - before)


def _children() -> float:
    """Processor seconds of every process that this one has waited for, and of those they have waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _options(corpus: Corpus) -> list[str]:
    return [part for name, path in corpus.files().items() for part in (f"--{name}", str(path))]


def _changed(corpus: Corpus, folder: Path) -> Corpus:
    """The corpus with every repository of one person in a hundred described anew."""
    folder.mkdir()
    with open_text(corpus.users) as users:
        chosen = {row["login"].casefold() for place, row in enumerate(csv.DictReader(users)) if place % EVERY == 0}
    target = folder / "github_repos.csv"
    with open_text(corpus.repos) as source, target.open("w", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(source)
        writer = csv.DictWriter(file, reader.fieldnames or [], lineterminator="\n")
        writer.writeheader()
        for row in reader:
            owner = row.get("owner") or row["full_name"].partition("/")[0]
            is_theirs = owner.casefold() in chosen
            writer.writerow(row | ({"description": f"{row['description']} Rewritten."} if is_theirs else {}))
    return Corpus(corpus.name, corpus.users, target, corpus.contributions)


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="The benchmark's corpus instead of the shipped sample.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = (SAMPLE / f"github_{name}.csv" for name in ("users", "repos", "contributions"))
        corpus = prepare(folder) if chosen.large else Corpus("shipped sample", *files)
        measured = measure(corpus, folder)
    print(table([("machine", machine()), *measured.rows()]))


if __name__ == "__main__":
    main()
