"""How well needs are read, on labelled fictional ones; the floors sit a little below what was measured."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from indexing.candidates import Plan
from indexing.needs import read_need
from indexing.skills import load_catalogue

pytestmark = pytest.mark.quality

JUDGEMENTS = Path(__file__).parents[2] / "data" / "judgements" / "needs.jsonl"
TODAY = date(2026, 7, 15)  # the day on which the labels were written
POLARITY = ("required", "preferred", "excluded")
LISTS = (*POLARITY, "languages", "places", "like")
VALUES = ("seniority", "active_since", "min_followers", "hireable")
Judgement = dict[str, Any]


@cache
def judgements() -> list[Judgement]:
    return [json.loads(line) for line in JUDGEMENTS.read_text(encoding="utf-8").splitlines()]


@cache
def plan_of(query: str) -> Plan:
    return read_need(query, load_catalogue(), today=TODAY)


def is_right(need: Judgement, part: str) -> bool:
    got = getattr(plan_of(need["query"]), part)
    if part in VALUES:
        return bool(got == need[part])
    return {entry.casefold() for entry in got} == {entry.casefold() for entry in need[part]}


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def accuracy(part: str, *, splits: tuple[str, ...] = ("dev", "test", "late")) -> float:
    return share([is_right(need, part) for need in judgements() if part in need and need["split"] in splits])


def polarity(*, splits: tuple[str, ...]) -> float:
    """The share of needs of which every skill, wish and refusal is read right."""
    chosen = [need for need in judgements() if need["split"] in splits]
    return share([all(is_right(need, part) for part in POLARITY if part in need) for need in chosen])


def test_the_judgements_are_many_and_in_both_languages() -> None:
    needs = judgements()
    assert len({need["query"] for need in needs}) == len(needs) >= 800
    assert 0.4 <= share([need["language"] == "fr" for need in needs]) <= 0.6
    assert share([need["split"] != "dev" for need in needs]) >= 0.3


def test_what_is_asked_wished_and_refused_is_read_right() -> None:
    """Measured 0.97 of 817 needs; unseen ones read 0.80 to 0.92 when they were new, see data/judgements/README.md."""
    assert polarity(splits=("dev", "test", "late")) >= 0.95
    assert polarity(splits=("test", "late")) >= 0.94


@pytest.mark.parametrize(
    ("part", "floor"),
    [
        ("required", 0.97),
        ("preferred", 0.93),
        ("excluded", 0.98),
        ("languages", 0.98),
        ("places", 0.96),
        ("seniority", 0.98),
        ("active_since", 0.99),
        ("min_followers", 0.99),
        ("hireable", 0.99),
        ("like", 0.99),
    ],
)
def test_every_part_of_a_plan_is_read_right(part: str, floor: float) -> None:
    assert accuracy(part) >= floor


@pytest.mark.parametrize(
    ("part", "precision_floor", "recall_floor"), [("required", 0.98, 0.97), ("excluded", 0.98, 0.98)]
)
def test_a_hard_filter_is_hardly_ever_wrong(part: str, precision_floor: float, recall_floor: float) -> None:
    """A wrong condition or refusal hides people for good; a missed one only ranks them lower."""
    needs = [need for need in judgements() if part in need]
    hits = found = wanted = 0
    for need in needs:
        got = {entry.casefold() for entry in getattr(plan_of(need["query"]), part)}
        labelled = {entry.casefold() for entry in need[part]}
        hits, found, wanted = hits + len(got & labelled), found + len(got), wanted + len(labelled)
    assert hits / found >= precision_floor
    assert hits / wanted >= recall_floor


def test_descriptions_of_projects_stay_as_they_are() -> None:
    """They are scored on judged corpora: no filter, and not a word changed."""
    for need in judgements():
        if need.get("untouched"):
            plan = plan_of(need["query"])
            assert (plan.words, plan.required, plan.excluded, plan.places) == (need["query"], (), (), ()), need["query"]
