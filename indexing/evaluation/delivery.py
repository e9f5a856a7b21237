"""Where a finished report goes: a file, MLflow, the terminal."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from indexing.errors import InputError
from indexing.evaluation.comparison import Section
from indexing.evaluation.evaluate import Task
from indexing.evaluation.tables import print_report
from indexing.evaluation.tracking import EXPERIMENT, as_document, track
from indexing.registry import ModelRegistry
from indexing.run_log import Tracker
from indexing.whole_files import write_whole


def check_writable(out: Path | None) -> None:
    """Refuse, before minutes of work, a file that could not be written. InputError."""
    if out is None:
        return
    if out.is_dir():
        raise InputError(f"{out} is a folder; give the path of a file.", field="out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{out.parent} cannot be made ({error.strerror}); choose another place.", field="out"
        ) from error
    if not os.access(out.parent, os.W_OK):
        raise InputError(f"{out.parent} cannot be written to; choose another place.", field="out")


def deliver(
    report: Section,
    task: Task,
    *,
    out: Path | None,
    as_json: bool,
    tracker: Tracker,
    registry: ModelRegistry,
    console: Console,
) -> None:
    """Write the report, log it, keep its measures with the version, and print it for people or as one JSON document.

    The file comes first and the terminal last: what MLflow does with the run costs neither.
    """
    if out is not None:
        write_whole(out, as_document(report))
    run_id = track(report, tracker, registry)
    if as_json:
        console.file.write(as_document(report))
        return
    print_report(report, task.judgements, console)
    if out is not None:
        console.print(f"Written to {out}.", markup=False, highlight=False, soft_wrap=True)
    if run_id is not None:
        console.print(f"Logged to MLflow: experiment {EXPERIMENT}, run {run_id}.", highlight=False, soft_wrap=True)
