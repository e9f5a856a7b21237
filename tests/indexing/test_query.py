"""From what people write to a plan and filters, and errors that name the value not understood."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest

from indexing.candidates import Conditions, Need, Plan
from indexing.errors import InvalidNeed
from indexing.index import Filters, IndexPoint, PersonFields
from indexing.memory_index import MemoryIndex, MemoryStore
from indexing.passages import point_id
from indexing.query import resolve, understand
from indexing.skills import load_catalogue
from indexing.wanted import Wanted, resolve_plan

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


TODAY = date(2026, 11, 25)


def test_named_skills_are_preferred_and_languages_told_apart() -> None:
    plan = understand(Need("embedded systems in Rust or Golang"), CATALOGUE, today=TODAY)
    assert set(plan.preferred) == {"Embedded systems", "Rust", "Go"}
    assert set(plan.languages) == {"Rust", "Go"}
    assert plan.required == ()


def test_the_caller_overrides_any_part_of_the_plan() -> None:
    overrides: dict[str, Any] = {"preferred": ["Go"], "required": [], "seniority": "senior", "min_followers": 7}
    overrides |= {"words": "motor", "like": ["bo"]}
    plan = understand(Need("embedded Rust", overrides=overrides), CATALOGUE, today=TODAY)
    assert (plan.required, plan.seniority, plan.min_followers, plan.words, plan.like) == (
        (), "senior", 7, "motor", ("bo",),
    )  # fmt: skip
    assert plan.preferred == ("Go", "Rust")  # the languages understood are still wished for
    assert plan.steps[-1].startswith("set preferred")


def test_a_plan_comes_back_as_it_went_out() -> None:
    need = Need("Rust developer in Lyon, ideally with Kubernetes, no PHP, at least 50 followers")
    plan = understand(need, CATALOGUE, today=TODAY)
    again = understand(Need(need.query, overrides=asdict(plan)), CATALOGUE, today=date(2031, 1, 1))
    assert replace(again, steps=()) == replace(plan, steps=())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", ["red"]),
        ("preferred", "Rust"),
        ("preferred", None),
        ("languages", [1]),
        ("seniority", ["senior"]),
        ("seniority", "wizard"),
        ("seniority", 3),
        ("min_followers", "many"),
        ("min_followers", True),
        ("hireable", 1),
        ("active_since", 2026),
        ("active_since", "soon"),
    ],
)
def test_an_override_that_cannot_be_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidNeed) as refused:
        understand(Need("embedded Rust", overrides={name: value}), CATALOGUE, today=TODAY)
    assert refused.value.field == f"plan.{name}"


def wanted(index: MemoryIndex, **parts: Any) -> Wanted:
    return resolve_plan(Plan(**parts), Conditions(), index, CATALOGUE)


def test_what_a_plan_requires_and_refuses_filters(index: MemoryIndex) -> None:
    found = wanted(
        index,
        required=("Rust", "k8s"),
        excluded=("PHP", "Paris", "@BO-quill", "marketing"),
        places=("Lyon", "Allemagne"),
        like=("ada-lumen",),
    )
    filters = found.filters
    assert filters.all_skills == ("rust", "kubernetes")
    assert filters.without_skills == ("php",)
    assert [area.city for area in filters.without_areas] == ["paris"]
    assert [(area.country, area.city) for area in filters.areas] == [("FR", "lyon"), ("DE", None)]
    assert filters.exclude_people == (0, 1)
    assert found.refused_words == ("marketing",)
    assert found.skills == ("Rust", "Kubernetes")


def test_places_beside_remote_work_are_wishes(index: MemoryIndex) -> None:
    found = wanted(index, places=("Lyon", "remote"), preferred=("Berlin", "Go"))
    assert found.filters.areas == ()
    assert [area.city for area in found.areas] == ["lyon", "berlin"]
    assert found.skills == ("Go",)


def test_the_stricter_of_plan_and_filters_holds(index: MemoryIndex) -> None:
    conditions = Conditions(min_followers=5, active_since="2026-01-01")
    plan = Plan(min_followers=50, active_since="2025-01-01")
    filters = resolve_plan(plan, conditions, index, CATALOGUE).filters
    assert (filters.min_followers, filters.active_since_day) == (50, 20_454)


def test_a_place_of_the_plan_that_is_not_known_is_named(index: MemoryIndex) -> None:
    with pytest.raises(InvalidNeed) as refused:
        wanted(index, places=("France", "Atlantis-sur-Mer"))
    assert refused.value.field == "plan.places[1]"
