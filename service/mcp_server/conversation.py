"""One conversation over standard input and output, until the input ends or somebody presses Ctrl-C."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator
from typing import Any, cast

import anyio
import anyio.from_thread
import anyio.lowlevel
import httpx
from anyio.streams.memory import MemoryObjectSendStream
from mcp.server.stdio import stdio_server

from service.mcp_server.contract import Contract
from service.mcp_server.server import make_server

_STANDARD_INPUT = 0
_PIECE = 65_536
SEARCH_SECONDS = 60.0  # the service's own limit comes first


def hold(url: str, *, key: str, may_switch: bool) -> None:
    """Answer what comes on standard input by asking the service at an address, with a key if there is one."""
    anyio.run(_hold, url, key, may_switch)


async def _hold(url: str, key: str, may_switch: bool) -> None:
    headers = {b"authorization": f"Bearer {key}".encode()} if key else {}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=SEARCH_SECONDS) as client:
        server = make_server(Contract(client, takes_keys_from_environment=True), may_switch=may_switch)
        lines = cast(Any, _input_lines())  # of an open file, the SDK uses nothing but its lines
        async with stdio_server(stdin=lines) as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())


async def _input_lines() -> AsyncIterator[str]:
    """The lines of standard input, read on a thread that nobody waits for.

    The SDK reads on a thread that it joins: Ctrl-C would do nothing until one more line comes.
    """
    sending, receiving = anyio.create_memory_object_stream[bytes](0)
    token = anyio.lowlevel.current_token()
    reader = threading.Thread(target=_read, args=(sending, token), name="standard input", daemon=True)
    reader.start()
    rest = b""
    async with receiving:
        async for piece in receiving:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")


def _read(sending: MemoryObjectSendStream[bytes], token: Any) -> None:
    try:
        # Not through sys.stdin, whose lock the ending interpreter would wait for in vain.
        while piece := os.read(_STANDARD_INPUT, _PIECE):
            anyio.from_thread.run(sending.send, piece, token=token)
        anyio.from_thread.run_sync(sending.close, token=token)
    except (OSError, RuntimeError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        return  # the conversation is over
