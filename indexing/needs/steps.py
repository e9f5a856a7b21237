"""What was done with a need, told in a few plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from indexing.candidates import Plan

_MOST_STEPS: Final = 12
_MOST_NAMES: Final = 3
_LONGEST_QUOTE: Final = 60


def steps_of(
    plan: Plan, *, left_out: Sequence[str] = (), contradicted: Sequence[str] = (), is_whole: bool
) -> tuple[str, ...]:
    """The steps in the order they were taken, at most twelve; the last one is always the search."""
    told = list(_told(plan, left_out, contradicted))[: _MOST_STEPS - 1]
    last = "search for the whole text" if is_whole else "search for the words that remain"
    return (*told, last if plan.words else "no words remain to search for")


def _told(plan: Plan, left_out: Sequence[str], contradicted: Sequence[str]) -> Iterator[str]:
    yield from (f'"{name}" is both asked for and refused: refused' for name in contradicted[:_MOST_NAMES])
    if plan.required:
        yield f"read {_quoted(plan.required)} as a condition"
    if plan.preferred:
        yield f"read {_quoted(plan.preferred)} as a wish"
    yield from (f'left out "{_short(words)}"' for words in left_out[:_MOST_NAMES])
    if plan.places:
        yield f"look in {_quoted(plan.places)}"
    if plan.seniority:
        yield f"prefer {plan.seniority} people"
    if plan.active_since:
        yield f"keep who was active since {plan.active_since}"
    if plan.min_followers is not None:
        yield f"keep who has at least {plan.min_followers} followers"
    if plan.hireable:
        yield "keep who is open to work"
    if plan.like:
        yield f"compare with {_quoted(tuple('@' + login for login in plan.like))}"


def _quoted(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    listed = ", ".join(f'"{name}"' for name in names[:_MOST_NAMES])
    return f"{listed} and {more} more" if more > 0 else listed


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1].rstrip() + "…"
