"""Servers that are no S3, or an S3 that refuses in ways a real one cannot be brought to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LISTING = (
    b'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<Name>vivier-test</Name><KeyCount>%d</KeyCount>%s</ListBucketResult>"
)
REFUSAL = b"<?xml version='1.0'?><Error><Code>%s</Code><Message>%s</Message></Error>"


class OddServer:
    """Answers by method: a status and a body; what is not told is an empty listing or an empty 200."""

    def __init__(self, answers: dict[str, tuple[int, bytes]], *, clock: timedelta = timedelta()) -> None:
        self.answers = answers
        self.clock = clock  # how far its own clock is from ours

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(odd: OddServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_listing = self.command == "GET" and "list-type" in self.path
            kind = "LIST" if is_listing else self.command
            status, body = odd.answers.get(kind, (200, LISTING % (0, b"") if is_listing else b""))
            self.send_response_only(status)
            self.send_header("Date", format_datetime(datetime.now(UTC) + odd.clock, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_PUT = do_DELETE = do_HEAD = do_POST = answer  # noqa: N815  # the library looks for these names

        def log_message(self, format: str, *arguments: object) -> None:
            """Keep quiet."""

    return Handler
