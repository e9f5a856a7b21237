"""Connections to the server: the head of a request has a size and a time, as its body has."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 65_536  # what uvicorn's other parser allows; this one would take any number
HEAD_SECONDS = 10.0
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class GuardedConnection(HttpToolsProtocol):
    """uvicorn's connection, closed when a request's head is too large or does not come to its end in time.

    Who opens connections and sends a byte now and then would hold one for ever otherwise.
    """

    _head_bytes = 0
    _in_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, for a while."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head has become too large."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self._end()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._head_bytes = True, 0
        if self._deadline is None:  # the next request of a connection; the first one's runs already
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._end)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self) -> None:
        self._stop_waiting()
        self.transport.close()


# How `vivier serve` runs uvicorn. Half of the usual 1,024 files a process may open are left to collections.
SERVER_OPTIONS: dict[str, Any] = {
    "http": GuardedConnection,
    "limit_concurrency": 512,  # connections; one more is answered 503
    "timeout_keep_alive": 30,  # longer than the pauses of a person who searches
    "backlog": 512,
    "access_log": False,
    # Who called is what the connection says: the guard refuses what came through a proxy rather than believe it.
    "proxy_headers": False,
    "server_header": False,
    "timeout_graceful_shutdown": 10,
    "log_level": "warning",
    "log_config": None,  # uvicorn's own lines go where ours go, in the same form
}
