"""Preparing a release to serve, stage by stage, and how far that is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, get_args

from indexing.errors import NotEnoughMemory
from indexing.open_release import OpenRelease, Pair
from indexing.releases import Release
from indexing.workspace import Workspace
from service.spares import Spares

Stage = Literal["verifying", "opening", "warming", "switching"]
# In this order; of a spare, which is open, the two in the middle are left out.
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, slots=True)
class Loading:
    """A release on its way to serve."""

    release: Release
    stage: Stage
    since: datetime  # when it began


class ReleaseLoading:
    """Opens releases for the lane, one at a time. Belongs to the event loop."""

    def __init__(
        self,
        workspace: Workspace,
        spares: Spares,
        *,
        enough_memory: Callable[[Pair], bool],
        warm: Callable[[OpenRelease], object],
    ) -> None:
        self.now: Loading | None = None
        self._workspace = workspace
        self._spares = spares
        self._enough_memory = enough_memory
        self._warm = warm

    def reach(self, release: Release, stage: Stage) -> None:
        """Let everybody see that this release is at this stage."""
        if self.now is None or self.now.release.id != release.id:
            self.now = Loading(release, stage, datetime.now(UTC))
        else:
            self.now = replace(self.now, stage=stage)

    def end(self) -> None:
        """Nothing is being loaded any more, for better or worse."""
        self.now = None

    async def prepare(self, release: Release, *, is_beside: bool, registry_is_away: bool = False) -> OpenRelease:
        """The release, checked, open and warm, so that only the switch is left; a spare when there is one.

        `is_beside`: another one goes on serving meanwhile, and there must be memory for both. NotEnoughMemory.
        """
        self.reach(release, "verifying")
        pair = await asyncio.to_thread(self._workspace.verify, release, registry_is_away=registry_is_away)
        opened = self._spares.take(release.id)
        if opened is None:
            if is_beside and not self._enough_memory(pair):
                await self._spares.close()
                if not self._enough_memory(pair):
                    raise NotEnoughMemory(
                        f"There is too little free memory to hold {release.id} beside the release that serves; "
                        "load it with ?policy=drop-first, which answers 503 while it loads."
                    )
            self.reach(release, "opening")
            opened = await asyncio.to_thread(self._workspace.open, pair)
            self.reach(release, "warming")
            try:
                await asyncio.to_thread(self._warm, opened)
            except BaseException:
                await asyncio.to_thread(opened.close)
                raise
        self.reach(release, "switching")
        return opened
