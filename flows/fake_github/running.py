"""A fake GitHub in this very process, on a port of its own, for tests and for whoever wants to try."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import uvicorn

from flows.fake_github.github import FakeSettings, GitHub
from flows.fake_github.server import create_app

_PATIENCE_SECONDS = 30.0


def server(github: GitHub, *, host: str, port: int) -> uvicorn.Server:
    """A server that says nothing of its own: cut answers are meant, and would fill the log."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(github),
            host=host,
            port=port,
            log_level="critical",
            ws="none",
            lifespan="off",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )


@contextmanager
def running(people: int = 300, seed: int = 1, faults: str = "none", **options: Any) -> Iterator[str]:
    """The address of a fake that serves as long as the block lasts; `options` are those of `FakeSettings`."""
    with serving(GitHub(replace(FakeSettings(people=people, seed=seed, faults=faults), **options))) as address:
        yield address


@contextmanager
def serving(github: GitHub) -> Iterator[str]:
    """The address of this fake, served as long as the block lasts."""
    running_server = server(github, host="127.0.0.1", port=0)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        thread = threading.Thread(target=running_server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            until = time.monotonic() + _PATIENCE_SECONDS
            while not running_server.started and thread.is_alive() and time.monotonic() < until:
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            running_server.should_exit = True
            running_server.force_exit = True
            thread.join(_PATIENCE_SECONDS)
