"""The service in process, over a small world: on this machine, as an administrator would call it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexing.releases import Release
from service.app import create_app
from service.settings import ServiceSettings
from service.tracing import NO_TRACING, Tracing
from tests.service.lanes import Two, make_two
from tests.worlds import NAMED, World


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs, and the world below it."""

    client: TestClient
    world: World
    releases: tuple[Release, ...]


def make_settings(home: Path, **changes: Any) -> ServiceSettings:
    """Settings of a test, whatever this machine's environment says."""
    values: dict[str, Any] = {"watch_seconds": 0.05, "memory_reserve_bytes": 0, "search_threads": 2, "home": home}
    values["batch_helpers"] = 0  # a process of its own cannot see a world in memory
    return ServiceSettings(_env_file=None, **(values | changes))


@contextmanager
def running(
    world: World, *releases: Release, client: str = "127.0.0.1", tracing: Tracing = NO_TRACING, **settings: Any
) -> Iterator[Running]:
    """Start the service over a world and stop it afterwards."""
    app = create_app(make_settings(world.workspace.home, **settings), world.workspace, tracing=tracing)
    address = (client, 50_000)
    with TestClient(app, base_url="http://localhost:8000", client=address, raise_server_exceptions=False) as calling:
        yield Running(calling, world, releases)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that only answers: tests that change it make their own."""
    world = World(tmp_path_factory.mktemp("service"))
    with running(world, world.add_release(world.add_version("north"), served=True)) as found:
        yield found


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Running]:
    """A service of one test, with two versions to change between; it looks for a new champion almost never."""
    world = World(tmp_path)
    first = world.add_release(world.add_version("north"), NAMED, served=True)
    second = world.add_release(world.add_version("south"), NAMED)
    with running(world, first, second, watch_seconds=600) as found:
        yield found


@pytest.fixture
def anyio_backend() -> str:
    """asyncio, which is what serves."""
    return "asyncio"


@pytest.fixture
def two(tmp_path: Path) -> Two:
    """Two versions with a release each, the first served."""
    return make_two(tmp_path)
