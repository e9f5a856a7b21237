"""A running service and a release that must not serve: it says why, and goes on with the one it has."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from indexing.pipeline import index_corpus
from tests.e2e.homes import champion, copy_of, versions, workspace_at
from tests.processes import ServiceProcess, serving

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Running:
    """A service that serves version 1 and never keeps version 2 open, and where its files are."""

    home: Path
    service: ServiceProcess
    spare_release: str  # of version 2, recorded and not its current one

    @property
    def url(self) -> str:
        """Its address."""
        return self.service.url

    def folder(self, version: int) -> Path:
        """The model's files in the local cache."""
        return self.home / "models" / versions(self.home)[version].fingerprint

    def collection(self, version: int) -> Path:
        """The folder of the version's collection."""
        return self.home / "collections" / f"profiles-{versions(self.home)[version].release_id}"

    def artifact(self, version: int, name: str) -> Path:
        """A file of the version in the registry."""
        fingerprint = versions(self.home)[version].fingerprint
        for manifest in (self.home / "artifacts").rglob("encoder.json"):
            if json.loads(manifest.read_text(encoding="utf-8"))["fingerprint"] == fingerprint:
                return next(manifest.parent.parent.glob(f"**/{name}"))
        raise LookupError(name)

    def load(self, reference: object) -> httpx.Response:
        """The answer to a load."""
        return httpx.post(f"{self.url}/models/load/{reference}", timeout=90)


