"""Signatures: who a commit says wrote it, each name and address a number, with nothing kept of the address."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import normalize

from flows.sources.git_history.addresses import AddressHashes, account_of
from flows.sources.git_history.automated import is_automated
from indexing.raw_data.text import clean_text, may_hold_address

AUTOMATED = -1
UNREADABLE = -2
NAME_LENGTH = 200  # longer than any name; what is longer was pasted
_UNREAD = (b"%aN", b"%aE")  # what git prints in place of an author it cannot make out


@dataclass(frozen=True, slots=True)
class Signature:
    """One name with one address."""

    name: str  # without anything like an address; empty when there is no other name
    address: bytes | None  # its hash, None when it could be anybody's
    handle: str | None = None
    account: str | None = None  # the number of the account at GitHub

    def __repr__(self) -> str:
        """Show nobody's name: a repr ends up in logs."""
        return f"Signature(is_known_by_handle={self.handle is not None})"


class Signatures:
    """The signatures of one run, over all its clones."""

    def __init__(self) -> None:
        self.known: list[Signature] = []
        self._hashes = AddressHashes()
        self._numbers: dict[bytes, int] = {}
        self._programs: set[bytes] = set()

    @property
    def automated(self) -> int:
        """How many programs wrote commits."""
        return len(self._programs)

    def number_of(self, name: bytes, address: bytes, written_as: bytes = b"") -> int:
        """The number of a signature, or AUTOMATED or UNREADABLE.

        `name` and `address` are what the mailmap makes of them; `written_as` is the address in the commit, which may
        tell a handle.
        """
        key = self.key_of(name, address, written_as)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._new(name, address, written_as)
        return number

    def key_of(self, *parts: bytes) -> bytes:
        """What a signature may be remembered by: its hash."""
        return self._hashes.of(*parts)

    def _new(self, name: bytes, address: bytes, written_as: bytes) -> int:
        if name in _UNREAD or address in _UNREAD:
            return UNREADABLE
        text = decoded(name).strip()
        if is_automated(text, decoded(address)) or is_automated(text, decoded(written_as)):
            self._programs.add(self._hashes.of(text.casefold().encode()))
            return AUTOMATED
        handle, account = account_of(address) or account_of(written_as) or (None, None)
        self.known.append(Signature(_name(text), self._hashes.of_address(address), handle, account))
        return len(self.known) - 1


def decoded(raw: bytes) -> str:
    """Text as UTF-8 or, where it is none, as the Windows code page most such commits were written in."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _name(text: str) -> str:
    plain = " ".join(text[:NAME_LENGTH].split()).strip("\"'<>,; ")
    return normalize("NFC", clean_text(plain) if may_hold_address(plain) else plain)
