"""How many commits a second `vivier scrape git` reads: a generated repository of 100,000 commits by 500 people.

`python -m tests.load.git_history` prints a Markdown table. The repository is written by `git fast-import`: 20,000 files
in some 2,000 folders, one to eight of them in a commit, every tenth commit a merge, every twentieth with a co-author.
`--clone` reads a clone that is there instead. What `git log` alone takes for the same output is told apart.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from flows.raw_files import RawFiles
from flows.sources.git_history import GitHistory
from flows.sources.git_history.process import Git
from tests.load.report import Row, machine, table

COMMITS = 100_000
PEOPLE = 500
FILES = 20_000
STARTED = 1_420_000_000
AREAS = "parser planner storage network auth billing search index replication metrics console importer exporter".split()
LAYERS = "engine api model cache client server policy codec".split()
SUFFIXES = "py rs go ts sql md yaml proto".split()
VERBS = "Handle Speed-up Support Refuse Stream Retry Measure Merge Split Validate".split()
THINGS = (
    "nested quotes|half-open connections|expired leases|partial pages|clock skew|empty segments|unicode names".split(
        "|"
    )
)


def paths() -> list[str]:
    """The files of a monorepo, four folders deep."""
    rng = random.Random(4)
    return [
        f"packages/{rng.choice(AREAS)}-{number % 40}/src/{rng.choice(LAYERS)}/module_{number}.{rng.choice(SUFFIXES)}"
        for number in range(FILES)
    ]


def import_stream(commits: int, people: int) -> Iterator[bytes]:
    """A history for `git fast-import`; some people write much more than others, as they do."""
    rng = random.Random(7)
    files = paths()
    weights = [1 / (number + 3) for number in range(people)]
    authors = rng.choices(range(people), weights, k=commits)
    yield b"blob\nmark :1\ndata 2\nx\n"
    for mark in range(2, commits + 2):
        person = authors[mark - 2]
        name = f"Person {_word(person)} {_word(person * 7 + 3)} <person{person}.{mark % 2}@example.org>"
        when = STARTED + mark * 3_000
        subject = f"{rng.choice(VERBS)} {rng.choice(THINGS)} in the {rng.choice(AREAS)} {rng.choice(LAYERS)} (#{mark})"
        other = (person + 1) % people
        trailer = f"\n\nCo-authored-by: P{other} <person{other}.0@example.org>" if mark % 20 == 0 else ""
        message = (subject + trailer).encode()
        yield f"commit refs/heads/main\nmark :{mark}\nauthor {name} {when} +0100\n".encode()
        yield f"committer {name} {when} +0100\ndata {len(message)}\n".encode() + message + b"\n"
        if mark > 2:
            yield f"from :{mark - 1}\n".encode()
        if mark % 10 == 0:
            yield f"merge :{mark - 5}\n".encode()
        if mark == 2:
            yield b"".join(f"M 100644 :1 {path}\n".encode() for path in files)
        for path in rng.choices(files, k=rng.randint(1, 8)):
            yield f"M 100644 inline {path}\ndata 8\n{mark:07d}\n".encode()


def _word(number: int) -> str:
    letters = ""
    for _ in range(4):
        number, letter = divmod(number * 31 + 17, 26)
        letters += chr(97 + letter)
    return letters.capitalize()


def generate(folder: Path, *, commits: int = COMMITS, people: int = PEOPLE) -> Path:
    """A bare repository with such a history."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    importing = subprocess.Popen(["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE)
    assert importing.stdin is not None
    for piece in import_stream(commits, people):
        importing.stdin.write(piece)
    importing.stdin.close()
    if importing.wait():
        raise SystemExit("git fast-import failed.")
    return folder


def measure(clone: Path, folder: Path) -> list[Row]:
    """What git takes for its part, then the whole scrape."""
    count = int(Git(clone).read("rev-list", "--count", "HEAD"))
    started = time.perf_counter()
    for _ in Git(clone).stream("log", "-z", "--name-only", "--no-renames", "--format=%H%aN%aE%s", "HEAD", "--"):
        pass
    alone = time.perf_counter() - started
    started, own, gits = time.perf_counter(), _seconds(resource.RUSAGE_SELF), _seconds(resource.RUSAGE_CHILDREN)
    with RawFiles(folder / "raw", is_erased=lambda *_: False) as into:
        ledger = GitHistory([clone], datetime.now(UTC)).collect(into, say=print)
    took = time.perf_counter() - started
    own, gits = _seconds(resource.RUSAGE_SELF) - own, _seconds(resource.RUSAGE_CHILDREN) - gits
    return [
        ("commits, people, contributions", f"{count:,}, {ledger.people:,}, {ledger.contributions:,}"),
        ("git log alone", f"{alone:.1f} s, {count / alone:,.0f} commits/s"),
        ("vivier scrape git", f"{took:.1f} s, {count / took:,.0f} commits/s"),
        ("processor time of it", f"git {gits:.1f} s, Vivier {own:.1f} s, side by side"),
        ("memory of the scrape, at most", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10:.0f} MB"),
    ]


def _seconds(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clone", type=Path, help="A clone to read instead of a generated repository.")
    parser.add_argument("--commits", type=int, default=COMMITS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        clone = chosen.clone or generate(folder / "generated.git", commits=chosen.commits, people=chosen.people)
        print(table([("machine", machine()), *measure(clone, folder)]))


if __name__ == "__main__":
    main()
