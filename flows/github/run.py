"""A scrape of GitHub from beginning to end, as the command and the flow call it."""

from __future__ import annotations

from pathlib import Path

from flows.github.collect import open_source
from flows.github.erasure import complete_marks
from flows.github.plan import Plan
from flows.github.selection import Selection
from flows.raw_files import RawFiles
from flows.settings import FlowSettings
from flows.sources.port import Ledger, Say
from indexing.assembly import people_store


def plan_scrape(
    selection: Selection, settings: FlowSettings, *, say: Say, points_an_hour: int | None = None, anew: bool = False
) -> Plan:
    """Slices, people, points and hours, from counts alone."""
    people = people_store(settings)
    try:
        with open_source(
            selection, settings, is_erased=people.covers, say=say, points_an_hour=points_an_hour, anew=anew
        ) as source:
            return source.plan(say=say)
    finally:
        people.close()


def scrape(
    selection: Selection,
    settings: FlowSettings,
    out: Path,
    *,
    say: Say,
    points_an_hour: int | None = None,
    anew: bool = False,
) -> Ledger:
    """Write everybody in the selection into the raw files of `out`; stopped at any moment, it is called again."""
    people = people_store(settings)
    try:
        complete_marks(settings, people)
        with (
            open_source(
                selection, settings, is_erased=people.covers, say=say, points_an_hour=points_an_hour, anew=anew
            ) as source,
            RawFiles(out, is_erased=people.covers) as files,
        ):
            return source.collect(files, say=say)
    finally:
        people.close()
