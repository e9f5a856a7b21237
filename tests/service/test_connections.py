"""The server over real sockets: heads and bodies that are too large, or never come to their end."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from service.app import create_app
from service.connections import MOST_HEAD_BYTES, SERVER_OPTIONS
from tests.service.conftest import make_settings
from tests.worlds import NAMED, World

BODY = json.dumps({"query": "motor"}).encode()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A service as it is started, on a port of its own, less patient than usual."""
    world = World(tmp_path_factory.mktemp("sockets"))
    world.add_release(world.add_version("north"), NAMED, served=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.connections.HEAD_SECONDS", 0.5)
        settings = make_settings(world.workspace.home, body_seconds=0.5)
        options = SERVER_OPTIONS | {"timeout_keep_alive": 5}
        server = uvicorn.Server(uvicorn.Config(create_app(settings, world.workspace), port=0, **options))
        running = threading.Thread(target=server.run)
        running.start()
        while not server.started:
            assert running.is_alive()
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
        server.should_exit = True
        running.join(20)


def head(length: int = len(BODY), **headers: str) -> bytes:
    lines = ["POST /agent_search HTTP/1.1", "host: localhost", "content-type: application/json"]
    lines += [f"content-length: {length}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def everything(connection: socket.socket) -> bytes:
    """What comes until the other end closes."""
    connection.settimeout(10)
    received = b""
    while piece := connection.recv(65_536):
        received += piece
    return received


def one_answer(connection: socket.socket) -> bytes:
    connection.settimeout(10)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536)
    top, _, rest = received.partition(b"\r\n\r\n")
    length = int(next(line for line in top.split(b"\r\n") if line.lower().startswith(b"content-length")).split(b":")[1])
    while len(rest) < length:
        rest += connection.recv(65_536)
    return top


def test_a_body_that_never_ends_is_given_up_with_a_problem(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head() + BODY[:5])
        received = everything(connection)
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in received
    assert b'"field":"body"' in received
    assert b"x-request-id" in received


def test_a_body_in_pieces_that_ends_in_time_is_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head())
        for start in range(0, len(BODY), 6):
            connection.sendall(BODY[start : start + 6])
            time.sleep(0.01)
        assert one_answer(connection).startswith(b"HTTP/1.1 200 ")


def test_a_head_that_never_ends_is_given_up(port: int) -> None:
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as slow, socket.create_connection(("127.0.0.1", port)) as silent:
        slow.sendall(b"POST /agent_search HTTP/1.1\r\nhost: localhost\r\nx-a: ")
        assert everything(slow) == b""
        assert everything(silent) == b""
    assert time.monotonic() - started < 5


def test_a_slow_second_request_is_given_up_as_the_first_would_be(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head() + BODY)
        assert one_answer(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET /health HTTP/1.1\r\nx-a: ")
        assert everything(connection) == b""


@pytest.mark.parametrize("endless", [b"x-long: " + b"a" * 3 * MOST_HEAD_BYTES, b"x-a: b\r\n" * MOST_HEAD_BYTES])
def test_a_head_without_end_is_refused(port: int, endless: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n")
        try:
            connection.sendall(endless)
            received = everything(connection)
        except ConnectionError:
            return  # it hung up while we were still sending
    assert received.startswith(b"HTTP/1.1 431 ")


def test_a_connection_serves_many_requests_with_large_bodies(port: int) -> None:
    body = json.dumps({"texts": ["x" * 7_900] * 12}).encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(3):
            connection.sendall(head(len(body)).replace(b"/agent_search", b"/predict") + body)
            assert one_answer(connection).startswith(b"HTTP/1.1 200 ")


def test_what_is_no_request_at_all_is_refused(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        assert everything(connection).startswith(b"HTTP/1.1 400 ")


def test_the_server_does_not_say_what_it_is_made_of(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head() + BODY)
        assert b"uvicorn" not in one_answer(connection)
