"""The history of one clone, read as one git process tells it, in memory that does not grow with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from flows.sources.git_history.contacts import Contacts
from flows.sources.git_history.folders import is_foreign, label_of
from flows.sources.git_history.languages import kind_of
from flows.sources.git_history.parts import Part
from flows.sources.git_history.process import Git
from flows.sources.git_history.signatures import UNREADABLE, Signatures

SAY_EVERY_SECONDS = 5
# An import of foreign code, a reformatting, a renamed folder: who made it did not work on each of its files.
TOUCHED_FILES = 200
DAY_SECONDS = 86_400
_FIELDS = ("%P", "%at", "%ct", "%aN", "%aE", "%ae", "%s", "%(trailers:key=Co-authored-by,valueonly,separator=%x1f)")
_LOG = (
    *("log", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv"),
    *("--no-color", "--no-relative", "--no-notes", "-O/dev/null"),
)


class Commit(NamedTuple):
    """One commit as git prints it; the paths are there only for commits that are no merges."""

    parents: bytes
    written_at: bytes
    committed_at: bytes
    name: bytes
    address: bytes
    written_as: bytes
    subject: bytes
    co_authors: bytes
    paths: list[bytes]


@dataclass(slots=True)
class History:
    """What a clone's history says: the part of every signature, and the moments of its first and last commit."""

    parts: dict[int, Part] = field(default_factory=dict)
    commits: int = 0  # merges and those of programs included
    unreadable: int = 0  # commits whose author git cannot make out
    first: int | None = None
    last: int | None = None


def commits(chunks: Iterable[bytes], mark: bytes) -> Iterator[Commit]:
    """The commits in what `git log` printed, each begun by the mark; `chunks` may be cut anywhere."""
    rest = bytearray()
    searched = 0
    for chunk in chunks:
        rest += chunk
        end = rest.rfind(mark, max(0, searched - len(mark)))
        searched = len(rest)
        if end > 0:
            yield from _whole(bytes(rest[:end]).split(mark))
            del rest[:end]
            searched = len(rest)
    yield from _whole(bytes(rest).split(mark))


def _whole(records: Iterable[bytes]) -> Iterator[Commit]:
    count = len(_FIELDS)
    for record in records:
        if record:
            fields = record.split(b"\0")
            paths = fields[count:-1]
            if paths:
                paths[0] = paths[0][1:]  # git begins the list with an end of line
            parents, written_at, committed_at, name, address, written_as, subject, co_authors = fields[:count]
            yield Commit(parents, written_at, committed_at, name, address, written_as, subject, co_authors, paths)


def read_history(
    git: Git,
    revisions: Iterable[str],
    signatures: Signatures,
    *,
    since: datetime | None,
    now: datetime,
    say: Callable[[int], None],
) -> History:
    """Read everything these revisions reach; `say` hears how many commits are read, every few seconds."""
    mark = secrets.token_hex(8)  # nothing in a history can be made to look like it
    stream = git.stream(*_LOG, f"--format={mark}{'%x00'.join(_FIELDS)}", *_limits(since), *revisions, "--")
    history = History()
    latest = int(now.timestamp()) + DAY_SECONDS
    spoke_at = monotonic()
    with Contacts(git, signatures) as contacts:
        for commit in commits(stream, mark.encode()):
            _count(commit, history, contacts, latest)
            if history.commits % 1_000 == 0 and monotonic() - spoke_at > SAY_EVERY_SECONDS:
                spoke_at = monotonic()
                say(history.commits)
    return history


def _limits(since: datetime | None) -> list[str]:
    return [] if since is None else [f"--since={since.isoformat()}"]


def _count(commit: Commit, history: History, contacts: Contacts, latest: int) -> None:
    moment = _believed(commit.written_at, latest) or _believed(commit.committed_at, latest)
    history.commits += 1
    if moment is not None:
        history.first = moment if history.first is None else min(history.first, moment)
        history.last = moment if history.last is None else max(history.last, moment)
    if b" " in commit.parents:
        return
    author = contacts.signatures.number_of(commit.name, commit.address, commit.written_as)
    history.unreadable += author == UNREADABLE
    folders, kinds = _touched(commit.paths)
    everybody = {author, *contacts.of(commit.co_authors)} if commit.co_authors else (author,)
    for number in everybody:
        if number >= 0:
            part = history.parts.get(number)
            if part is None:
                part = history.parts[number] = Part()
            part.add(moment, commit.subject, folders, kinds)


def _believed(seconds: bytes, latest: int) -> int | None:
    """The moment of a commit, None when no clock that is set can have shown it."""
    try:
        moment = int(seconds)
    except ValueError:
        return None
    return moment if DAY_SECONDS <= moment <= latest else None


def _touched(paths: list[bytes]) -> tuple[set[str], set[str]]:
    folders: set[str] = set()
    kinds: set[str] = set()
    if len(paths) <= TOUCHED_FILES:
        for path in paths:
            folder, _, name = path.rpartition(b"/")
            if not is_foreign(folder):
                if label := label_of(folder):
                    folders.add(label)
                if kind := kind_of(name):
                    kinds.add(kind)
    return folders, kinds