@pytest.fixture(scope="module")
def running(tiny_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = copy_of(tiny_master, tmp_path_factory.mktemp("faults") / "home")
    spare = index_corpus(None, workspace_at(home), version=2).release.id
    workspace_at(home).registry.make_current(2, next(name for name in versions(home)[2].releases if name != spare))
    # Followers look rarely, so that what a test sees is the load's own doing.
    with serving(home, VIVIER_KEEP_OPEN="0", VIVIER_WATCH_SECONDS="300") as service:
        yield Running(home, service, spare)


@contextmanager
def changed(path: Path, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """A file with other content; put back afterwards unless something removed it meanwhile."""
    kept = path.read_bytes()
    path.write_bytes(change(kept))
    try:
        yield
    finally:
        if path.exists():
            path.write_bytes(kept)


@contextmanager
def cache_changed(running: Running, name: str, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """The same for a file of version 2 in the local model cache, which a refusal may have emptied before."""
    folder = running.folder(2)
    if not folder.exists():
        shutil.copytree(running.artifact(2, "encoder.json").parent, folder)
    with changed(folder / name, change):
        yield


@contextmanager
def away(path: Path) -> Iterator[None]:
    """A folder that is not where it should be."""
    elsewhere = path.parents[1] / f"away-{path.name}"  # where nobody looks for folders, or sweeps them
    path.rename(elsewhere)
    try:
        yield
    finally:
        if path.exists():
            shutil.rmtree(path)
        elsewhere.rename(path)


def flip_a_byte(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


def other_fingerprint(content: bytes) -> bytes:
    described = json.loads(content)
    described["manifest"]["fingerprint"] = "0" * 20
    return json.dumps(described).encode()


def other_canary(content: bytes) -> bytes:
    manifest = json.loads(content)
    manifest["canaries"][3]["vector"] = manifest["canaries"][4]["vector"]
    return json.dumps(manifest).encode()


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


@contextmanager
def collections_swapped(running: Running) -> Iterator[None]:
    """Each version's collection under the other's name: the vectors have the same size."""
    first, second = running.collection(1), running.collection(2)
    swap(first, second)
    try:
        yield
    finally:
        swap(first, second)


@contextmanager
def vectors_swapped(running: Running) -> Iterator[None]:
    """The same, with every manifest left where it belongs: only the vectors themselves can tell."""
    first, second = running.collection(1), running.collection(2)
    with contextlib.ExitStack() as back:
        for name in ("shard", "files.json"):
            swap(first / name, second / name)
            back.callback(swap, first / name, second / name)
        yield


def swap(one: Path, other: Path) -> None:
    between = one.with_name(f".{one.name}-between")
    one.rename(between)
    other.rename(one)
    between.rename(other)


@contextmanager
def writes_refused(running: Running, table: str) -> Iterator[None]:
    """MLflow's database takes no more changes of a table, as when its disk is full or read-only."""
    names = []
    with closing(sqlite3.connect(running.home / "mlflow.db", timeout=30)) as database:
        for action in ("INSERT", "UPDATE", "DELETE"):
            names.append(f"refuse_{action}_{table}")
            database.execute(
                f"CREATE TRIGGER {names[-1]} BEFORE {action} ON {table} BEGIN SELECT RAISE(ABORT, 'read-only'); END"
            )
        database.commit()
        try:
            yield
        finally:
            for name in names:
                database.execute(f"DROP TRIGGER {name}")
            database.commit()


Damage = Callable[[Running], AbstractContextManager[None]]
DAMAGES: dict[str, tuple[Damage, str]] = {
    "model corrupt in the cache": (lambda r: cache_changed(r, "model.onnx", flip_a_byte), "recorded hash"),
    "manifest cut in the cache": (lambda r: cache_changed(r, "encoder.json", half), "cannot be read"),
    "canary changed": (lambda r: cache_changed(r, "encoder.json", other_canary), "canary"),
    "collection gone": (lambda r: away(r.collection(2)), "does not exist"),
    "collection's fingerprint changed": (
        lambda r: changed(r.collection(2) / "release.json", other_fingerprint),
        "its collection says",
    ),
    "collection's manifest cut": (lambda r: changed(r.collection(2) / "release.json", half), "is not JSON"),
    "collections swapped": (collections_swapped, "its collection says"),
    "vectors swapped": (vectors_swapped, "were not made by encoder"),
    "vectors cut": (
        lambda r: changed(next((r.collection(2) / "shard").rglob("vector_storage-dense/vectors/chunk_0.mmap")), half),
        "damaged",
    ),
    "registry's manifest cut": (
        # Of the release that the version's tag names: the version has another one, which would be left whole.
        lambda r: changed(r.artifact(2, f"releases/{versions(r.home)[2].release_id}/release.json"), half),
        "release.json",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_release_is_refused_with_a_sentence_and_the_old_one_goes_on(running: Running, name: str) -> None:
    damage, words = DAMAGES[name]
    before = serving_now(running)
    with damage(running):
        refused = running.load(2)
        assert refused.status_code == 409, refused.text
        assert refused.headers["Content-Type"] == "application/problem+json"
        detail = refused.json()["detail"]
        assert words in detail
        assert detail.endswith(".")
        assert_unchanged(running, before)


def test_a_corrupt_model_in_the_registry_is_refused_and_not_kept(running: Running) -> None:
    before = serving_now(running)
    cached = running.folder(2)
    with changed(running.artifact(2, "model.onnx"), flip_a_byte), away(cached):
        refused = running.load(2)
        assert refused.status_code == 409, refused.text
        assert "model.onnx does not have its recorded hash" in refused.json()["detail"]
        assert not cached.exists()
        assert_unchanged(running, before)


def test_a_corrupt_copy_is_fetched_anew_by_the_next_load(running: Running) -> None:
    with cache_changed(running, "model.onnx", flip_a_byte):
        assert running.load(2).status_code == 409
        assert running.load(2).status_code == 200
        assert running.load(1).status_code == 200


@pytest.mark.parametrize("table", ["model_version_tags", "registered_model_aliases"])
def test_a_registry_that_takes_no_writes_leaves_tag_alias_and_service_as_they_were(
    running: Running, table: str
) -> None:
    before, current = serving_now(running), versions(running.home)[2].release_id
    with writes_refused(running, table):
        refused = running.load(running.spare_release)
    assert refused.status_code == 409, refused.text
    assert refused.json()["detail"].endswith(".")
    assert versions(running.home)[2].release_id == current
    assert_unchanged(running, before)


def test_a_refused_load_that_dropped_first_puts_the_old_release_back(running: Running) -> None:
    before = serving_now(running)
    with away(running.collection(2)):
        refused = httpx.post(f"{running.url}/models/load/2?policy=drop-first", timeout=90)
        assert refused.status_code == 409, refused.text
        assert_unchanged(running, before)
    with vectors_swapped(running):
        refused = httpx.post(f"{running.url}/models/load/2?policy=drop-first", timeout=90)
        assert refused.status_code == 409, refused.text
        # The damage is to both collections, and a release that was dropped is checked like any other.
        assert httpx.get(f"{running.url}/health", timeout=10).status_code == 503
    assert running.load(1).status_code == 200
    assert serving_now(running)["id"] == champion(running.home)


def test_loads_at_once_end_with_one_release_served_and_named_by_the_alias(running: Running) -> None:
    statuses: list[int] = []

    def ask(first: int) -> None:
        for turn in range(4):
            statuses.append(running.load(1 + (first + turn) % 2).status_code)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == 16
    assert set(statuses) <= {200, 409}
    assert statuses.count(200) > 0
    assert serving_now(running)["id"] == champion(running.home)
    assert running.load(1).status_code == 200


def serving_now(running: Running) -> dict[str, Any]:
    release: dict[str, Any] = httpx.get(f"{running.url}/health", timeout=30).json()["release"]
    return release


def assert_unchanged(running: Running, before: dict[str, Any]) -> None:
    """Same release, same generation, the alias agrees, and it answers."""
    health = httpx.get(f"{running.url}/health", timeout=30).json()
    assert health["release"] == before
    assert health["status"] == "ok"
    assert champion(running.home) == before["id"]
    found = httpx.post(f"{running.url}/agent_search", json={"query": "web accessibility"}, timeout=30)
    assert found.status_code == 200
    assert found.json()["release"] == before
    assert found.json()["candidates"]
