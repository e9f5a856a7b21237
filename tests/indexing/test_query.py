"""From what people write to a plan and filters, and errors that name the value not understood."""

from __future__ import annotations

from typing import Any

import pytest

from indexing.candidates import Conditions, Need
from indexing.errors import InvalidNeed
from indexing.index import Filters, IndexPoint, PersonFields
from indexing.memory_index import MemoryIndex, MemoryStore
from indexing.passages import point_id
from indexing.query import resolve, understand
from indexing.skills import load_catalogue

CATALOGUE = load_catalogue()


@pytest.fixture
def index() -> MemoryIndex:
    store = MemoryStore()
    markers = [
        IndexPoint(point_id(person, 0), PersonFields(person), {}, login=login)
        for person, login in enumerate(("ada-lumen", "bo-quill"))
    ]
    store.build("people", markers, dimension=4, manifest={})
    return store.open("people")


def test_no_condition_is_no_filter(index: MemoryIndex) -> None:
    assert resolve(Conditions(), index, CATALOGUE).is_empty


def test_every_condition_becomes_its_filter(index: MemoryIndex) -> None:
    conditions = Conditions(
        countries=("Allemagne", "Germany", "fr"),
        cities=("LYON",),
        languages=("golang", "Rust", "Brainfudge"),
        topics=(" Maps ",),
        min_followers=3,
        active_since="1970-01-03",
        hireable=True,
        exclude=("BO-quill", "nobody-here"),
    )
    assert resolve(conditions, index, CATALOGUE) == Filters(
        countries=("DE", "FR"),
        cities=("lyon",),
        languages=("go", "rust", "brainfudge"),
        topics=("maps",),
        min_followers=3,
        active_since_day=2,
        hireable=True,
        exclude_people=(1,),
    )


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        ({"countries": ("France", "Atlantis")}, "filters.countries[1]"),
        ({"countries": ("🦀",)}, "filters.countries[0]"),
        ({"countries": (" ",)}, "filters.countries[0]"),
        ({"cities": ("Atlantis-sur-Mer",)}, "filters.cities[0]"),
        ({"cities": (", (",)}, "filters.cities[0]"),
        ({"active_since": "last year"}, "filters.active_since"),
        ({"active_since": "2026-02-30"}, "filters.active_since"),
    ],
    ids=str,
)
def test_a_value_not_understood_is_named(index: MemoryIndex, conditions: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidNeed) as refused:
        resolve(Conditions(**conditions), index, CATALOGUE)
    assert refused.value.field == field
    assert field in str(refused.value)


@pytest.mark.parametrize("word", ["🦀", " ", "c++", "C#", "\u202e", "a" * 200])
def test_any_word_may_be_asked_for_as_a_language(index: MemoryIndex, word: str) -> None:
    (language,) = resolve(Conditions(languages=(word,)), index, CATALOGUE).languages
    assert language == language.casefold()


def test_named_skills_are_preferred_and_languages_told_apart() -> None:
    plan = understand(Need("embedded systems in Rust or Golang"), CATALOGUE)
    assert plan.preferred == ("Embedded systems", "Rust", "Go")
    assert plan.languages == ("Rust", "Go")
    assert plan.required == ()


def test_the_conditions_are_part_of_the_plan() -> None:
    conditions = Conditions(countries=("France",), cities=("Brest",), min_followers=5, active_since="2026-01-01")
    plan = understand(Need("maps", conditions=conditions), CATALOGUE)
    assert (plan.places, plan.min_followers, plan.active_since) == (("France", "Brest"), 5, "2026-01-01")


def test_the_caller_overrides_any_part_of_the_plan() -> None:
    overrides: dict[str, Any] = {"preferred": ["Go"], "required": [], "seniority": "senior", "min_followers": 7}
    plan = understand(Need("embedded Rust", overrides=overrides), CATALOGUE)
    assert (plan.preferred, plan.required, plan.seniority, plan.min_followers) == (("Go",), (), "senior", 7)
    assert plan.languages == ("Rust",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", ["red"]),
        ("steps", ["none"]),
        ("preferred", "Rust"),
        ("preferred", None),
        ("languages", [1]),
        ("seniority", ["senior"]),
        ("seniority", 3),
        ("min_followers", "many"),
        ("active_since", 2026),
        ("active_since", "soon"),
    ],
)
def test_an_override_that_cannot_be_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidNeed) as refused:
        understand(Need("embedded Rust", overrides={name: value}), CATALOGUE)
    assert refused.value.field == f"plan.{name}"
