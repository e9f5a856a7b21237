"""What happens between two steps: progress, evaluation, early stopping, the time budget, and a clean stop."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from indexing.pipeline import Progress
from indexing.training.options import Options
from indexing.training.trainer import SCORE, scores_of
from indexing.whole_files import write_whole

SPENT = "spent.json"


class Stop:
    """Ctrl-C: the training ends after the step under way, with a checkpoint. A second one ends it at once."""

    def __init__(self) -> None:
        self.is_asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C for the time of the block, where this is the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def ask(*_: object) -> None:
            self.is_asked = True
            signal.signal(signal.SIGINT, before)

        signal.signal(signal.SIGINT, ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


class Watch(TrainerCallback):
    """Follows one training from step to step."""

    def __init__(
        self,
        options: Options,
        *,
        score: Callable[[], float],
        log: Callable[[dict[str, float]], None],
        report: Callable[[int, dict[str, float]], None],
        progress: Progress,
        stop: Stop,
        folder: Path,
        minutes: float,
    ) -> None:
        self._options = options
        self._score, self._log, self._report, self._progress = score, log, report, progress
        self._stop = stop
        self._spent = folder / SPENT
        self._seconds = _read_seconds(self._spent)
        self._minutes = minutes
        self._since = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Show where it starts; a training that never was evaluated is, so that the base is the first score."""
        self._since = time.monotonic()
        if not scores_of(state.log_history):
            self._evaluate()
        self._progress("train", state.global_step, state.max_steps)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Evaluate and save when it is time, or when this is the last step."""
        self._progress("train", state.global_step, state.max_steps)
        is_last = state.global_step >= state.max_steps
        is_over = self._stop.is_asked or self.seconds >= 60 * self._minutes
        is_due = state.global_step % self._options.evaluate_every == 0
        if (is_due or is_last or is_over) and not self._stop.is_asked:
            self._evaluate()
            control.should_log = True  # logging the score took the loss's turn
            is_over = is_over or _is_getting_worse(scores_of(state.log_history), self._options.patience)
        if is_due or is_last or is_over:
            self._write_spent()
            control.should_save = True
        if is_over:
            control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, **logged: Any) -> None:
        """Hand on the loss."""
        self._report(state.global_step, logged["logs"])

    @property
    def seconds(self) -> float:
        """Time spent on this training, that before a kill included as far as checkpoints go."""
        return self._seconds + time.monotonic() - self._since

    def _evaluate(self) -> None:
        self._log({SCORE: self._score()})

    def _write_spent(self) -> None:
        write_whole(self._spent, json.dumps({"seconds": round(self.seconds, 1)}))


def _is_getting_worse(scores: list[tuple[int, float]], patience: int) -> bool:
    """Whether the last so many evaluations brought nothing better than before them."""
    if len(scores) <= patience:
        return False
    values = [value for _, value in scores]
    return max(values[-patience:]) <= max(values[:-patience])


def _read_seconds(path: Path) -> float:
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
