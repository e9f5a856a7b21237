"""What a run's page in the Prefect UI shows: bars while it works, and what came of it with links. Nobody is named."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.logging import get_run_logger

from flows.promotion_settings import PromotionSettings

DEFAULT_URL = "http://127.0.0.1:8000"
EVERY_SECONDS = 3.0  # between two steps of a bar: each is a request
Rows = Sequence[tuple[str, object]]


class StageBars:
    """One bar a stage on the page of the run that this is called in; a `Progress` of the pipeline."""

    def __init__(self, flow: str) -> None:
        self._flow = flow
        self._bars: dict[str, UUID] = {}
        self._moved: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Move a stage's bar; a server that does not answer costs the bar, never the run."""
        is_last = done >= total
        if stage in self._bars and not is_last and time.monotonic() - self._moved[stage] < EVERY_SECONDS:
            return
        percent, sentence = (100.0 * done / total if total else 100.0), f"{stage}: {done:,} of {total:,}"
        try:
            if stage not in self._bars:
                made = create_progress_artifact(percent, artifact_key(self._flow, stage), sentence)
                self._bars[stage] = cast(UUID, made)  # awaited only where a loop runs
            else:
                update_progress_artifact(self._bars[stage], percent, sentence)
        except (httpx.HTTPError, OSError) as error:
            get_run_logger().warning("the bar of %s could not be moved (%s)", stage, type(error).__name__)
        self._moved[stage] = time.monotonic()


def show(
    key: str, sentence: str, rows: Rows, *, links: Mapping[str, str] | None = None, notes: Sequence[str] = ()
) -> None:
    """What a run did: a sentence, numbers, notes and links, and the numbers as a table. Called in a flow or task."""
    table = [{"what": what, "value": _written(value)} for what, value in rows]
    linked = [f"- [{text}]({address})" for text, address in (links or {}).items()]
    lines = [sentence, "", "| | |", "|---|---:|"]
    lines += [f"| {row['what']} | {row['value'].replace('|', ' ')} |" for row in table]
    lines += ["", *(f"- {note.strip()}" for note in notes), *linked]
    create_markdown_artifact("\n".join(lines), f"{key}-run", sentence)
    create_table_artifact(table, f"{key}-numbers", f"{key} in numbers")
    for text, address in (links or {}).items():
        create_link_artifact(address, text, artifact_key(key, text), text)


def artifact_key(*parts: str) -> str:
    """A key that Prefect takes: small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def links_of(settings: PromotionSettings, *, version: int | None = None) -> dict[str, str]:
    """Where to look further: the service's page, and the version in MLflow when that is a server."""
    found = {"Try the service": f"{(settings.public_url or settings.service_url or DEFAULT_URL).rstrip('/')}/ui"}
    if settings.mlflow_page and version is not None:
        found["Version in MLflow"] = f"{settings.mlflow_page}/#/models/vivier-encoder/versions/{version}"
    return found


def _written(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
