"""Erasure as the service starts it: a process of its own does the work, this one only says when."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from subprocess import DEVNULL, Popen
from typing import TYPE_CHECKING

from indexing.errors import VivierError

if TYPE_CHECKING:
    from indexing.people_store import PeopleStore

LOG = logging.getLogger("vivier.service")
LONGEST_WAIT = timedelta(days=6)  # "at most a week", and a day for what may go wrong
LOOK_SECONDS = 3_600.0
STOP_SECONDS = 10.0


class Erasing:
    """Writes tombstones, and starts the command that removes what they cover: at once, or before a week is over."""

    def __init__(self, open_people: Callable[[], PeopleStore], has_tombstones: Callable[[], bool]) -> None:
        self._open = open_people
        self._has_tombstones = has_tombstones
        self._people: PeopleStore | None = None
        self._process: Popen[bytes] | None = None
        self.command: Sequence[str] = ()  # removes what tombstones cover; empty: somebody else runs it

    @property
    def people(self) -> PeopleStore:
        """The tombstones, to be written."""
        if self._people is None:
            self._people = self._open()
        return self._people

    def start(self) -> bool:
        """Begin to erase beside everything else; False when that is under way, or not ours to do."""
        if not self.command or (self._process is not None and self._process.poll() is None):
            return False
        self._process = Popen(list(self.command), stdin=DEVNULL, stdout=DEVNULL)  # noqa: S603  # our own command line
        return True

    async def watch(self) -> None:
        """Erase whoever has waited long enough, until cancelled."""
        while True:
            try:
                if await asyncio.to_thread(self._is_due) and self.start():
                    LOG.info("people who asked to leave are being erased")
            except VivierError as error:
                LOG.warning("whether somebody waits for an erasure is not known: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    def close(self) -> None:
        """Stop an erasure under way: it goes on where it was when it is started again."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
        if self._people is not None:
            self._people.close()

    def _is_due(self) -> bool:
        if not self._has_tombstones():
            return False
        oldest = self.people.pending().oldest
        return oldest is not None and datetime.now(UTC) - oldest > LONGEST_WAIT
