"""Which release a reference names, without asking the registry at every request."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass

from indexing.errors import RegistryUnavailable, VivierError
from indexing.registry import ModelRegistry

MAX_KEPT = 256  # references are words of callers, so there may be any number of them
FRESH_SECONDS = 3.0  # where only asking would tell whether the registry changed


@dataclass(frozen=True, slots=True)
class _Said:
    release_id: str | VivierError
    revision: str | None
    at: float


class References:
    """Versions, aliases and release ids as release ids; what the registry said holds until it changes."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry
        self._said: OrderedDict[str, _Said] = OrderedDict()
        self._lock = asyncio.Lock()

    async def release_id(self, reference: str) -> str:
        """The release that a reference names now. ReleaseNotFound, RegistryUnavailable."""
        async with self._lock:  # whoever comes meanwhile finds the answer
            revision = await asyncio.to_thread(self._registry.revision)
            said = self._said.get(reference)
            if said is None or not _holds(said, revision):
                said = await asyncio.to_thread(self._ask, reference, revision)
                self._said[reference] = said
                self._said.move_to_end(reference)
                if len(self._said) > MAX_KEPT:
                    self._said.popitem(last=False)
        if isinstance(said.release_id, VivierError):
            raise said.release_id.with_traceback(None)  # one error, raised many times, would keep every caller
        return said.release_id

    def _ask(self, reference: str, revision: str | None) -> _Said:
        try:
            return _Said(self._registry.resolve(reference).release_id, revision, time.monotonic())
        except VivierError as error:
            # That it is away is remembered as well: requests that wait for one another must not each wait for it.
            return _Said(error, revision, time.monotonic())


def _holds(said: _Said, revision: str | None) -> bool:
    if revision is None or isinstance(said.release_id, RegistryUnavailable):
        return time.monotonic() - said.at < FRESH_SECONDS
    return said.revision == revision
