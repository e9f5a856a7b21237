"""DVC as a process of its own: its command line is stabler than its modules, and a killed one leaves ours alone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from indexing.errors import Busy, InputError, Unavailable, VivierError

_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_PATIENCE_SECONDS = 10.0
# What DVC says, and what it means here. The first that is found counts.
_MEANINGS: tuple[tuple[str, type[VivierError], str], ...] = (
    (
        "Unable to acquire lock",
        Busy,
        "Another DVC process works in this checkout (it may be one that was just killed); try again when it is done.",
    ),
    ("is busy, it is being", Busy, "Another DVC process works on this data; try again when it is done."),
    (
        "failed to connect to",
        Unavailable,
        "The storage stopped answering; the same command goes on from there, what was transferred stays.",
    ),
    (
        "Unable to locate credentials",
        InputError,
        "No key for the storage: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ),
    ("No space left on device", VivierError, "The disk is full; DVC keeps one copy of every version in .dvc/cache."),
)


def run_dvc(root: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run one DVC command and return what it printed; its bars are shown where there is a terminal.

    Raises what its complaint means: Busy, Unavailable, InputError, or VivierError with its own last sentence.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    shows_bars = sys.stderr.isatty()
    inherited = {name: value for name, value in os.environ.items() if name != "DVC_IGNORE_ISATTY"}
    settings = {"DVC_NO_ANALYTICS": "true", **({"DVC_IGNORE_ISATTY": "true"} if shows_bars else {})}
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(  # noqa: S603  # ourselves, and arguments that are no shell's
            command,
            cwd=root,
            env=inherited | settings | dict(environment or {}),
            stdout=printed,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        with process:
            try:
                said = _follow(process, sys.stderr.buffer if shows_bars else None)
            except BaseException:
                _stop(process)
                raise
        if process.returncode:
            raise _meaning(arguments[0], said)
        printed.seek(0)
        return printed.read().decode(errors="replace")


def _follow(process: subprocess.Popen[bytes], terminal: IO[bytes] | None) -> str:
    """Everything the process says on its standard error; bars go on to the terminal, complaints do not."""
    assert process.stderr is not None  # noqa: S101  # opened above
    said = bytearray()
    while chunk := os.read(process.stderr.fileno(), 65_536):
        said += chunk
        if terminal is not None and b"ERROR" not in chunk and b"WARNING" not in chunk:
            terminal.write(chunk)
            terminal.flush()
    return _ESCAPES.sub(b"", bytes(said)).decode(errors="replace")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End DVC before we end: it would go on transferring, and keep its lock."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _meaning(command: str, said: str) -> VivierError:
    for words, kind, sentence in _MEANINGS:
        if words in said:
            return kind(sentence)
    complaints = [line.removeprefix("ERROR:").strip() for line in re.split(r"[\r\n]+", said) if "ERROR:" in line]
    return VivierError(f"dvc {command} failed: {complaints[-1] if complaints else 'it gave no reason'}")
