"""One training from its first step, or the newest checkpoint, to its end."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indexing.pipeline import Progress
from indexing.training.callbacks import Stop, Watch
from indexing.training.options import Options
from indexing.training.trainer import Lesson, checkpoints, history_of, make_trainer
from indexing.whole_files import write_whole

FINISHED = "finished.json"
Report = Callable[[int, Mapping[str, float]], None]


def run_lesson(
    model: Any,
    lesson: Lesson,
    score: Callable[[], float],
    folder: Path,
    options: Options,
    *,
    minutes: float,
    report: Report,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Train, going on from the newest checkpoint in `folder`; returns what was logged from the first step on.

    KeyboardInterrupt after Ctrl-C, once the step under way is saved. A training that ended is not begun again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished = folder / FINISHED
    if not finished.exists():
        kept = checkpoints(folder)
        stop = Stop()
        with _quiet(), stop.listening():
            trainer = make_trainer(model, lesson, folder=folder, options=options)
            watch = Watch(
                options,
                score=score,
                log=trainer.log,
                report=report,
                progress=progress,
                stop=stop,
                folder=folder,
                minutes=minutes,
            )
            trainer.add_callback(watch)
            trainer.train(resume_from_checkpoint=str(kept[-1]) if kept else None)
        if stop.is_asked:
            raise KeyboardInterrupt
        write_whole(finished, json.dumps({"seconds": round(watch.seconds, 1)}))
    return history_of(checkpoints(folder)[-1])


@contextmanager
def _quiet() -> Iterator[None]:
    """Standard error is for our own bars and sentences."""
    loggers = [logging.getLogger(name) for name in ("transformers", "sentence_transformers", "accelerate", "datasets")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # A CPU has no memory to pin, and torch's scheduler is asked for its rate before the first step.
            warnings.filterwarnings("ignore", message=".*pin_memory.*")
            warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
