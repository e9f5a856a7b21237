"""Answers as people read them in a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from indexing.candidates import Answer, Plan

ERR = Console(stderr=True)
OUT = Console()
_LISTS = ("required", "preferred", "excluded", "places", "like", "ignored")
_VALUES = ("seniority", "active_since", "min_followers", "hireable")


def say(text: str) -> None:
    """Print for people; lines are left to the terminal to wrap, so that a pipe gets them whole."""
    OUT.print(text, markup=False, highlight=False, soft_wrap=True)


def warn(sentence: str) -> None:
    """A warning, on standard error."""
    ERR.print(sentence, style="yellow", markup=False, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON document, for programs."""
    sys.stdout.write(json.dumps(value, default=str, ensure_ascii=False) + "\n")


def understood(plan: Plan) -> str:
    """The plan in one line; "" when there is nothing in it but words."""
    parts = [f"{name}: {', '.join(getattr(plan, name))}" for name in _LISTS if getattr(plan, name)]
    parts += [f"{name.replace('_', ' ')}: {getattr(plan, name)}" for name in _VALUES if getattr(plan, name) is not None]
    return "; ".join(parts)


def remarks(answer: Answer) -> Iterator[str]:
    """What was understood, what gave way, and what would find somebody when nobody was found."""
    line = understood(answer.plan)
    if line:
        yield f"Understood {line}."
    for one in answer.relaxed:
        yield one.why
    if answer.nearest is not None:
        yield answer.nearest.why


def people_table(answer: Answer, release_id: str) -> Table:
    """The candidates with their first two claims."""
    table = Table("#", title=f"{answer.pool.matched} people in {release_id}")
    table.add_column("login", no_wrap=True)  # one that is cut cannot be looked up
    for name in ("place", "score", "lacks", "evidence"):
        table.add_column(name)
    for one in answer.candidates:
        place = ", ".join(part for part in (one.profile.city, one.profile.country) if part)
        quotes = "\n".join(f"{proof.claim}: “{proof.quote}”" for proof in one.evidence[:2])
        table.add_row(str(one.rank), one.profile.login, place, f"{one.score:.3f}", ", ".join(one.missing), quotes)
    return table
