"""HTTP clients for load: keep-alive connections from the standard library, because they cost next to nothing."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(slots=True)
class Latencies:
    """Seconds of every request, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    wall: float = 0.0

    def millis(self, percentile: float) -> float:
        """A percentile in milliseconds."""
        return float(np.percentile(self.seconds, percentile)) * 1000

    @property
    def per_second(self) -> float:
        """Requests a second over the wall clock."""
        return len(self.seconds) / self.wall


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """Status and body of one POST."""
        self._connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        return response.status, response.read()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def drive(port: int, path: str, bodies: Iterator[dict[str, Any]], *, clients: int, requests: int) -> Latencies:
    """Send that many requests from that many clients, each waiting for its answer before it asks again."""
    lock, found = threading.Lock(), Latencies()
    left = requests

    def work() -> None:
        nonlocal left
        client = Client(port)
        while True:
            with lock:
                if left == 0:
                    client.close()
                    return
                left -= 1
                body = next(bodies)
            started = time.perf_counter()
            status, answer = client.post(path, body)
            took = time.perf_counter() - started
            with lock:
                found.seconds.append(took)
                if status != 200:
                    found.failures.append(f"{status} {answer[:200]!r}")

    threads = [threading.Thread(target=work) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.wall = time.perf_counter() - started
    return found
