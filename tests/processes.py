"""Real processes for end-to-end tests: the service as a user starts it, on a free loopback port."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(home: Path, **extra: str) -> dict[str, str]:
    """This process's environment with a home of its own and nothing of Vivier's left over."""
    # Where no bytecode may be kept, every process compiles 2,400 modules anew: 6 s each.
    ours = ("VIVIER_", "MLFLOW_", "PREFECT_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **kept,
        "VIVIER_HOME": str(home),
        "VIVIER_PROCESSED": str(home / "processed"),
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
        **extra,
    }


def vivier(
    *arguments: str, home: Path, check: bool = True, timeout: float = 280, **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "vivier.py"), *arguments],
        env=environment(home, **extra),
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=check,
        timeout=timeout,
    )


class ServiceProcess:
    """A running `vivier serve`."""

    def __init__(self, home: Path, *, port: int | None = None, **extra: str) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / f"service-{self.port}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "vivier.py"), "serve", "--port", str(self.port)],
                env=environment(home, **extra),
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self, path: str = "/health") -> httpx.Response:
        """The first answer on `path`, whatever its status."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"The service ended with {self.process.returncode}:\n{self.log.read_text()}")
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(self.url + path, timeout=5)
            time.sleep(0.1)
        raise AssertionError(f"The service did not answer in {START_SECONDS} s:\n{self.log.read_text()}")

    def stop(self, *, kill: bool = False) -> int:
        """End it as Ctrl-C does, or as a power cut does; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGINT)
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def serving(home: Path, **extra: str) -> Iterator[ServiceProcess]:
    """A service that is up, stopped afterwards."""
    service = ServiceProcess(home, port=None, **extra)
    try:
        service.wait()
        yield service
    finally:
        service.stop()
