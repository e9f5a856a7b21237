"""The loss and the score on the people set apart, by step, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from indexing.training.trainer import SCORE


def draw_curve(history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw what was logged during a training."""
    from matplotlib.figure import Figure  # without pyplot: no display, no state of the process

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    losses, scores = figure.subplots(1, 2)
    for axes, key, title in ((losses, "loss", "loss"), (scores, SCORE, "people set apart, dense nDCG@10")):
        points = [(entry["step"], entry[key]) for entry in history if key in entry]
        axes.plot([step for step, _ in points], [value for _, value in points], marker="." if key == SCORE else "")
        axes.set_title(title)
        axes.set_xlabel("step")
    figure.savefig(path, dpi=110)
