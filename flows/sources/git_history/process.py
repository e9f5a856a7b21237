"""git as a process of its own that runs nothing the clone brings along: no hook, no monitor, no fetch, no signer.

Who may be believed is decided by git's own rule (`safe.directory`), which is explained and never got round.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from threading import Thread
from typing import cast

from indexing.errors import InputError
from indexing.raw_data.text import clean_text

CHUNK_BYTES = 1 << 20
COMPLAINT_BYTES = 4_096  # of what git complains about: the last words say why it ended
COMPLAINT_SHOWN = 160
_ADDRESS = re.compile(r"\S*[@＠]\S*")  # git cuts what it quotes, an address in the middle too
# The clone's own configuration may name programs and change what git prints; a -c comes after it.
_OVERRIDES = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "i18n.logOutputEncoding": "UTF-8",
    "log.showRoot": "true",
    "log.showSignature": "false",  # it would start the clone's gpg.program
    "log.follow": "false",
    "diff.ignoreSubmodules": "none",
    "mailmap.blob": "HEAD:.mailmap",  # in a clone with a work tree git reads only the file there
}
_ENVIRONMENT = {
    "LC_ALL": "C",  # the sentences below look for git's words
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # A partial clone fetches what it lacks by a program its configuration names: forbidden, to newer git by the first.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}


@dataclass(frozen=True, slots=True)
class Git:
    """git in one folder, which must be the top of a clone or a bare repository."""

    folder: Path
    mailmap: Path | None = None

    def command(self, *arguments: str) -> list[str]:
        """The whole command line, guarded."""
        overrides = dict(_OVERRIDES) | ({"mailmap.file": str(self.mailmap)} if self.mailmap else {})
        settings = [word for name, value in overrides.items() for word in ("-c", f"{name}={value}")]
        return ["git", "--no-pager", *settings, "-C", str(self.folder), *arguments]

    def read(self, *arguments: str) -> bytes:
        """What git prints. InputError with one sentence when it fails."""
        return b"".join(self.stream(*arguments))

    def try_read(self, *arguments: str) -> bytes | None:
        """What git prints, None when it says no: nothing is there, or nothing that can be read."""
        try:
            return self.read(*arguments)
        except InputError:
            return None

    def stream(self, *arguments: str) -> Generator[bytes, None, None]:
        """What git prints, a chunk at a time; the process ends with the iteration, however that ends."""
        process = self.start(*arguments, is_flushed=False)
        output = cast(BufferedReader, process.stdout)
        complaint = _Listener(cast(BufferedReader, process.stderr))
        try:
            while chunk := output.read1(CHUNK_BYTES):
                yield chunk
            if process.wait():
                raise InputError(_sentence(self.folder, complaint.words()), field="path")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            complaint.join()
            output.close()

    def start(
        self, *arguments: str, stdin: int = subprocess.DEVNULL, is_flushed: bool = True
    ) -> subprocess.Popen[bytes]:
        """A running git; the caller ends it. Flushed, it hands over every record by itself: a conversation needs it."""
        try:
            return subprocess.Popen(  # noqa: S603  # git, with arguments of ours
                self.command(*arguments),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment() | {"GIT_FLUSH": "1" if is_flushed else "0"},
            )
        except FileNotFoundError as error:
            raise InputError("git was not found; install git and try again.", field="path") from error

    def _environment(self) -> dict[str, str]:
        # A variable of a git that started us (a hook, an alias) would point it at another repository.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        kept |= {name: os.environ[name] for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM") if name in os.environ}
        return kept | _ENVIRONMENT | {"GIT_CEILING_DIRECTORIES": str(self.folder.parent)}


class _Listener(Thread):
    """Hears all that git complains about, so that it never waits for a reader, and remembers the end of it."""

    def __init__(self, pipe: BufferedReader) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._last = b""
        self.start()

    def run(self) -> None:
        """Read to the end."""
        with self._pipe:
            while chunk := self._pipe.read(COMPLAINT_BYTES):
                self._last = (self._last + chunk)[-COMPLAINT_BYTES:]

    def words(self) -> str:
        """The complaint, once git has ended."""
        self.join()
        return self._last.decode(errors="replace")


def _sentence(folder: Path, complaint: str) -> str:
    """Why git failed and what to do, in one sentence."""
    if "dubious ownership" in complaint or "unsafe repository" in complaint:
        return (
            f"{folder} belongs to somebody else, so git does not trust it; if you do, run "
            f"`git config --global --add safe.directory {folder}` and try again."
        )
    if "not a git repository" in complaint:
        return f"{folder} is no git repository; give the top folder of a clone, or a bare repository."
    if "lazy fetching disabled" in complaint or "transport 'file' not allowed" in complaint or "promisor" in complaint:
        mend = "`git fetch --refetch --filter=blob:none` there brings it"
        return f"{folder} is a partial clone without the contents of its folders; {mend}."
    if "ambiguous argument" in complaint:
        return f"{folder} has no commits yet."
    last = [line for line in complaint.splitlines() if line.strip()][-1:] or ["no reason given"]
    said = clean_text(_ADDRESS.sub("", last[0]))[:COMPLAINT_SHOWN].rstrip(".")
    return f"git cannot read the history in {folder} ({said}); `git fsck` there tells what is damaged."
