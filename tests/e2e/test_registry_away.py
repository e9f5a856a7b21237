"""MLflow goes away and comes back: searches never notice, `/health` says so, loads wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from indexing.model_recipes import register_source
from tests.e2e.homes import add_release, workspace_at
from tests.mlflow_server import MlflowServer
from tests.processes import ServiceProcess, serving

pytestmark = pytest.mark.e2e

HEALTH_SECONDS = 4.0  # it gives a dependency 2; the rest is for a busy machine


@dataclass(frozen=True, slots=True)
class OnServer:
    """A home whose registry is the MLflow server, the settings that say so, and its release."""

    home: Path
    settings: dict[str, str]
    release: str


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with MlflowServer(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


def health(service: ServiceProcess) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{service.url}/health", timeout=10).json()
    return answer


def wait_until(holds: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


class Searcher:
    """Searches one service again and again until it is stopped, and notes every answer that is not one."""

    def __init__(self, url: str) -> None:
        self.answered = 0
        self.failures: list[str] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._search, args=(url,))

    def __enter__(self) -> Searcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _search(self, url: str) -> None:
        with httpx.Client(base_url=url, timeout=10) as client:
            while not self._done.is_set():
                answer = client.post("/agent_search", json={"query": "web accessibility"})
                if answer.status_code != 200 or not answer.json()["candidates"]:
                    self.failures.append(answer.text)
                self.answered += 1
                time.sleep(0.02)


@pytest.fixture(scope="module")
def on_server(
    mlflow: MlflowServer, small_sample: Path, tiny_models: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> OnServer:
    home = tmp_path_factory.mktemp("away") / "home"
    home.mkdir()
    workspace = workspace_at(home, tracking_uri=mlflow.url)
    assert register_source(str(tiny_models[0]), None, workspace) == 1
    settings = {"MLFLOW_TRACKING_URI": mlflow.url, "VIVIER_WATCH_SECONDS": "0.5"}
    return OnServer(home, settings, add_release(workspace, 1, small_sample))


@pytest.mark.slow
def test_health_and_searches_answer_quickly_while_mlflow_hangs(mlflow: MlflowServer, on_server: OnServer) -> None:
    with serving(on_server.home, **on_server.settings) as service:
        assert health(service)["status"] == "ok"
        with Searcher(service.url) as searcher:
            mlflow.freeze()
            try:
                for _ in range(3):
                    started = time.monotonic()
                    assert health(service)["mlflow"] == "unreachable"
                    assert time.monotonic() - started < HEALTH_SECONDS
            finally:
                mlflow.thaw()
            assert wait_until(lambda: health(service)["status"] == "ok", seconds=20)
        assert searcher.failures == []
        assert searcher.answered > 10


@pytest.mark.slow
def test_searches_outlive_mlflow_and_loads_come_back_with_it(mlflow: MlflowServer, on_server: OnServer) -> None:
    with serving(on_server.home, **on_server.settings) as service:
        with Searcher(service.url) as searcher:
            mlflow.kill()
            assert wait_until(lambda: health(service)["status"] == "degraded", seconds=10)
            started = time.monotonic()
            told = health(service)
            assert time.monotonic() - started < HEALTH_SECONDS
            assert told["mlflow"] == "unreachable"
            assert told["release"]["id"] == on_server.release
            refused = httpx.post(f"{service.url}/models/load/1", timeout=30)
            assert refused.status_code == 503
            assert "does not answer" in refused.json()["detail"]
            assert int(refused.headers["Retry-After"]) > 0
            assert wait_until(lambda: searcher.answered > 10, seconds=10)
        assert searcher.failures == []
    assert service.process.returncode == 0

    with serving(on_server.home, **on_server.settings) as service:
        assert health(service)["status"] == "degraded"
        assert health(service)["release"]["id"] == on_server.release
        with Searcher(service.url) as searcher:
            mlflow.start()
            assert wait_until(lambda: health(service)["status"] == "ok", seconds=20)
            loaded = httpx.post(f"{service.url}/models/load/1", timeout=30)
            assert loaded.status_code == 200, loaded.text
            assert loaded.json()["serving"] == on_server.release
        assert searcher.failures == []
