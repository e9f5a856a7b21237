"""Progress bars of the stages, on standard error."""

from __future__ import annotations

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from indexing.terminal import ERR

STAGES = {
    "fetch": "Fetching the model",
    "load": "Reading the raw files",
    "enrich": "Enriching profiles",
    "passages": "Counting words",
    "export": "Exporting the encoder to ONNX",
    "embed": "Embedding passages",
    "build": "Building the collection",
    "register": "Registering the version",
    "registry": "Copying the registry",
    "collections": "Copying collections",
    "sums": "Sums of files, MB",
    "apart": "Checking on the other half",
    "contest": "Asking champion and candidate",
    "probation": "Probation, seconds",
    "mine": "Mining pairs",
    "tokens": "Asking the teacher for every token",
    "teach": "Asking the teacher for every text",
    "train": "Training, step by step",
    "mix": "Mixing with the base",
}


class Bars:
    """Progress bars on standard error, one for each stage that is under way."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=ERR,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._tasks:
            self._progress.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that a stage has come so far."""
        self._progress.start()  # not before: an error without any progress stays one line
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(STAGES.get(stage, stage), total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)
