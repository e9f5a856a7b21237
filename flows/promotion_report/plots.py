"""A champion and a candidate drawn beside each other: SVG that stands inside a page and takes its colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot: no display, no state of the process

from flows.data_quality.plots import BAR, FAINT, INK, OTHER, WIDTH, inline

Beside = Mapping[str, tuple[float, float]]  # what it is -> the champion's, the candidate's


def pairs(
    name: str, values: Beside, title: str, *, digits: int = 3, unit: str = "", marks: Mapping[str, float] | None = None
) -> str:
    """Two bars a label, the champion's above; `marks` are lines to compare both with."""
    figure = Figure(figsize=(WIDTH, 0.8 + 0.46 * len(values)), layout="constrained")
    axes = figure.subplots()
    for place, (label, (champion, candidate)) in enumerate(values.items()):
        mark = (marks or {}).get(label)
        for offset, value, colour in ((-0.19, champion, BAR), (0.19, candidate, OTHER)):
            axes.barh(place + offset, value, height=0.34, color=colour)
            right = max(value, mark or 0.0)  # a number under a line cannot be read
            axes.annotate(
                f"{value:.{digits}f}{unit}", (right, place + offset), (4, 0), textcoords="offset points",
                va="center", fontsize=8, color=INK,
            )  # fmt: skip
        if mark is not None:
            axes.vlines(mark, place - 0.4, place + 0.4, color=INK, linewidth=1.4)
    axes.set_yticks(range(len(values)), list(values), fontsize=9)
    axes.invert_yaxis()
    axes.margins(x=0.22, y=0.02)  # room for the numbers
    axes.xaxis.set_visible(False)
    _plain(axes, keeps=("left",))
    figure.suptitle(title, fontsize=10, color=INK, x=0.01, ha="left")
    said = "; ".join(
        f"{label}: {one:.{digits}f}{unit} and {two:.{digits}f}{unit}" for label, (one, two) in values.items()
    )
    return inline(figure, name, f"{title}, champion and candidate. {said}.")


def differences(name: str, values: Sequence[float], title: str) -> str:
    """A bar a query, the most gained first; what is gained and what is lost have their own colours."""
    ordered = sorted(values, reverse=True)
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    axes = figure.subplots()
    colours = [OTHER if value > 0 else BAR for value in ordered]
    axes.bar(range(len(ordered)), ordered, width=1.0, color=colours)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xlabel("queries, sorted", fontsize=8, color=INK)
    axes.tick_params(labelsize=8)
    axes.xaxis.set_ticks([])
    _plain(axes, keeps=("left",))
    figure.suptitle(title, fontsize=10, color=INK, x=0.01, ha="left")
    won, lost = sum(value > 0 for value in ordered), sum(value < 0 for value in ordered)
    return inline(figure, name, f"{title}. {won} gained, {lost} lost, of {len(ordered)}.")


def histogram(name: str, counts: Sequence[int], title: str) -> str:
    """How many searches fall into each tenth from 0 to 1."""
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    axes = figure.subplots()
    places = [(number + 0.5) / len(counts) for number in range(len(counts))]
    drawn = axes.bar(places, counts, width=0.9 / len(counts), color=OTHER)
    axes.bar_label(drawn, [str(count) if count else "" for count in counts], fontsize=8, color=INK, padding=2)
    axes.set_xlim(0, 1)
    axes.tick_params(labelsize=8)
    axes.yaxis.set_visible(False)
    axes.margins(y=0.12)
    _plain(axes, keeps=("bottom",))
    figure.suptitle(title, fontsize=10, color=INK, x=0.01, ha="left")
    return inline(figure, name, f"{title}. {', '.join(map(str, counts))} by tenths from 0 to 1.")


def _plain(axes: Axes, *, keeps: tuple[str, ...]) -> None:
    axes.tick_params(colors=INK, length=0)
    for side, edge in axes.spines.items():
        edge.set_visible(side in keeps)
        edge.set_edgecolor(FAINT)
