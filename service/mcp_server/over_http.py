"""`POST /mcp`: the MCP server of this service, for whoever may search. The SDK is imported when somebody calls."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter, Request
from fastapi.responses import Response

from indexing.errors import InputError
from service.dependencies import Served

PATH = "/mcp"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:]+\]", re.IGNORECASE)


class Answering(Protocol):
    """What answers a request that was let in."""

    async def __call__(self, request: Request, hosts: Sequence[str], *, may_switch: bool) -> Response:
        """The answer."""


def router(allowed_hosts: str) -> APIRouter:
    """The route, which answers to loopback names and the given ones, comma-separated. InputError when one is none."""
    hosts = _host_patterns(allowed_hosts)
    made = APIRouter()

    @made.post(PATH, include_in_schema=False)  # its documents are MCP's own
    async def answer(request: Request, service: Served) -> Response:
        service.guard.admit_search(request)  # what its tools ask is counted where they ask it
        may_switch = service.guard.has_admin_key(request)
        exchange = await asyncio.to_thread(_exchange)
        return await exchange(request, hosts, may_switch=may_switch)

    return made


def _exchange() -> Answering:
    # Half a second and 26 MB: not for services that no assistant calls, and not on the event loop.
    from service.mcp_server.exchange import answer

    return answer


def _host_patterns(named: str) -> list[str]:
    """Hosts as the SDK compares them: as they are, and with any port unless one is named."""
    patterns = []
    for host in (*_LOOPBACK, *(one.strip().lower() for one in named.split(",") if one.strip())):
        name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        bare = name if colon and port.isdecimal() else host
        if not _HOST.fullmatch(bare):
            raise InputError(
                f"VIVIER_ALLOWED_HOSTS: {host!r} is no host such as vivier.example or vivier.example:8443.",
                field="VIVIER_ALLOWED_HOSTS",
            )
        patterns += [host] if bare != host else [host, f"{host}:*"]
    return patterns
