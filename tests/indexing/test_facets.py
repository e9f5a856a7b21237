"""Facets: what each value of a condition would leave, counted as a search would count it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from indexing.candidates import Conditions, Need
from indexing.errors import InvalidNeed
from indexing.facets import Facets, FacetValue, _months_before, count_facets
from indexing.open_release import OpenRelease
from indexing.search import search_people
from indexing.skills import load_catalogue
from tests.worlds import PEOPLE, World, make_deed, make_person

TODAY = date(2026, 11, 29)
ORDINALS = {profile.login: person for person, profile in enumerate(PEOPLE)}
LISTS = ("countries", "cities", "languages", "topics")
FACETS = (*LISTS, "active_since", "min_followers", "hireable")
FRANCE = Conditions(countries=("France",))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenRelease]:
    world = World(tmp_path_factory.mktemp("facets"))
    release = world.open(world.add_release(world.add_version("north")))
    yield release
    release.close()


def count(opened: OpenRelease, query: str, *, hidden: frozenset[int] = frozenset(), **conditions: Any) -> Facets:
    need = Need(query, conditions=Conditions(**conditions))
    return count_facets(need, opened, load_catalogue(), hidden=hidden, today=TODAY)


def brief(values: tuple[FacetValue, ...]) -> list[tuple[object, int]]:
    return [(one.value, one.people) for one in values]


@pytest.mark.parametrize(
    "need",
    [
        Need("Rust for motor control, in France"),
        Need("developer in Lyon or Brest, no Python, open to work"),
        Need("at least 50 followers, active since 2026", conditions=Conditions(min_followers=20)),
        Need("motor, nobody who wrote messages", conditions=FRANCE),
        Need("motors like @ada-lumen", conditions=Conditions(languages=("Rust",), topics=("motor",))),
        Need("maps", conditions=Conditions(cities=("Brest",), hireable=True, exclude=("cyr-volt",))),
        Need("maps", conditions=Conditions(languages=("COBOL",), active_since="2026-02-01", hireable=False)),
    ],
    ids=lambda need: need.query,
)
@pytest.mark.parametrize("hidden", [frozenset[int](), frozenset((ORDINALS["ada-lumen"], 40))], ids=("all", "two gone"))
def test_a_value_leaves_as_many_people_as_a_search_with_it_matches(
    opened: OpenRelease, need: Need, hidden: frozenset[int]
) -> None:
    """Sent back in the place of the condition's own values, every value keeps just whom its facet promised."""
    found = count_facets(need, opened, load_catalogue(), hidden=hidden, today=TODAY)

    def matched(conditions: Conditions) -> int:
        strict = replace(need, conditions=conditions, relax=False, mode="sparse", rerank=False, explain=False, limit=1)
        return search_people(strict, opened, load_catalogue(), hidden=hidden, today=TODAY).pool.matched

    assert (found.matched, found.total) == (matched(need.conditions), len(PEOPLE) - len(hidden))
    for name in FACETS:
        for one in getattr(found, name):
            sent: Any = (one.value,) if name in LISTS else one.value
            assert matched(replace(need.conditions, **{name: sent})) == one.people, (name, one)


def test_a_facet_leaves_its_own_condition_out_and_holds_the_others(opened: OpenRelease) -> None:
    free, french = count(opened, "motor"), count(opened, "motor", countries=("France",))
    assert brief(free.countries) == brief(french.countries) == [("FR", 3), ("CA", 1), ("DE", 1)]
    assert [one.value for one in french.countries if one.chosen] == ["FR"]
    assert brief(french.cities) == [("brest", 1), ("lyon", 1), ("nantes", 1)]
    assert brief(french.languages) == [("python", 1), ("rust", 1), ("typescript", 1)]
    assert (free.matched, french.matched) == (66, 3)


def test_a_value_that_was_chosen_is_there_whoever_has_it(opened: OpenRelease) -> None:
    found = count(opened, "motor", cities=("Paris", "Lyon"), topics=("Tea Leaves",), min_followers=77)
    assert ("paris", 0) in brief(found.cities)
    assert {one.value for one in found.cities if one.chosen} == {"paris", "lyon"}
    assert [(one.value, one.people) for one in found.topics if one.chosen] == [("tea leaves", 0)]
    assert [(one.value, one.chosen) for one in found.min_followers] == [
        (10, False),
        (77, True),
        (100, False),
        (1000, False),
    ]


def test_a_chosen_value_beyond_the_most_usual_ones_is_counted(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = World(tmp_path_factory.mktemp("many"))
    usual = " ".join(f"topic-{number:02}" for number in range(60))
    crowd = [make_person(f"p{number}", make_deed("thing", "A thing.", "C", usual)) for number in range(2)]
    rare = make_person("rare", make_deed("thing", "A thing.", "C", "zebra"))
    release = world.open(world.add_release(world.add_version("north"), [*crowd, rare]))
    found = count(release, "thing", topics=("Zebra",)).topics
    release.close()
    assert len(found) == 51
    assert brief(found)[-1] == ("zebra", 1)
    assert brief(found)[:2] == [("topic-00", 2), ("topic-01", 2)]


def test_values_have_names_that_people_read(opened: OpenRelease) -> None:
    found = count(opened, "motor", active_since="2026-02-01", hireable=False)
    assert [(one.label, one.label_fr) for one in found.countries] == [("Germany", "Allemagne")]
    free = count(opened, "motor", languages=("vim script",))
    assert {"TypeScript", "Rust", "JavaScript", "Vim Script"} <= {one.label for one in free.languages}
    assert "Lyon" in {one.label for one in count(opened, "motor").cities}
    assert [(one.value, one.label, one.label_fr) for one in found.active_since] == [
        ("2026-08-29", "3 months", "3 mois"),
        ("2026-02-01", "since 2026-02-01", "depuis le 2026-02-01"),
        ("2025-11-29", "1 year", "1 an"),
        ("2024-11-29", "2 years", "2 ans"),
        ("2021-11-29", "5 years", "5 ans"),
    ]
    assert [(one.value, one.label, one.chosen) for one in found.hireable] == [
        (True, "open to work", False),
        (False, "not open to work", True),
    ]
    assert found.min_followers[-1].label_fr == "1\u202f000+"


def test_the_plan_s_own_conditions_are_held_even_in_their_facet(opened: OpenRelease) -> None:
    """What stands in the words is taken away by changing the words or the plan, not by a filter."""
    found = count(opened, "people in France with at least 100 followers")
    assert brief(found.countries) == [("FR", 1)]
    assert brief(found.min_followers) == [(10, 1), (100, 1), (1000, 0)]


def test_three_months_before_the_last_of_may_is_the_last_of_february() -> None:
    assert _months_before(date(2027, 5, 31), 3) == date(2027, 2, 28)
    assert _months_before(date(2028, 2, 29), 12) == date(2027, 2, 28)
    assert _months_before(date(2026, 12, 1), 24) == date(2024, 12, 1)


@pytest.mark.parametrize(
    ("need", "field"),
    [
        (Need(" "), "query"),
        (Need("motor", conditions=Conditions(countries=("Atlantis",))), "filters.countries[0]"),
        (Need("motor", overrides={"places": ["Nowhereville"]}), "plan.places[0]"),
    ],
    ids=lambda value: str(value),
)
def test_what_a_search_does_not_understand_facets_do_not_either(opened: OpenRelease, need: Need, field: str) -> None:
    with pytest.raises(InvalidNeed) as caught:
        count_facets(need, opened, load_catalogue(), today=TODAY)
    assert caught.value.field == field
