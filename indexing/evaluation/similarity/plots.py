"""The report on similarity drawn: scores against grades with the calibration, and the measures by language."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure  # without pyplot: no display, no state of the process

from indexing.evaluation.comparison import Section
from indexing.evaluation.similarity.labelled_pairs import HIGHEST, RELATED

SEED = 20_101
COLOURS = {"en": "#4c78a8", "fr": "#e45756", "mixed": "#72b7b2"}


def draw_similarity(version: str, found: Section, languages: dict[str, str], folder: Path) -> None:
    """Draw both plots of a version into a folder; `languages` gives each pair's."""
    calibration_figure(version, found, languages).savefig(folder / "calibration.png", dpi=110)
    _by_kind(version, found).savefig(folder / "by-kind.png", dpi=110)


def calibration_figure(version: str, found: Section, languages: dict[str, str]) -> Figure:
    """Every pair of test by its cosine and grade, the calibration fitted on dev, and the threshold."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    random = np.random.default_rng(SEED)
    for language, colour in COLOURS.items():
        test = [
            one for name, one in found["by_pair"].items() if one["split"] == "test" and languages.get(name) == language
        ]
        grades = np.array([one["grade"] for one in test]) + random.uniform(-0.18, 0.18, len(test))  # else they overlap
        axes.scatter([one["cosine"] for one in test], grades, s=16, alpha=0.7, color=colour, label=language)
    fitted = found["calibration"]
    axes.plot(fitted["cosines"], fitted["grades"], color="black", linewidth=1.5, label="calibration (dev)")
    axes.axvline(fitted["threshold"], color="grey", linestyle="--", linewidth=1, label="related from here")
    axes.axhline(RELATED - 0.5, color="grey", linestyle=":", linewidth=1)
    axes.set_xlabel("cosine")
    axes.set_ylabel(f"grade by hand, 0 to {HIGHEST} (spread for the eye)")
    spearman, mae = (found["overall"][name]["value"] for name in ("spearman", "mae"))
    axes.set_title(f"v{version} {found['model']}: Spearman {spearman:.2f}, MAE {mae:.2f} once calibrated")
    axes.legend(fontsize=8, loc="lower right")
    return figure


def _by_kind(version: str, found: Section) -> Figure:
    kinds = sorted(found["by_kind"], key=lambda kind: found["by_kind"][kind]["mean_grade"])
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for place, kind in enumerate(kinds):
        mae = found["by_kind"][kind]["mae"]
        low, high = mae["interval"]
        axes.barh(place, mae["value"], color="#4c78a8")
        axes.plot([low, high], [place, place], color="black", linewidth=1.2)
    axes.set_yticks(range(len(kinds)), [f"{kind} ({found['by_kind'][kind]['pairs']})" for kind in kinds])
    axes.set_xlabel("mean distance from the grade, once calibrated, with 95 % intervals")
    axes.set_title(f"v{version} {found['model']}: kinds of pairs, the least alike below")
    return figure
