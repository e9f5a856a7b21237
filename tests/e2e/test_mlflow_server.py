"""The registry's contract on a real MLflow server, and what happens when that server dies, hangs and comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from indexing.errors import RegistryUnavailable
from indexing.model_registry import MlflowRegistry
from indexing.registry import Champion
from tests.contracts.test_registry_contract import RegistryContract
from tests.mlflow_server import MlflowServer
from tests.registries import FIRST, SECOND, faulty_registry, import_mlflow, make_release, publish, register_two
from tests.tiny_model import make_onnx_folder, shared_tiny_model

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TIMEOUT_SECONDS = 2.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with MlflowServer(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture
def registry(server: MlflowServer, tmp_path: Path) -> MlflowRegistry:
    """A registry on the server with versions 1 and 2, whatever the test before it left there."""
    import_mlflow()
    from mlflow import MlflowClient

    client = MlflowClient(server.url)
    for model in client.search_registered_models():
        client.delete_registered_model(model.name)
    registry = MlflowRegistry(server.url, artifacts=tmp_path / "unused", timeout_seconds=TIMEOUT_SECONDS)
    register_two(registry, shared_tiny_model(), tmp_path / "made")
    return registry


@pytest.fixture
def tiny_model() -> Path:
    return shared_tiny_model()


class TestOnAServer(RegistryContract):
    """Every promise of the contract; the fixture above gives the registry."""


def test_artifacts_go_through_the_server(registry: MlflowRegistry, server: MlflowServer, tmp_path: Path) -> None:
    publish(registry, make_release())
    assert not (tmp_path / "unused").exists()
    kept = server.home / "server-artifacts"
    assert len(list(kept.rglob("release.json"))) >= 1
    assert (kept / "1").is_dir()


@pytest.mark.usefixtures("registry")
def test_mlflow_itself_finds_the_registered_model(server: MlflowServer, tmp_path: Path, tiny_model: Path) -> None:
    from mlflow import MlflowClient, artifacts

    source = MlflowClient(server.url).get_model_version_download_uri("vivier-encoder", "1")
    folder = artifacts.download_artifacts(source, dst_path=str(tmp_path), tracking_uri=server.url)
    weights = Path(folder) / "model.sentence_transformer" / "model.safetensors"
    assert weights.read_bytes() == (tiny_model / "model.safetensors").read_bytes()
    assert "loader_module: mlflow.sentence_transformers" in (Path(folder) / "MLmodel").read_text()


def test_a_killed_server_is_noticed_at_once_and_its_return_too(
    registry: MlflowRegistry, server: MlflowServer, tiny_model: Path, tmp_path: Path
) -> None:
    release = publish(registry, make_release())
    folder = registry.fetch_model(1, tmp_path / FIRST)
    asked: dict[str, Callable[[], object]] = {
        "champion": registry.champion,
        "versions": registry.versions,
        "resolve": lambda: registry.resolve("1"),
        "release": lambda: registry.release(release.id),
        "find": lambda: registry.find(SECOND),
        "fetch_model": lambda: registry.fetch_model(2, tmp_path / SECOND),
        "record": lambda: registry.record(make_release()),
        "make_current": lambda: registry.make_current(1, release.id),
        "make_champion": lambda: registry.make_champion(1),
        "register": lambda: registry.register(tiny_model, make_onnx_folder(tmp_path / "onnx"), name="lost"),
    }
    server.kill()
    try:
        for name, ask in asked.items():
            started = time.monotonic()
            with pytest.raises(RegistryUnavailable, match="does not answer"):
                ask()
            assert time.monotonic() - started < TIMEOUT_SECONDS, name
        assert not registry.is_healthy()
        assert registry.fetch_model(1, folder) == folder  # what is cached needs no registry
        assert [child.name for child in tmp_path.iterdir() if "fetch" in child.name] == []
    finally:
        server.start()
    assert registry.is_healthy()
    assert registry.champion() == Champion(1, release.id)
    assert [version.version for version in registry.versions()] == [2, 1]


def test_a_hanging_server_is_given_up_within_the_timeout(registry: MlflowRegistry, server: MlflowServer) -> None:
    first, second = publish(registry, make_release()), make_release(2, SECOND)
    registry.record(second)
    server.freeze()
    try:
        for ask in (registry.champion, registry.versions, lambda: registry.make_champion(1)):
            started = time.monotonic()
            with pytest.raises(RegistryUnavailable, match="does not answer"):
                ask()
            assert time.monotonic() - started < TIMEOUT_SECONDS + 1
        assert not registry.is_healthy()
    finally:
        server.thaw()
    assert registry.champion() == Champion(1, first.id)


def test_a_server_that_dies_during_a_registration_leaves_no_version(
    registry: MlflowRegistry, server: MlflowServer, tiny_model: Path, tmp_path: Path
) -> None:
    onnx = make_onnx_folder(tmp_path / "onnx", fingerprint="dddd")
    died: list[float] = []

    def die_first(real: Callable[..., Any], *arguments: Any) -> Any:
        server.kill()
        died.append(time.monotonic())
        return real(*arguments)

    try:
        with pytest.raises(RegistryUnavailable, match="does not answer"):
            faulty_registry(server.url, "log_batch", die_first, store="runs").register(tiny_model, onnx, name="third")
        assert time.monotonic() - died[0] < TIMEOUT_SECONDS
    finally:
        server.start()
    assert [version.version for version in registry.versions()] == [2, 1]
    assert registry.find("dddd") is None
    assert registry.register(tiny_model, onnx, name="third") == 3
