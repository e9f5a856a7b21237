"""When a task is tried again: only when something did not answer, after pauses that double."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff

from indexing.errors import Unavailable

RETRIES = 3
PAUSES = exponential_backoff(5)  # 5, 10, 20 s
JITTER = 0.3  # so that two runs that met the same fault do not come back at the same moment


def may_help(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Try again only when something did not answer; a refusal or bad data stays what it is."""
    return isinstance(state.data, Unavailable | OSError)
