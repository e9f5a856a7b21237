"""Counts drawn as bars: SVG that stands inside a page, takes its colours, and is read by phones and screen readers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from io import StringIO

import matplotlib as mpl
from matplotlib.figure import Figure  # without pyplot: no display, no state of the process

# Colours that the page replaces by its own, light or dark.
INK, BAR, FAINT, OTHER = "#010203", "#040506", "#070809", "#0a0b0c"
_PAGE = {INK: "var(--ink)", BAR: "var(--bar)", FAINT: "var(--faint)", OTHER: "var(--other)"}
WIDTH = 4.4  # inches: as wide as a phone, where it is not shrunk
_LONGEST_LABEL = 24


def bars(name: str, counts: Mapping[str, float], title: str, *, as_shares: bool = False) -> str:
    """One bar a label, from top to bottom; `name` tells the picture's parts from those of others in the page."""
    figure = Figure(figsize=(WIDTH, 0.9 + 0.24 * len(counts)), layout="constrained")
    axes = figure.subplots()
    labels = [_short(label) for label in counts]
    drawn = axes.barh(range(len(labels)), list(counts.values()), color=BAR, height=0.7)
    axes.bar_label(drawn, [_number(value, as_shares) for value in counts.values()], padding=3, color=INK, fontsize=9)
    axes.set_yticks(range(len(labels)), labels, fontsize=9)
    axes.invert_yaxis()
    axes.margins(x=0.18, y=0.02)  # room for the numbers
    axes.tick_params(colors=INK, length=0)
    axes.xaxis.set_visible(False)
    for edge in axes.spines.values():
        edge.set_visible(edge.spine_type == "left")
        edge.set_edgecolor(FAINT)
    figure.suptitle(title, fontsize=10, color=INK, x=0.01, ha="left")
    said = "; ".join(f"{label}: {_number(value, as_shares)}" for label, value in counts.items())
    return inline(figure, name, f"{title}. {said}.")


def inline(figure: Figure, name: str, said: str) -> str:
    """The figure as an SVG element without ids, names or sizes that belong to a file of its own."""
    drawn = StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    # Text stays text; the salt makes equal pictures equal.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}):
        figure.savefig(drawn, format="svg", transparent=True, metadata=nothing)
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s(?:xmlns(?::\w+)?|width|height|version)="[^"]*"', "", svg, count=5)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    for colour, variable in _PAGE.items():
        svg = svg.replace(colour, variable)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(said, quote=True)}"', 1).strip()


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _number(value: float, as_shares: bool) -> str:
    return f"{value:.1%}" if as_shares else f"{value:,.0f}"
