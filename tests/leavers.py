"""Whoever leaves, what is theirs alone, and where any of it is still found: every byte, and what is packed in bytes."""

from __future__ import annotations

import csv
import gzip
import io
import re
import sqlite3
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType

import httpx
import pyarrow.parquet as pq

from indexing.index import CollectionStore
from indexing.passages import text_hash

LONG = 20  # characters: a shorter text may be anybody's


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, with the ids and every text that are theirs alone."""

    login: str
    ids: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def needs(self) -> list[str]:
        """Their words in another order: searches are kept, and a need is the asker's text."""
        return [" ".join(reversed(text.split())) for text in self.texts[:3]]

    def found_in(self, content: bytes) -> list[bytes]:
        """What of the person stands in some bytes; a number inside a longer one is another."""
        found = [needle for needle in _needles(self.texts) if needle in content]
        folded = content.lower()  # logins have no case
        found += [self.login.encode()] if self.login.lower().encode() in folded else []
        ids = [one.encode() for one in self.ids if one.encode() in content]
        return found + [one for one in ids if not one.isdigit() or re.search(rb"(?<!\d)%s(?!\d)" % one, content)]


@cache  # every point of every collection is looked through
def _needles(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(one.encode() for one in (*texts, *(text_hash(text) for text in texts)))


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a raw table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def distinct_people(raw: Path) -> list[Person]:
    """Who has a bio and described repositories that others took part in; texts somebody else has too are not theirs."""
    users, repos = rows(raw / "github_users.csv"), rows(raw / "github_repos.csv")
    everything = "\n".join([row["bio"] for row in users] + [row["description"] for row in repos])
    shared = {
        row["full_name"].split("/")[0] for row in rows(raw / "github_contributions.csv") if row["role"] != "owner"
    }
    numbers = {row["id"] for row in repos}
    own: dict[str, list[str]] = {}
    for row in repos:
        own.setdefault(row["owner"], []).append(row["description"])
    found = []
    for user in users:
        candidates = [user["bio"], *own.get(user["login"], ())]
        texts = [text for text in candidates if len(text) > LONG and everything.count(text) == 1]
        if user["bio"] in texts and len(texts) > 3 and user["login"] in shared:
            # People and repositories are counted separately: a repository of somebody else may have the number.
            ids = tuple(one for one in (user["id"], user.get("node_id", "")) if one and one not in numbers)
            found.append(Person(user["login"], ids, tuple(texts)))
    assert found, "nobody fits"
    return found


class Watcher:
    """Searches all the time and keeps what it was answered since a moment."""

    def __init__(self, url: str, needs: list[str]) -> None:
        self.failed: list[str] = []
        self.seen: list[str] = []
        self._done = threading.Event()
        self._url, self._needs = url, needs
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self._done.is_set():
                for need in self._needs:
                    response = client.post("/agent_search", json={"query": need, "limit": 100})
                    if response.status_code != 200:
                        self.failed.append(response.text)
                    self.seen.append(response.text)


def unpacked(content: bytes) -> Iterator[bytes]:
    """Some bytes, and what they hold where they are packed: gzip, zip (npz), zlib, zstandard, parquet, SQLite."""
    yield content.rstrip(b"\0")  # pages of collections are megabytes of nothing
    if content[:2] == b"\x1f\x8b":
        yield from unpacked(gzip.decompress(content))
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield name.encode()
                yield from unpacked(packed.read(name))
    elif content[:4] == b"PAR1":
        yield repr(pq.read_table(io.BytesIO(content)).to_pylist()).encode()
    elif content[:16] == b"SQLite format 3\0":
        yield from _tables(content)
    elif content[:1] == b"\x78" and content[1:2] in (b"\x01", b"\x5e", b"\x9c", b"\xda"):
        with_zlib = zlib.decompressobj()
        try:
            yield from unpacked(with_zlib.decompress(content))
        except zlib.error:
            return  # only looks like it


def _tables(content: bytes) -> Iterator[bytes]:
    """The rows of every table of a database: numbers lie in it as numbers."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(content[:18] + b"\x01\x01" + content[20:])  # as if it had no journal: in memory, none is
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            cells = (cell for row in database.execute(f'SELECT * FROM "{name}"') for cell in row)  # noqa: S608  # its own
            yield b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)


def files_that_hold(person: Person, *folders: Path) -> list[str]:
    """Every file under some folders that has anything of a person, in its bytes or its name, and what."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            found += [f"{path}: its name" for _ in person.found_in(path.name.encode())]
            try:
                content = path.read_bytes() if path.is_file() else b""
            except FileNotFoundError:
                continue  # a clone that a service lets go of meanwhile
            found += holders(person, {str(path): content})
    return found


def holders(person: Person, contents: dict[str, bytes]) -> list[str]:
    """Which of some named contents has anything of a person, and what."""
    return [
        f"{name}: {needle!r}"
        for name, content in contents.items()
        for part in unpacked(content)
        for needle in person.found_in(part)
    ]


def collections_that_hold(person: Person, store: CollectionStore) -> list[str]:
    """Payloads may be packed on disk: read through the engine, every point."""
    found = []
    for name in store.names():
        with closing(store.open(name)) as index:
            for point in index.points():
                text = repr((point.login, point.payload)).encode()
                found += [f"{name}: {needle!r}" for needle in person.found_in(text)]
    return found


def logins_in(candidates: Iterable[dict[str, object]]) -> list[str]:
    """Who some candidates are."""
    return [str(one["login"]) for one in candidates]
