"""The body of a request: all of it, no larger and no slower than is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Message, Receive


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may be."""

    most_bytes: int
    seconds: float


class BodyRefused(Exception):
    """The body is not read to its end; `status` and the sentence say why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limits: BodyLimits) -> bytes:
    """The whole body. BodyRefused when it is larger or slower than the limits allow."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and (len(declared) > 18 or int(declared) > limits.most_bytes):  # int() refuses thousands
        raise _too_large(limits)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return bytes(body)
                body += message.get("body", b"")
                if len(body) > limits.most_bytes:
                    raise _too_large(limits)
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        sentence = f"body: not all of it came within {limits.seconds:g} s; send it at once."
        raise BodyRefused(408, sentence) from None


def replay(body: bytes, receive: Receive) -> Receive:
    """The body again, for the application; afterwards whatever the connection says."""
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _too_large(limits: BodyLimits) -> BodyRefused:
    return BodyRefused(413, f"body: larger than {limits.most_bytes} bytes; send less at a time.")
