"""A Prefect server and a worker as a user starts them, on a free loopback port, that tests kill and start again."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.processes import ROOT, environment, free_port, vivier

START_SECONDS = 180.0
LOCKED_SECONDS = 60.0
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class PrefectStack:
    """`vivier flows server` and `vivier flows worker` over one home; use it as a context manager."""

    def __init__(self, home: Path, data: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.variables = {
            "PREFECT_API_URL": f"{self.url}/api",
            "VIVIER_DATA": str(data),
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_LOGGING_TO_API_BATCH_INTERVAL": "0.5",
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PrefectStack:
        self.start_server()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_worker()
        self.kill_server()

    def start_server(self) -> None:
        """Start the server and wait until it answers."""
        self._server = self._start("server", "--port", str(self.port))
        wait_until(lambda: self._server_answers(), START_SECONDS, "the Prefect server answers")

    def kill_server(self) -> None:
        """End it as `kill -9` does."""
        kill_tree(self._server)

    def start_worker(self) -> None:
        """Start a worker; it asks for runs within a second."""
        self._worker = self._start("worker", "--name", "tests")

    def kill_worker(self) -> None:
        """End it and the runs it started, as a power cut does."""
        kill_tree(self._worker)

    def stop_worker(self) -> int:
        """End it as SIGTERM does; returns the exit code."""
        assert self._worker is not None
        self._worker.send_signal(signal.SIGTERM)
        return self._worker.wait(timeout=60)

    def deploy(self) -> str:
        """`vivier flows deploy --json`; returns what it printed."""
        return vivier("flows", "deploy", "--json", home=self.home, **self.variables).stdout

    def start_run(self, flow: str, **parameters: Any) -> str:
        """Start a deployment, as its page does; returns the run's id."""
        deployment = self.ask("GET", f"/deployments/name/{flow}/{flow}")
        run = self.ask("POST", f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})
        return str(run["id"])

    def finish(self, run: str, *, within_seconds: float = 240) -> dict[str, Any]:
        """Wait for a run to end; returns it."""
        wait_until(lambda: self.run(run)["state_type"] in ENDED, within_seconds, f"run {run} ends")
        return self.run(run)

    def run(self, run: str) -> dict[str, Any]:
        """A run as the server has it."""
        found: dict[str, Any] = self.ask("GET", f"/flow_runs/{run}")
        return found

    def artifacts(self, run: str) -> list[dict[str, Any]]:
        """What the run's page shows."""
        found: list[dict[str, Any]] = self.ask(
            "POST", "/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}}
        )
        return found

    def logs(self, run: str) -> str:
        """Every line of a run's log."""
        lines = self.ask("POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [run]}}})
        return "\n".join(line["message"] for line in lines)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request to the server's API, sent again while SQLite is locked: a person would click again."""
        deadline = time.monotonic() + LOCKED_SECONDS
        while True:
            response = httpx.request(method, f"{self.url}/api{path}", json=body, timeout=30)
            if response.status_code != 503 or time.monotonic() > deadline:
                break
            time.sleep(1)
        response.raise_for_status()
        return response.json()

    @property
    def log(self) -> str:
        """What server and worker wrote."""
        return (self.home / "prefect.log").read_text(encoding="utf-8", errors="replace")

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.home / "prefect.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(ROOT / "vivier.py"), "flows", *command],
                env=environment(self.home, **self.variables),
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def _server_answers(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, self.log[-3000:]
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/api/health", timeout=2).is_success
        return False


def kill_tree(process: subprocess.Popen[bytes] | None) -> None:
    """Kill a process and everything it started; it is not asked."""
    if process is None or process.poll() is not None:
        return
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait(timeout=30)
    psutil.wait_procs(family, timeout=30)


def wait_until(is_so: Callable[[], bool], within_seconds: float, what: str) -> None:
    """Look until it is so; AssertionError when it is not in time."""
    deadline = time.monotonic() + within_seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {within_seconds:.0f} s: {what}"
        time.sleep(0.05)
