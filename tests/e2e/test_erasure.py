"""A person leaves while everything runs: in no answer from that moment, and in no file afterwards."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from indexing.passages import text_hash
from tests.e2e.homes import options, workspace_at
from tests.processes import ROOT, ServiceProcess, environment, vivier

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Person:
    """Who leaves, with every text that is theirs alone."""

    login: str
    number: str
    texts: tuple[str, ...]

    @property
    def needles(self) -> list[bytes]:
        return [text.encode() for text in (self.login, self.number, *self.texts)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def somebody(sample: Path) -> Person:
    """Who has a bio and described repositories that others took part in; texts somebody else has too are not theirs."""
    users, repos = rows(sample / "github_users.csv"), rows(sample / "github_repos.csv")
    everything = [row["bio"] for row in users] + [row["description"] for row in repos]
    shared = {
        row["full_name"].split("/")[0] for row in rows(sample / "github_contributions.csv") if row["role"] != "owner"
    }
    for user in users:
        own = [row["description"] for row in repos if row["owner"] == user["login"]]
        texts = [text for text in (user["bio"], *own) if len(text) > 20 and everything.count(text) == 1]
        if user["bio"] in texts and len(texts) > 3 and user["login"] in shared:
            return Person(user["login"], user["id"], tuple(texts))
    raise AssertionError("nobody in the sample fits")


@pytest.fixture
def data(small_sample: Path, tmp_path: Path) -> Path:
    """A data folder of one's own: raw files, one of them compressed, and judgements that name everybody."""
    folder = tmp_path / "data"
    shutil.copytree(small_sample, folder / "raw", ignore=shutil.ignore_patterns("*.jsonl"))
    (folder / "judgements").mkdir()
    relevant = {row["login"]: 1 for row in rows(folder / "raw" / "github_users.csv")}
    line = json.dumps({"id": "one:en", "kind": "task", "query": "anything", "relevant": relevant})
    (folder / "judgements" / "own.jsonl").write_text(line + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def service(tiny_home: Path, data: Path) -> Iterator[ServiceProcess]:
    settings = {"VIVIER_DATA": str(data), "VIVIER_STORE_SEARCHES": "true", "VIVIER_WATCH_SECONDS": "0.5"}
    running = ServiceProcess(tiny_home, **settings, VIVIER_BATCH_HELPERS="1")
    try:
        running.wait()
        yield running
    finally:
        running.stop()


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

    def __exit__(self, *_: object) -> None:
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


def erased_at(home: Path, login: str) -> object:
    from indexing.assembly import people_store
    from indexing.settings import HomeSettings

    with closing(people_store(HomeSettings(_env_file=None, home=home))) as store:
        return store.erased_at(login)


def wait_until_erased(home: Path, login: str, service: ServiceProcess) -> None:
    deadline = time.monotonic() + 120
    while erased_at(home, login) is None:
        assert time.monotonic() < deadline, service.log.read_text()
        time.sleep(0.2)


def contents(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what they hold where they are packed."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return  # a clone that a service lets go of meanwhile
    yield content
    if path.suffix == ".gz":
        yield gzip.decompress(content)
    if path.suffix == ".parquet":
        yield repr(pq.read_table(path).to_pylist()).encode()


def files_that_hold(person: Person, *folders: Path) -> list[str]:
    hashes = [text_hash(text).encode() for text in person.texts]
    return [
        f"{path}: {needle!r}"
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for content in contents(path)
        for needle in (*person.needles, *hashes)
        if needle in content
    ]


def collections_that_hold(person: Person, home: Path) -> list[str]:
    """Payloads may be packed on disk: read through the engine, every point."""
    store = workspace_at(home).store
    found = []
    for name in store.names():
        with closing(store.open(name)) as index:
            for point in index.points():
                text = repr((point.login, point.payload)).encode()
                found += [f"{name}: {needle!r}" for needle in person.needles if needle in text]
    return found


def test_who_leaves_during_a_build_is_nowhere_afterwards(
    service: ServiceProcess, tiny_home: Path, data: Path, small_sample: Path, tmp_path: Path
) -> None:
    """Erased during a build, through a switch, a rollback and old files that come back."""
    person = somebody(small_sample)
    # Their words in another order: searches are kept, and a need is the asker's text.
    needs = [" ".join(reversed(text.split())) for text in person.texts[:3]]
    before = [httpx.post(f"{service.url}/agent_search", json={"query": need}, timeout=30).text for need in needs]
    assert any(person.login in answer for answer in before)
    assert files_that_hold(person, data, tiny_home)

    build = subprocess.Popen(
        [sys.executable, str(ROOT / "vivier.py"), "index", "--publish", *options(data / "raw")],
        env=environment(tiny_home, VIVIER_DATA=str(data)),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    parquet = tiny_home / "processed" / "profiles_enriched.parquet"
    then = parquet.stat().st_mtime_ns if parquet.exists() else 0
    while build.poll() is None and not (parquet.exists() and parquet.stat().st_mtime_ns != then):
        time.sleep(0.01)  # until the build has read the person
    response = httpx.delete(f"{service.url}/profiles/{person.login}", params={"now": True}, timeout=30)
    assert response.status_code == 202
    with Watcher(service.url, needs) as watcher:
        assert build.wait(120) == 0
        wait_until_erased(tiny_home, person.login, service)
        for version in ("2", "1"):  # switch, and roll back
            httpx.post(f"{service.url}/models/load/{version}", timeout=60).raise_for_status()
        assert httpx.get(f"{service.url}/profiles/{person.login}", timeout=30).status_code == 404
        assert httpx.get(f"{service.url}/profiles/{person.login}/indexed", timeout=30).json() == {"indexed": False}
    assert watcher.failed == []
    assert len(watcher.seen) > 10
    assert [answer for answer in watcher.seen if person.login in answer] == []
    assert files_that_hold(person, data, tiny_home) == []
    assert collections_that_hold(person, tiny_home) == []

    # Old files come back, as from a backup, and are indexed.
    done = vivier("index", "--publish", "--json", *options(small_sample), home=tiny_home, VIVIER_DATA=str(data))
    summary: dict[str, Any] = json.loads(done.stdout)
    assert summary["people"] == len(rows(small_sample / "github_users.csv")) - 1
    assert files_that_hold(person, data, tiny_home) == []
    assert collections_that_hold(person, tiny_home) == []
    service.stop()
    again = ServiceProcess(tiny_home, VIVIER_DATA=str(data))
    try:
        again.wait()
        for need in needs:
            answer = httpx.post(f"{again.url}/agent_search", json={"query": need, "limit": 100}, timeout=30)
            assert answer.status_code == 200
            assert person.login not in answer.text
    finally:
        again.stop()
    assert files_that_hold(person, tiny_home) == []


def test_an_erasure_that_was_killed_is_finished_by_the_next(tiny_home: Path, data: Path, small_sample: Path) -> None:
    person = somebody(small_sample)
    erase = [sys.executable, str(ROOT / "vivier.py"), "forget", person.login, "--now"]
    first = subprocess.Popen(erase, env=environment(tiny_home, VIVIER_DATA=str(data)), cwd=ROOT, stderr=subprocess.PIPE)
    assert first.stderr is not None
    for line in first.stderr:
        if b"release v1" in line:  # the files are done, releases are not
            break
    first.kill()
    first.communicate()
    assert erased_at(tiny_home, person.login) is None
    done = vivier("forget", "--pending", "--json", home=tiny_home, VIVIER_DATA=str(data))
    assert json.loads(done.stdout)["erased"] == 1
    assert files_that_hold(person, data, tiny_home) == []
    assert collections_that_hold(person, tiny_home) == []
    workspace = workspace_at(tiny_home)
    assert all(workspace.store.names())
    assert len(workspace.store.names()) == sum(len(version.releases) for version in workspace.registry.versions())
    again = vivier("forget", "--pending", home=tiny_home, VIVIER_DATA=str(data))
    assert again.stdout == "Nobody was waiting to be erased.\n"
