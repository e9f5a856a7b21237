"""What a server may answer instead of MLflow's JSON: none of it means "there is no champion", none is waited for."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from indexing.errors import RegistryUnavailable
from indexing.model_registry import MlflowRegistry
from tests.registries import faulty_registry, ignore, import_mlflow

MISSING = json.dumps({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Registered Model not found"})
DENIED = json.dumps({"error_code": "PERMISSION_DENIED", "message": "Permission denied"})


class Answers(ThreadingHTTPServer):
    """A loopback server that gives every request one answer, and keeps what was asked."""

    daemon_threads = True

    def __init__(self, status: int, body: str, headers: dict[str, str], delay: float) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.status, self.body, self.headers, self.delay = status, body, headers, delay
        self.asked: list[dict[str, str]] = []
        self.over = threading.Event()


class Answer(BaseHTTPRequestHandler):
    server: Answers

    def do_GET(self) -> None:
        self.server.asked.append({"path": self.path, **dict(self.headers)})
        self.server.over.wait(self.server.delay)
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body.encode())

    def log_message(self, format: str, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering(
    status: int = 200, body: str = "{}", headers: dict[str, str] | None = None, delay: float = 0
) -> Iterator[Answers]:
    with Answers(status, body, headers or {}, delay) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def registry_at(server: Answers, tmp_path: Path, *, user: str = "", timeout_seconds: float = 1.0) -> MlflowRegistry:
    import_mlflow()
    return MlflowRegistry(
        f"http://{user}127.0.0.1:{server.server_port}/base", artifacts=tmp_path, timeout_seconds=timeout_seconds
    )


def test_only_mlflow_saying_so_means_that_there_is_no_champion(tmp_path: Path) -> None:
    with answering(404, MISSING) as server:
        registry = registry_at(server, tmp_path)
        assert registry.champion() is None
        assert registry.is_healthy()
    assert server.asked[0]["path"].startswith("/base/api/2.0/mlflow/registered-models/alias?")


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (404, "<html>Not found</html>", "failed: .*404"),  # a wrong path, or a proxy without its MLflow
        (200, "<html>Please log in</html>", "failed"),
        (200, "[]", "failed"),
        (500, json.dumps({"error_code": "INTERNAL_ERROR", "message": "disk full"}), "failed: .*disk full"),
        (403, "Invalid Host header - possible DNS rebinding attack detected", "--allowed-hosts"),
        (403, DENIED, "MLFLOW_TRACKING_PASSWORD"),
        (401, "Unauthorized", "MLFLOW_TRACKING_PASSWORD"),
    ],
)
def test_any_other_answer_means_that_the_registry_is_unavailable(
    tmp_path: Path, status: int, body: str, sentence: str
) -> None:
    with answering(status, body) as server:
        registry = registry_at(server, tmp_path)
        for ask in (registry.champion, registry.versions, lambda: registry.resolve("1")):
            with pytest.raises(RegistryUnavailable, match=sentence):
                ask()
        assert not registry.is_healthy()


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_to_come_back_in_an_hour_is_not_waited_for(tmp_path: Path, status: int) -> None:
    with answering(status, "busy", {"Retry-After": "3600"}) as server:
        started = time.monotonic()
        with pytest.raises(RegistryUnavailable):
            registry_at(server, tmp_path).champion()
        assert time.monotonic() - started < 3
        assert len(server.asked) == 1


def test_a_server_that_says_nothing_is_given_up_within_the_timeout_by_each_thread(tmp_path: Path) -> None:
    """A call that waits holds up nobody else: four at once take no longer than one."""
    with answering(delay=30) as server:
        registry = registry_at(server, tmp_path)
        healthy: list[bool] = []
        threads = [threading.Thread(target=lambda: healthy.append(registry.is_healthy())) for _ in range(4)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert healthy == [False] * 4
        assert 0.9 < time.monotonic() - started < 3.5


def test_the_password_in_the_address_is_sent_and_never_shown(tmp_path: Path) -> None:
    with answering(500, "broken") as server:
        registry = registry_at(server, tmp_path, user="ada:s3%2Fcret@")
        with pytest.raises(RegistryUnavailable) as caught:
            registry.champion()
    assert server.asked[0]["Authorization"] == "Basic " + base64.b64encode(b"ada:s3/cret").decode()
    seen: BaseException | None = caught.value
    while seen is not None:
        assert "cret" not in str(seen)
        seen = seen.__cause__ or seen.__context__


def files_of_a_run(url: str, root: str) -> Any:
    """What the adapter makes of an artifact URI that the server at `url` gave."""
    connection = faulty_registry(url, "nothing", ignore)._connection
    from indexing.model_registry.artifacts import files_at

    return files_at(connection, root)


def test_a_path_in_the_servers_answer_never_leaves_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "side"
    folder.mkdir(parents=True)
    with answering(body=json.dumps({"files": [{"path": "../../escaped", "is_dir": False}]})) as server:
        files_of_a_run(f"http://127.0.0.1:{server.server_port}", "mlflow-artifacts:/1/run/artifacts").fetch(
            "onnx", folder
        )
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [folder / "escaped"]


@pytest.mark.parametrize("root", ["/mlruns/1/run/artifacts", "s3://bucket/1/run/artifacts"])
def test_a_server_that_does_not_serve_artifacts_is_said_to(root: str) -> None:
    """Otherwise files would be written into a folder of this machine that the server never sees."""
    with pytest.raises(RegistryUnavailable, match="--serve-artifacts"):
        files_of_a_run("http://127.0.0.1:9", root)
