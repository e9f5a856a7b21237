"""E-mail addresses as this source may know them: a keyed hash to tell them apart, and the handle of a noreply one.

The key is drawn anew in every run and never leaves the process, so a hash tells nothing to anybody, nor to a later run.
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b

DIGEST_BYTES = 16  # two addresses of a million share one once in 10 ** 26

# What several people's machines call their user until somebody sets it: it says nothing about who that is.
_ANYBODY = frozenset(
    b"root admin administrator anonymous build builder dev developer devnull donotreply do-not-reply email empty git "
    b"github guest info localhost me nobody none no-email noemail no-reply noreply null test tests ubuntu unknown user "
    b"username vagrant you your your-email youremail your.email yourname".split()
)
_NO_DOMAIN = re.compile(rb"(?:localhost(?:\.localdomain)?|localdomain|none|\(none\)|\.)?")
_HANDLE = rb"[a-z0-9_](?:[a-z0-9_.-]{0,98}[a-z0-9_-])?"
_NOREPLY = re.compile(rb"(?i)(?:(\d{1,19})\+)?(" + _HANDLE + rb")@users\.noreply\.([a-z0-9.-]+)")
_GITLAB_NUMBER = re.compile(rb"\d+-(?=.)")  # GitLab writes 123-handle; the number is none of GitHub's


class AddressHashes:
    """Hashes of one run. Nothing but these is ever kept of an address."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def of(self, *parts: bytes) -> bytes:
        """The hash of an address, or of an address with what stands beside it."""
        return blake2b(b"\0".join(parts), key=self._key, digest_size=DIGEST_BYTES).digest()

    def of_address(self, address: bytes) -> bytes | None:
        """The hash of an address in any case; None when it is empty or could be anybody's."""
        plain = address.strip().lower()
        local, _, domain = plain.rpartition(b"@")
        if not local or local in _ANYBODY or _NO_DOMAIN.fullmatch(domain):
            return None
        return self.of(plain)


def account_of(address: bytes) -> tuple[str, str | None] | None:
    """The handle of a noreply address and, where the address has it, the number of the account at GitHub."""
    found = _NOREPLY.fullmatch(address.strip())
    if found is None:
        return None
    number, handle, host = found.groups()
    if host.lower().startswith(b"gitlab"):
        handle = _GITLAB_NUMBER.sub(b"", handle, count=1)
    return handle.decode(), None if number is None else number.decode()
