"""The other process that reads texts: a chunk a line on standard input, what they say a line on standard output."""

from __future__ import annotations

import gc
import signal
import sys
from typing import IO

import orjson

from indexing.repository_texts.reading import Texts, text_reader
from indexing.skills import load_catalogue


def answer(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Read chunks until there are no more; the end of the input is also how it learns that its parent is gone."""
    read = text_reader(load_catalogue())
    gc.disable()  # as in `enrich`: nothing here forms a cycle
    for line in asked:
        answers.write(orjson.dumps([tuple(read(Texts(*cells))) for cells in orjson.loads(line)]) + b"\n")
        answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides and kills
    answer(sys.stdin.buffer, sys.stdout.buffer)
