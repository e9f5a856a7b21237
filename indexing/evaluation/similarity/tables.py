"""The report on similarity printed for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexing.evaluation.comparison import Section
from indexing.evaluation.similarity.labelled_pairs import HIGHEST, LabelledPair
from indexing.evaluation.similarity.measuring import MEASURES
from indexing.evaluation.tables import interval_text

WORST = 5  # pairs shown whose calibrated score is farthest from their grade
TEXT_WIDTH = 60
NAMES = {
    "spearman": "Spearman",
    "pearson": "Pearson",
    "mae": "MAE",
    "accuracy": "accuracy",
}


def print_similarity(report: Section, pairs: Mapping[str, LabelledPair], console: Console) -> None:
    """Print what was measured on what, then the versions beside each other, by language, by kind, and the worst."""
    judged, versions = report["pairs"], report["versions"]
    files = ", ".join(judged["files"])
    console.print(
        Text(
            f"{files}: calibrated on {judged['dev']} pairs (dev), measured on {judged['test']} others (test); "
            f"{report['seconds']:.0f} s. MAE is in grades of 0 to {HIGHEST}, once calibrated; accuracy of "
            f"related or not. Without looking at the texts: MAE {judged['blind']['mae']:.3f}, accuracy "
            f"{judged['blind']['accuracy']:.3f}."
        ),
        soft_wrap=True,
    )
    console.print(_overall(versions))
    for version, found in versions.items():
        console.print(_by_language(version, found))
        console.print(_by_kind(version, found))
        console.print(_worst(version, found, pairs))


def _overall(versions: Mapping[str, Section]) -> Table:
    table = Table("test pairs", title="Similarity, with 95 % intervals")
    for version, found in versions.items():
        table.add_column(f"version {version}\n{found['model']}", justify="center")
    for measure in MEASURES:
        table.add_row(NAMES[measure], *(_cell(found["overall"][measure]) for found in versions.values()))
    table.add_row("related from a cosine of", *(f"{one['calibration']['threshold']:.3f}" for one in versions.values()))
    return table


def _by_language(version: str, found: Section) -> Table:
    table = Table("language", "pairs", title=f"Version {version} by language")
    shown = [measure for measure in MEASURES if measure != "pearson"]  # four do not fit an ordinary terminal
    for measure in shown:
        table.add_column(NAMES[measure], justify="center", no_wrap=True)
    for language, part in found["by_language"].items():
        table.add_row(language, str(part["pairs"]), *(_cell(part[measure]) for measure in shown))
    return table


def _by_kind(version: str, found: Section) -> Table:
    table = Table("kind", "pairs", title=f"Version {version} by kind")
    for name in ("grade", "cosine", NAMES["mae"], NAMES["accuracy"]):
        table.add_column(name, justify="center", no_wrap=True)
    for kind, part in found["by_kind"].items():
        means = (f"{part['mean_grade']:.1f}", f"{part['mean_cosine']:.3f}")
        table.add_row(kind, str(part["pairs"]), *means, _cell(part["mae"]), _cell(part["accuracy"]))
    return table


def _worst(version: str, found: Section, pairs: Mapping[str, LabelledPair]) -> Table:
    table = Table("id", "grade", "calibrated", "texts", title=f"Version {version}: farthest from their grade")
    for name, one in worst_pairs(found)[:WORST]:
        texts = "\n".join(text if len(text) <= TEXT_WIDTH else f"{text[:TEXT_WIDTH]}..." for text in pairs[name].texts)
        table.add_row(Text(name), f"{one['grade']:.0f}", f"{one['calibrated']:.1f}", Text(texts))
    return table


def worst_pairs(found: Section) -> list[tuple[str, dict[str, Any]]]:
    """The pairs of test with their calibrated scores, the one farthest from its grade first."""
    fitted = found["calibration"]
    judged = [
        (name, {**one, "calibrated": float(np.interp(one["cosine"], fitted["cosines"], fitted["grades"]))})
        for name, one in found["by_pair"].items()
        if one["split"] == "test"
    ]
    return sorted(judged, key=lambda one: (-abs(one[1]["calibrated"] - one[1]["grade"]), one[0]))


def _cell(measured: Mapping[str, Any]) -> str:
    return f"{measured['value']:.3f}\n{interval_text(measured['interval'])}"
