"""The flows that are deployed, and how each may run: the one table to add a flow to."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flows.settings import FlowSettings, listed

if TYPE_CHECKING:
    from prefect import Flow

POOL = "vivier"
HEAVY, LIGHT = "heavy", "default"  # queues of the pool; Prefect makes every pool's `default`


@dataclass(frozen=True, slots=True)
class DeployedFlow:
    """One flow, and what its deployment adds to it."""

    name: str
    module: str
    tags: tuple[str, ...]
    is_heavy: bool = False  # it takes all processors for minutes: one of these at a time
    at_once: int | None = None  # so many runs of this flow, whichever queue or worker they come by
    when_full: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"  # a run too many waits, or is cancelled

    @property
    def is_here(self) -> bool:
        """Whether this installation has the flow."""
        return importlib.util.find_spec(self.module) is not None

    def load(self) -> Flow[..., Any]:
        """The flow itself."""
        found: Flow[..., Any] = getattr(importlib.import_module(self.module), self.name)
        return found


FLOWS = (
    DeployedFlow("scrape", "flows.scrape", ("data",), at_once=1),
    DeployedFlow("quality", "flows.quality", ("data",)),
    DeployedFlow("index", "flows.index", ("release",), is_heavy=True),
    # A second refresh would do what the first is doing; it is cancelled rather than done again an hour later.
    DeployedFlow("refresh", "flows.refresh", ("data", "release"), is_heavy=True, at_once=1, when_full="CANCEL_NEW"),
    DeployedFlow("evaluate", "flows.evaluate", ("model",), is_heavy=True),
    DeployedFlow("train", "flows.train", ("model",), is_heavy=True, at_once=1),
    DeployedFlow("optimize", "flows.optimize", ("model",), is_heavy=True),
    DeployedFlow("promote", "flows.promote", ("release",), at_once=1),
    DeployedFlow("rollback", "flows.promote", ("release",), at_once=1),
    DeployedFlow("forget", "flows.forget", ("people",), at_once=1),
)


def schedules(settings: FlowSettings) -> Mapping[str, str]:
    """The cron line of each flow that has one."""
    return {"refresh": settings.refresh_cron} if settings.refresh_cron else {}


def parameters(settings: FlowSettings) -> Mapping[str, Mapping[str, Any]]:
    """What the settings say in place of a flow's own defaults; a run may say otherwise."""
    refresh = {
        "source": settings.refresh_source,
        "queries": listed(settings.refresh_queries),
        "clones": listed(settings.refresh_clones),
    }
    return {"refresh": {name: value for name, value in refresh.items() if value}}
