"""A report drawn: three PNG files for whoever compares runs in MLflow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure  # without pyplot: no display, no state of the process

from indexing.evaluation.comparison import FULL, Section
from indexing.evaluation.systems import RRF, SYSTEMS

NDCG = "ndcg@10"
COLOURS = {"bm25": "#8c6d31", "dense": "#4c78a8", "hybrid": "#72b7b2", "full": "#e45756", "rrf": "#9d9da1"}


def draw(report: Section, folder: Path) -> list[Path]:
    """Draw every plot into a folder."""
    plots: dict[str, Callable[[Section], Figure]] = {
        "systems.png": _systems,
        "full-against-hybrid.png": _differences,
        "by-kind.png": _by_kind,
    }
    paths = []
    for name, plot in plots.items():
        figure = plot(report)
        figure.savefig(folder / name, dpi=110)
        paths.append(folder / name)
    return paths


def _systems(report: Section) -> Figure:
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for place, (system, means) in enumerate({**report["systems"], **report["references"]}.items()):
        low, high = report["intervals"][system][NDCG]
        mean = means[NDCG]
        axes.bar(place, mean, color=COLOURS[system])
        axes.errorbar(place, mean, yerr=[[mean - low], [high - mean]], color="black", capsize=4)
        axes.annotate(f"{mean:.3f}", (place, high), ha="center", va="bottom", fontsize=9)
    axes.margins(y=0.1)  # room for the numbers above the intervals
    axes.set_xticks(range(len(SYSTEMS) + 1), [*SYSTEMS, RRF])
    axes.set_ylabel("nDCG@10")
    axes.set_title(f"{_title(report)}: nDCG@10 with 95 % intervals")
    return figure


def _differences(report: Section) -> Figure:
    differences = sorted(one[FULL] - one["hybrid"] for one in report["ndcg@10_by_query"].values())[::-1]
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    axes.bar(range(len(differences)), differences, width=1.0, color=COLOURS[FULL])
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel("queries, sorted")
    axes.set_ylabel("nDCG@10, full - hybrid")
    axes.set_title(f"{_title(report)}: full against hybrid, query by query")
    return figure


def _by_kind(report: Section) -> Figure:
    kinds = list(report["by_kind"])
    figure = Figure(figsize=(max(6.0, 1.3 * len(kinds) + 2), 4), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(SYSTEMS)
    for number, system in enumerate(SYSTEMS):
        heights = [report["by_kind"][kind][system][NDCG] for kind in kinds]
        places = [place + (number - (len(SYSTEMS) - 1) / 2) * width for place in range(len(kinds))]
        axes.bar(places, heights, width=width, color=COLOURS[system], label=system)
    axes.set_xticks(range(len(kinds)), [f"{kind}\n{report['groups']['kind'][kind]['queries']}" for kind in kinds])
    axes.set_ylabel("nDCG@10")
    axes.legend(fontsize=8)
    axes.set_title(f"{_title(report)}: by kind of query")
    return figure


def _title(report: Section) -> str:
    return f"v{report['release']['model_version']} on {report['corpus']['name']}"
