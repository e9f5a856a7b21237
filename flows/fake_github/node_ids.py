"""Node ids as GitHub writes them since 2021: a kind, an underscore, and [0, number] in MessagePack and base64url."""

from __future__ import annotations

import base64
import binascii
import struct

USER, ORGANISATION, BOT, REPOSITORY = "U", "O", "BOT", "R"
_HEAD = b"\x92\x00\xce"  # an array of two: 0, and 32 bits that follow
_LENGTH = 7


def encode(kind: str, number: int) -> str:
    """The id of the account or repository with this database number."""
    return f"{kind}_{base64.urlsafe_b64encode(_HEAD + struct.pack('>I', number)).decode().rstrip('=')}"


def decode(node_id: str) -> tuple[str, int] | None:
    """Kind and number; None when it is no such id."""
    kind, _, text = node_id.partition("_")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _LENGTH or not raw.startswith(_HEAD):
        return None
    return kind, struct.unpack(">I", raw[len(_HEAD) :])[0]
