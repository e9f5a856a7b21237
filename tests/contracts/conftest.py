"""The engines that the index contract runs on."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from indexing.edge_index import EdgeStore
from indexing.index import CollectionStore
from indexing.memory_index import MemoryStore
from indexing.server_index import ServerSettings, ServerStore
from tests.fault_qdrant import faulty_qdrant
from tests.index_points import DIMENSION, World, random_world

ENGINES = ("memory", "memory in files", "edge", "emulated server", "server over a socket", "real server")
_QUICK = ServerSettings(poll_seconds=0.0)


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine, a way to come back to its collections as a restarted process would, and what it allows."""

    name: str
    store: CollectionStore
    again: Callable[[], CollectionStore]
    deletes: bool
    prefix: str = field(default_factory=lambda: f"contract-{uuid.uuid4().hex[:8]}")
    world: World = field(default_factory=lambda: random_world(80))

    def new_name(self) -> str:
        """A collection name nobody has."""
        return f"{self.prefix}-{uuid.uuid4().hex[:8]}"

    def ours(self) -> list[str]:
        """The names listed, without what others may keep on a shared server."""
        return [name for name in self.store.names() if name.startswith(self.prefix)]


@contextmanager
def quick_folder() -> Iterator[Path]:
    """An empty folder, in memory where there is room, removed afterwards.

    Edge brings some hundred small files to the disk for every collection: seconds on a busy disk, nothing in memory.
    """
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it has a name of its own
    has_room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    with TemporaryDirectory(prefix="vivier-test-", dir=memory if has_room else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn."""
    with quick_folder() as folder, _running(request.param, folder) as running:
        yield running
        for name in running.ours():
            running.store.drop(name)


@pytest.fixture(scope="session")
def built(engine: Engine) -> str:
    """A collection of the engine's random world; tests read it and never change it."""
    name = engine.new_name()
    engine.store.build(name, engine.world.points, dimension=DIMENSION, manifest={"id": name})
    return name


@contextmanager
def _running(name: str, folder: Path) -> Iterator[Engine]:
    match name:
        case "memory":
            memory = MemoryStore()
            yield Engine(name, memory, again=lambda: memory, deletes=True)
        case "memory in files":
            yield Engine(name, MemoryStore(folder), again=lambda: MemoryStore(folder), deletes=True)
        case "edge":
            yield Engine(name, EdgeStore(folder), again=lambda: EdgeStore(folder), deletes=False)
        case "emulated server":
            emulated = ServerStore(location=":memory:", settings=_QUICK)
            yield Engine(name, emulated, again=lambda: emulated, deletes=True)
            emulated.close()
        case "server over a socket":
            with faulty_qdrant() as double, _server(double.url, None) as running:
                yield running
        case _:
            url = os.environ.get("VIVIER_TEST_QDRANT_URL", "")
            if not url:
                pytest.skip("VIVIER_TEST_QDRANT_URL names no server")
            with _server(url, os.environ.get("VIVIER_TEST_QDRANT_KEY") or None) as running:
                yield running


@contextmanager
def _server(url: str, key: str | None) -> Iterator[Engine]:
    stores: list[ServerStore] = []

    def connect() -> ServerStore:
        stores.append(ServerStore(url, key, timeout_seconds=30.0, settings=_QUICK))
        return stores[-1]

    yield Engine("server", connect(), again=connect, deletes=True)
    for store in stores:
        store.close()
