"""Processes that help with batches: Python ranks on one core at a time, whatever the threads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from socket import SHUT_RDWR, socket
from subprocess import DEVNULL, Popen, TimeoutExpired

from indexing.candidates import Answer, Need
from indexing.errors import VivierError
from indexing.open_release import Pair
from indexing.releases import Release
from indexing.workspace import Workspace
from service.deadlines import to_its_end
from service.settings import ServiceSettings

LOG = logging.getLogger("vivier.service")
ROOT = Path(__file__).parents[1]
IDLE_SECONDS = 600.0  # a helper holds the memory of a release
RETRY_SECONDS = 60.0  # after one failed
STOP_SECONDS = 5.0


class HelperFailed(Exception):
    """The helper is gone, or did not do as it was told; its work has to be done here."""


class Helper:
    """The other end of a helper, with one release open or none; `turn` is held by whoever asks it something."""

    def __init__(self, connection: Connection, process: Popen[bytes] | None = None) -> None:
        self._connection = connection
        self._process = process
        self.turn = asyncio.Lock()
        self.release_id: str | None = None

    async def open(self, release: Release) -> None:
        """Let it open a release, in place of the one it has. HelperFailed."""
        async with self.turn:
            self.release_id = None
            if await self._ask(release) != release.id:
                raise HelperFailed("it opened something else")
            self.release_id = release.id

    async def search(self, needs: Sequence[Need]) -> list[Answer | None]:
        """An answer to each need, None where it had none; call it with the turn held. HelperFailed."""
        found = await self._ask(list(needs))
        if not isinstance(found, list) or len(found) != len(needs):
            raise HelperFailed("it answered something else")
        return found

    async def _ask(self, message: Release | list[Need]) -> object:
        def ask() -> object:
            self._connection.send(message)
            reply: object = self._connection.recv()
            return reply

        try:
            # Given up half-way, the reply would be taken for the next one's.
            return await to_its_end(asyncio.ensure_future(asyncio.to_thread(ask)))
        except (OSError, EOFError) as error:
            raise HelperFailed(f"it ended ({type(error).__name__})") from error

    def stop(self) -> None:
        """Let it close what it has open and end; what it was doing is lost."""
        self.release_id = None
        with contextlib.suppress(OSError), socket(fileno=os.dup(self._connection.fileno())) as ours:
            ours.shutdown(SHUT_RDWR)  # closing alone would not wake a thread that waits for a reply
        if self._process is not None:
            try:
                self._process.wait(STOP_SECONDS)
            except TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._connection.close()


def start_helper(settings: ServiceSettings) -> Helper:
    """A helper in a process of its own, for the home of these settings."""
    ours, theirs = Pipe()
    with theirs:
        process = Popen(  # noqa: S603  # our own module, our own arguments
            [sys.executable, "-P", "-m", "service.helper_process", str(theirs.fileno()), settings.log_format],
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])},
            stdin=DEVNULL,
            stdout=DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    ours.send(settings)
    return Helper(ours, process)


class BatchHelpers:
    """Starts helpers when batches come and ends them when none has come for a while. Belongs to the event loop."""

    def __init__(
        self, start: Callable[[], Helper], workspace: Workspace, *, count: int, enough_memory: Callable[[Pair], bool]
    ) -> None:
        self._start = start
        self._workspace = workspace
        self._enough_memory = enough_memory
        self._count = count if os.name == "posix" else 0
        self._helpers: list[Helper] = []
        self._preparing: asyncio.Task[None] | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._retry_at = 0.0
        self._opened: Release | None = None  # what helpers were last told to open

    def ready(self, release: Release) -> list[Helper]:
        """The helpers that have this release open; the others begin to open it, for the next batch."""
        if not self._count:
            return []
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end)
        found = [helper for helper in self._helpers if helper.release_id == release.id]
        is_preparing = self._preparing is not None and not self._preparing.done()
        if len(found) < self._count and not is_preparing and time.monotonic() >= self._retry_at:
            self._preparing = asyncio.create_task(self._prepare(release))
        return found

    def drop(self, helper: Helper, error: Exception) -> None:
        """Give up a helper that failed."""
        if helper in self._helpers:
            LOG.warning("a batch helper was given up: %s", error)
            self._helpers.remove(helper)
            self._retry_at = time.monotonic() + RETRY_SECONDS
            threading.Thread(target=helper.stop, name="helper-stop").start()

    async def close_dropped(self) -> None:
        """End helpers whose release is gone; the next batch starts others."""
        if self._opened is None or not self._helpers:
            return
        if not await asyncio.to_thread(self._workspace.has_collection, self._opened):
            await self._stop_all()

    async def close(self) -> None:
        """End every helper."""
        if self._ending is not None:
            self._ending.cancel()
        await self._stop_all()
        if self._preparing is not None:
            await asyncio.gather(self._preparing, return_exceptions=True)
        await self._stop_all()

    async def _prepare(self, release: Release) -> None:
        self._opened = release
        try:
            pair = await asyncio.to_thread(self._workspace.verify, release, registry_is_away=True)
        except VivierError as error:
            LOG.warning("batch helpers cannot open %s: %s", release.id, error)
            self._retry_at = time.monotonic() + RETRY_SECONDS
            return
        while len(self._helpers) < self._count and self._enough_memory(pair):
            self._helpers.append(await asyncio.to_thread(self._start))
        for helper in list(self._helpers):
            if helper.release_id != release.id:
                try:
                    await helper.open(release)
                except HelperFailed as error:
                    self.drop(helper, error)

    def _end(self) -> None:
        self._preparing = asyncio.create_task(self._stop_all())

    async def _stop_all(self) -> None:
        helpers, self._helpers = self._helpers, []
        await asyncio.gather(*(asyncio.to_thread(helper.stop) for helper in helpers))
