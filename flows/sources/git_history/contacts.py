"""Who the co-authors of commits are: git applies the mailmap to authors only, so it is asked for these."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from typing import IO, cast

from flows.sources.git_history.process import Git
from flows.sources.git_history.signatures import Signatures

_CONTACT = re.compile(rb"[^<>\n]*<[^<>\n]*>")


class Contacts:
    """A second git, begun with the first co-author, that says whom the mailmap makes of a name with an address."""

    def __init__(self, git: Git, signatures: Signatures) -> None:
        self.signatures = signatures
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers: dict[bytes, int] = {}

    def __enter__(self) -> Contacts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def of(self, trailers: bytes) -> Iterator[int]:
        """The signatures of the co-authors; what is no name with an address is nobody."""
        for contact in trailers.split(b"\x1f"):
            contact = contact.strip()
            if _CONTACT.fullmatch(contact):
                yield self._number_of(contact)

    def _number_of(self, contact: bytes) -> int:
        key = self.signatures.key_of(contact)
        number = self._numbers.get(key)
        if number is None:
            name, _, address = self._mapped(contact).rpartition(b"<")
            written_as = contact.rpartition(b"<")[2]
            number = self.signatures.number_of(name.strip(), address.rstrip(b"> \n"), written_as.rstrip(b"> "))
            self._numbers[key] = number
        return number

    def _mapped(self, contact: bytes) -> bytes:
        if self._process is None:
            self._process = self._git.start("check-mailmap", "--stdin", stdin=subprocess.PIPE)
        asked, answered = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        try:
            asked.write(contact + b"\n")
            asked.flush()
        except BrokenPipeError:
            return contact
        return answered.readline() or contact
