"""The report put beside the raw files: `quality.html` to read, `quality.json` for programs and for the next report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.data_quality.changes import Changes, emptier
from flows.data_quality.facts import Facts, read_collection
from flows.data_quality.page import page
from flows.data_quality.report import QualityReport, report
from indexing.errors import InputError
from indexing.whole_files import write_whole

PAGE, NUMBERS = "quality.html", "quality.json"


def deliver(folder: Path, before: Facts | None) -> Path:
    """Report on the raw files of a folder and put the page and the numbers beside them; returns the page's path.

    `before` are the facts of the files whose place these took: `facts_of(folder)`, asked before the scrape ends.
    """
    return write_report(report_on(folder, before), folder / PAGE)


def report_on(folder: Path, before: Facts | None = None) -> QualityReport:
    """The report of a folder; without the facts from before, compared as far as the last one's numbers allow."""
    made = report(folder, before, collection=read_collection(folder))
    return replace(made, changes=_remembered(folder / NUMBERS, made)) if before is None else made


def write_report(made: QualityReport, out: Path) -> Path:
    """Write the page, and the numbers beside it; returns the page's path."""
    try:
        write_whole(out, page(made))
        write_whole(out.with_suffix(".json"), json.dumps(made.to_dict(), indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise InputError(
            f"{out} cannot be written ({error.strerror or error}); name another --out.", field="out"
        ) from error
    return out


def lines(made: QualityReport) -> Iterator[str]:
    """The report in a few lines, for a terminal."""
    yield f"{made.people:,} people, {made.repositories:,} repositories, {made.contributions:,} contributions"
    if made.coverage is not None and made.coverage.population is not None:
        yield f"{made.coverage.collected:,} of {made.coverage.population:,} people at the source were collected"
    for file in made.files:
        aside = sum(file.rejected.values())
        if aside or file.merged:
            yield f"{file.file}: {aside:,} rows set aside, {file.merged:,} merged as doubles"
    recognised, unread, _ = made.places.values()
    yield f"a country is recognised for {recognised:,} of {recognised + unread:,} people who give a location"
    if made.changes is not None:
        for what, moved in (("people", made.changes.people), ("repositories", made.changes.repositories)):
            if moved is not None:
                yield f"{what}: {moved.new:,} new, {moved.gone:,} gone, {moved.changed:,} changed since the last"
        for one in made.changes.emptier:
            yield f"warning: {one.table}.{one.column} is empty in {one.after:.1%} of the rows, {one.before:.1%} before"


def _remembered(path: Path, made: QualityReport) -> Changes | None:
    """What the last report's numbers tell: of the same files its own changes, of others which fields emptied."""
    try:
        last: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if last["data_rev"] == made.data_rev:
            return Changes.from_dict(last["changes"]) if last["changes"] else None
        return Changes(None, None, emptier(last["missing"], made.missing))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # none, or not ours
