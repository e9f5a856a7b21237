"""Where a finished report goes: a file, MLflow, the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from indexing.errors import InputError, RegistryUnavailable
from indexing.evaluation.comparison import Section
from indexing.evaluation.evaluate import Task
from indexing.evaluation.tables import print_report
from indexing.evaluation.tracking import EXPERIMENT, Tracker, as_document, track
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
    tracker: Callable[[], Tracker] | None,
    console: Console,
    warn: Callable[[str], None],
) -> None:
    """Write the report, log it, and print it for people or as one JSON document.

    The file comes first and the terminal last: what MLflow does with the run costs neither.
    """
    run_id = None
    if out is not None:
        write_whole(out, as_document(report))
    if tracker is not None:
        try:
            run_id = track(report, tracker())
        except (RegistryUnavailable, OSError) as error:
            warn(f"The evaluation was not logged to MLflow: {error}")
    if as_json:
        console.file.write(as_document(report))
        return
    print_report(report, task.judgements, console)
    if out is not None:
        console.print(f"Written to {out}.", markup=False, highlight=False, soft_wrap=True)
    if run_id is not None:
        console.print(f"Logged to MLflow: experiment {EXPERIMENT}, run {run_id}.", highlight=False, soft_wrap=True)
