"""The texts of many repositories, read by another process while this one does the rest of enriching.

Reading takes half the time, and the other half must be done here. The other process goes from the back towards this one
and is never waited for: what it has not come to is read here, and when it cannot be started or goes, everything.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, cast

import orjson

from indexing.repository_texts.reading import Reading, Texts, text_reader
from indexing.skills import Catalogue, load_catalogue

CHUNK = 8_192  # repositories; about .1 s
WORTH_ANOTHER_PROCESS = 40_000  # repositories: below, its start of half a second brings nothing


class Readings:
    """What the texts say, by their place. As a context manager, with another process when there are many of them.

    A catalogue of the caller's is read with in this process only: the other one knows but the shipped one.
    """

    def __init__(
        self,
        texts: Sequence[Texts],
        catalogue: Catalogue | None = None,
        *,
        chunk: int = CHUNK,
        worth_another: int = WORTH_ANOTHER_PROCESS,
    ) -> None:
        self._texts, self._chunk = texts, chunk
        self._read = text_reader(catalogue or load_catalogue())
        self._shares = catalogue is None and len(texts) >= worth_another and (os.cpu_count() or 1) > 1
        self._done: dict[int, list[Reading]] = {}  # by the place that a chunk starts at
        self._read_here: Counter[int] = Counter()  # how many of a chunk
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Readings:
        try:
            self._process = _start() if self._shares else None
        except OSError:  # no memory for it, or no right to
            self._shares = False
        if self._process is not None:
            self._thread = Thread(target=self._hand_over, args=(self._process,), daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shares = False
        if self._process is not None and self._thread is not None:
            self._process.kill()
            self._thread.join()

    def at(self, place: int) -> Reading:
        """What the texts at this place say."""
        start = place - place % self._chunk
        chunk = self._done.get(start)
        if chunk is not None:
            return chunk[place - start]
        self._read_here[start] += 1
        return self._read(self._texts[place])

    def _hand_over(self, process: subprocess.Popen[bytes]) -> None:
        """Give the other process one chunk after another, until it meets this one or is gone."""
        asked, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        try:
            with process:
                for start in reversed(range(0, len(self._texts), self._chunk)):
                    if not self._shares or self._read_here[start] > self._chunk // 2:
                        return
                    asked.write(orjson.dumps([tuple(one) for one in self._texts[start : start + self._chunk]]) + b"\n")
                    asked.flush()
                    self._done[start] = [
                        Reading(language, tuple(topics), tuple(skills))
                        for language, topics, skills in orjson.loads(answers.readline())
                    ]
        except (OSError, ValueError):
            pass  # gone; what it had is read by who asks for it


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
