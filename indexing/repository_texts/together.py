"""The texts of many repositories, read by two processes: this one from the front, another from the back.

Reading takes half the time of enriching, and the rest must be done here. Whoever is free takes the next chunk, so that
neither waits for the other; when the other process cannot be started or goes, this one reads everything.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import IO, cast

import orjson

from indexing.repository_texts.reading import Reading, Texts, text_reader
from indexing.skills import Catalogue, load_catalogue

CHUNK = 4_096  # repositories; about 60 ms
WORTH_ANOTHER_PROCESS = 40_000  # repositories: below, its start of half a second brings nothing


class Readings:
    """What the texts say, by their place. As a context manager, with another process when there are many of them.

    A catalogue of the caller's is read with in this process only: the other one knows but the shipped one.
    """

    def __init__(self, texts: Sequence[Texts], catalogue: Catalogue | None = None) -> None:
        self._texts = texts
        self._read = text_reader(catalogue or load_catalogue())
        self._untaken = deque(range(0, len(texts), CHUNK))
        self._done: dict[int, list[Reading]] = {}
        self._changed = Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: Thread | None = None
        self._shares = catalogue is None and len(texts) >= WORTH_ANOTHER_PROCESS and (os.cpu_count() or 1) > 1

    def __enter__(self) -> Readings:
        if self._shares:
            self._process = _start()
            self._thread = Thread(target=self._hand_over, args=(self._process,), daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._untaken.clear()
        if self._process is not None and self._thread is not None:
            self._process.kill()
            self._thread.join()

    def at(self, place: int) -> Reading:
        """What the texts at this place say."""
        start = place - place % CHUNK
        chunk = self._done.get(start) or self._take(start)
        return chunk[place - start]

    def _take(self, start: int) -> list[Reading]:
        """Read a chunk here, unless the other process has it already."""
        try:
            self._untaken.remove(start)
        except ValueError:
            with self._changed:
                self._changed.wait_for(lambda: start in self._done or not self._shares)
            if start in self._done:
                return self._done[start]
        read = self._read
        self._done[start] = [read(texts) for texts in self._texts[start : start + CHUNK]]
        return self._done[start]

    def _hand_over(self, process: subprocess.Popen[bytes]) -> None:
        """Give the other process one chunk after another from the back, until none is left or it is gone."""
        asked, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        try:
            with process:
                while self._untaken:
                    start = self._untaken.pop()
                    asked.write(orjson.dumps([tuple(one) for one in self._texts[start : start + CHUNK]]) + b"\n")
                    asked.flush()
                    found = [
                        Reading(language, tuple(topics), tuple(skills))
                        for language, topics, skills in orjson.loads(answers.readline())
                    ]
                    with self._changed:
                        self._done[start] = found
                        self._changed.notify()
        except (OSError, ValueError, IndexError):
            pass  # gone, or the last chunk was taken in between: what it had is read by who asks for it
        finally:
            with self._changed:
                self._shares = False
                self._changed.notify()


def _start() -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "indexing.repository_texts"],
        env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{known}" if known else root},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
