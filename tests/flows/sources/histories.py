"""Clones for tests, written by `git fast-import`; every commit has defaults. All fictional."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.raw_files import RawFiles
from flows.sources.git_history import GitHistory
from flows.sources.port import Ledger, Source

MOMENT = datetime(2026, 11, 25, 12, tzinfo=UTC)
WHEN = 1_700_000_000  # 2023-11-14T22:13:20Z
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """One commit of a clone to be made."""

    who: bytes | str = "Ada Lumen <ada@tides.example.org>"
    says: bytes | str = "Handle neap tides at the equinox"
    touches: Sequence[str] = ("src/tides/model.py",)
    when: str = ""  # seconds and zone as git writes them; a minute after the one before otherwise
    merges: bool = False  # also has the first commit as a parent
    content: bytes = b""  # of every file it touches; something of its own otherwise


def git(folder: Path, *arguments: str, **options: str) -> str:
    """Run git and return what it prints."""
    command = [
        "git",
        "-C",
        str(folder),
        *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
        *arguments,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make_clone(folder: Path, commits: Iterable[Written], *, origin: str | None = None, bare: bool = True) -> Path:
    """A repository with such a history, oldest first."""
    kind = ["--bare"] if bare else []
    subprocess.run(["git", "init", "--quiet", *kind, "--initial-branch=main", str(folder)], check=True)
    stream = b"".join(_commit(number, one) for number, one in enumerate(commits, start=1))
    command = ["git", "-C", str(folder), "fast-import", "--quiet", "--date-format=raw-permissive"]
    subprocess.run(command, input=stream, check=True)
    if origin is not None:
        git(folder, "config", "remote.origin.url", origin)
    if not bare:
        git(folder, "reset", "--quiet", "--hard")
    return folder


def _commit(number: int, one: Written) -> bytes:
    who = one.who.encode() if isinstance(one.who, str) else one.who
    says = one.says.encode() if isinstance(one.says, str) else one.says
    when = one.when or f"{WHEN + 60 * number} +0000"
    lines = [
        b"commit refs/heads/main\nmark :%d\nauthor %s %s\n" % (number, who, when.encode()),
        b"committer Cy Quay <cy@quay.example.org> %d +0000\ndata %d\n%s\n" % (WHEN + 60 * number, len(says), says),
        b"from :%d\n" % (number - 1) if number > 1 else b"",
        b"merge :1\n" if one.merges else b"",
    ]
    for path in one.touches:
        content = one.content or b"%d\n" % number
        lines.append(b'M 100644 inline "%s"\ndata %d\n%s\n' % (path.encode(), len(content), content))
    return b"".join(lines)


def nobody_left(*_: object) -> bool:
    """A predicate of erasure that knows nobody."""
    return False


@dataclass(frozen=True, slots=True)
class Collected:
    """What a source wrote."""

    users: list[Row]
    repos: list[Row]
    contributions: list[Row]
    ledger: Ledger
    said: list[str]
    folder: Path

    @property
    def names(self) -> dict[str, str]:
        """Login to name."""
        return {row["login"]: row["name"] for row in self.users}

    def part(self, login: str) -> Row:
        """A person's only contribution."""
        (row,) = [row for row in self.contributions if row["login"] == login]
        return row


def collect(source: Source, folder: Path, *, is_erased: Callable[..., bool] = nobody_left) -> Collected:
    """Run a source to its end and read what it wrote."""
    said: list[str] = []
    with RawFiles(folder, is_erased=is_erased) as into:
        ledger = source.collect(into, say=said.append)
    tables = [rows(folder / f"github_{name}.csv") for name in ("users", "repos", "contributions")]
    return Collected(tables[0], tables[1], tables[2], ledger, said, folder)


def history_of(tmp_path: Path, *commits: Written, mailmap: str | None = None) -> Collected:
    """What a scrape makes of one clone with these commits."""
    clone = make_clone(tmp_path / "tide-tables.git", commits)
    file = None
    if mailmap is not None:
        file = tmp_path / "mailmap"
        file.write_text(mailmap, encoding="utf-8")
    return collect(GitHistory([clone], MOMENT, mailmap=file), tmp_path / "raw")


def rows(path: Path) -> list[Row]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
