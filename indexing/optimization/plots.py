"""A study drawn: its history, what its parameters mattered, and the front."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import optuna
from matplotlib.figure import Figure  # without pyplot: no display, no state of the process

from indexing.optimization.front import front_of, measured_trials, start_of

GREY, RED, BLUE = "#9d9da1", "#e45756", "#4c78a8"
MIN_IMPORTANCE_TRIALS = 10


def draw(study: optuna.Study, folder: Path) -> list[Path]:
    """Draw every plot that the trials so far allow into a folder."""
    plots: dict[str, Callable[[optuna.Study], Figure | None]] = {
        "front.png": _front,
        "history.png": _history,
        "importances.png": _importances,
    }
    paths = []
    for name, plot in plots.items():
        figure = plot(study)
        if figure is not None:
            figure.savefig(folder / name, dpi=110)
            paths.append(folder / name)
    return paths


def _front(study: optuna.Study) -> Figure:
    tried = measured_trials(study)
    front, start = front_of(tried), start_of(tried)
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.scatter([one.milliseconds for one in tried], [one.ndcg for one in tried], color=GREY, label="trials")
    line = sorted((one for one in front if not (one is start and any(o.beats(one) for o in tried))),
                  key=lambda one: one.milliseconds)  # fmt: skip
    axes.plot([one.milliseconds for one in line], [one.ndcg for one in line], "o-", color=RED, label="the front")
    if start is not None:
        axes.scatter([start.milliseconds], [start.ndcg], color=BLUE, marker="s", zorder=3, label="as served")
    for one in line:
        axes.annotate(str(one.number), (one.milliseconds, one.ndcg), xytext=(3, 5), textcoords="offset points", size=8)
    axes.set_xlabel("processor milliseconds a search, median")
    axes.set_ylabel("nDCG@10, the half that is tuned on")
    axes.set_title(f"{study.study_name}: {len(tried)} trials measured to their end")
    axes.legend(fontsize=8)
    return figure


def _history(study: optuna.Study) -> Figure:
    tried = measured_trials(study)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.scatter([one.number for one in tried], [one.ndcg for one in tried], color=GREY, label="trials")
    best, line = 0.0, []
    for one in tried:
        best = max(best, one.ndcg)
        line.append(best)
    axes.plot([one.number for one in tried], line, color=RED, label="best so far")
    axes.set_xlabel("trial")
    axes.set_ylabel("nDCG@10, the half that is tuned on")
    axes.set_title(f"{study.study_name}: history")
    axes.legend(fontsize=8)
    return figure


def _importances(study: optuna.Study) -> Figure | None:
    if len(measured_trials(study)) < MIN_IMPORTANCE_TRIALS:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Optuna, about what it calls experimental
        try:
            found = optuna.importance.get_param_importances(study, target=lambda trial: float(trial.values[0]))
        except (ValueError, RuntimeError):  # all trials alike
            return None
    figure = Figure(figsize=(7, 0.35 * len(found) + 1.2), layout="constrained")
    axes = figure.subplots()
    names = list(reversed(list(found)))
    axes.barh(names, [found[name] for name in names], color=BLUE)
    axes.set_xlabel("share of nDCG@10's variance over the trials")
    axes.set_title(f"{study.study_name}: what mattered")
    return figure
