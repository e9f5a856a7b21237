"""A server that answers what a test has written down, one answer after the other, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer; `cut` sends half of the body and hangs up."""

    content: Any = field(default_factory=lambda: {"data": {"viewer": {"login": "ada-lumen"}}})
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Script:
    """What is answered (the last one again and again), and what was asked."""

    replies: list[Reply]
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path
    tokens: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def scripted(*replies: Reply, only: Sequence[str] = ()) -> Iterator[Script]:
    """A server on loopback; `only` are the paths that exist, all when empty."""
    script = Script(list(replies) or [Reply()])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer("POST")

        def do_GET(self) -> None:
            self._answer("GET")

        def _answer(self, method: str) -> None:
            path = self.path.split("?")[0]
            script.asked.append((method, path))
            script.tokens.append(self.headers["authorization"])
            if only and path not in only:
                reply = Reply({"message": "Not Found"}, 404)
            else:
                reply = script.replies.pop(0) if len(script.replies) > 1 else script.replies[0]
            body = reply.content if isinstance(reply.content, bytes) else json.dumps(reply.content).encode()
            self.send_response(reply.status)
            self.send_header("content-length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if reply.cut else body)
            self.close_connection = reply.cut

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
