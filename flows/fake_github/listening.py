"""Serves a fake in the foreground until Ctrl-C."""

from __future__ import annotations

import socket
from collections.abc import Callable

from flows.fake_github.github import GitHub
from flows.fake_github.running import server
from indexing.errors import InputError


def listen(github: GitHub, *, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted; says where, once requests are taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            reason = f"Port {port} of {host} cannot be had ({error.strerror})"
            raise InputError(f"{reason}; name another --port or --host.", field="port") from error
        listening.listen(128)
        address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        people = github.settings.people
        say(f"Fake GitHub on {address} (GraphQL at /graphql): {people:,} fictional people. Ctrl-C stops it.")
        server(github, host=host, port=port).run(sockets=[listening])
