"""A real MLflow server on a loopback port, that tests start, kill, freeze and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.processes import free_port

START_SECONDS = 120


class MlflowServer:
    """`mlflow server` over a database and a folder, both under `home` unless named; use it as a context manager."""

    def __init__(self, home: Path, *, backend: str = "") -> None:
        self.home = home
        self.backend = backend or f"sqlite:///{home / 'server.db'}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> MlflowServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", "1", "--backend-store-uri", self.backend]
        command += ["--serve-artifacts", "--artifacts-destination", str(self.home / "server-artifacts")]
        quiet = {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "OMP_NUM_THREADS": "1",
        }
        # MLflow behaves differently when it sees pytest's or another MLflow's variables.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "PYTEST_", "PREFECT_"))}
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=inherited | quiet, stdout=log, stderr=log, cwd=self.home, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError((self.home / "server.log").read_text(encoding="utf-8")[-2000:])
            time.sleep(0.1)

    def kill(self) -> None:
        """End it and its workers as `kill -9` does."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it accept connections and say nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/health", timeout=1) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False
