"""Relaxation: which conditions give way, in which order, what is told of it, and what never gives way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.index import Area, Filters, PersonFields, keeps
from indexing.places import region_key
from indexing.relaxation import Relaxed, never_loosened, relax

ALPS = "auvergne-rhône-alpes"
BRITTANY = "brittany"
LYON = Area("FR", ALPS, "lyon")
# Meets every condition of ASKED; the others each differ from it in one thing.
FITTING = PersonFields(
    person=0,
    country="FR",
    region=ALPS,
    city="lyon",
    languages=("rust",),
    topics=("motor",),
    skills=("go", "rust"),
    followers=100,
    active_day=20_000,
    hireable=True,
)
ASKED = Filters(
    areas=(LYON,),
    all_skills=("rust", "go"),
    topics=("motor",),
    min_followers=50,
    active_since_day=19_000,
    hireable=True,
)
LESS_AND_LESS = (
    FITTING,
    replace(FITTING, person=1, followers=3),
    replace(FITTING, person=2, active_day=None),
    replace(FITTING, person=3, hireable=None),
    replace(FITTING, person=4, topics=("maps",)),
    replace(FITTING, person=5, city="grenoble"),
    replace(FITTING, person=6, region=BRITTANY, city="brest"),
    replace(FITTING, person=7, country=None, region=None, city=None),
    replace(FITTING, person=8, skills=("rust",)),
)
SOFTEST_FIRST = (
    "min_followers",
    "active_since",
    "hireable",
    "topics",
    "cities",
    "regions",
    "countries",
    "required",
)


def counting(people: Sequence[PersonFields]) -> Callable[[Filters], int]:
    """What an index answers that holds these people."""
    return lambda filters: sum(keeps(person, filters) for person in people)


def relaxed(people: Sequence[PersonFields], filters: Filters, *, enough: int = 100, allowed: bool = True) -> Relaxed:
    return relax(filters, enough=enough, count=counting(people), allowed=allowed)


def names(found: Relaxed) -> tuple[str, ...]:
    return tuple(one.filter for one in found.said)


def kept(people: Sequence[PersonFields], filters: Filters) -> set[int]:
    return {person.person for person in people if keeps(person, filters)}


def test_the_softest_condition_gives_way_first_and_the_last_named_skill_last() -> None:
    found = relaxed(LESS_AND_LESS, ASKED)
    assert names(found) == SOFTEST_FIRST
    assert [kept(LESS_AND_LESS, tier.filters) for tier in found.tiers] == [set(range(n)) for n in range(1, 10)]


@pytest.mark.parametrize("enough", range(1, 10))
def test_it_stops_as_soon_as_enough_people_match(enough: int) -> None:
    found = relaxed(LESS_AND_LESS, ASKED, enough=enough)
    assert (found.matched, len(found.tiers)) == (enough, enough)
    assert names(found) == SOFTEST_FIRST[: enough - 1]


def test_what_each_step_brought_is_told_and_the_counts_follow_one_another() -> None:
    found = relaxed(LESS_AND_LESS, ASKED)
    assert [(one.before, one.after) for one in found.said] == [(n, n + 1) for n in range(1, 9)]
    assert found.said[0].why == (
        "Only 1 person meets every condition; people with fewer followers, or an unknown number of them, were added."
    )
    assert found.said[1].why.startswith("Only 2 people meet every condition; people not known to be active since 2022")
    assert "people who do not say that they are open to work" in found.said[2].why
    assert "elsewhere in the region of Lyon" in found.said[4].why
    assert "elsewhere in the country of Auvergne-Rhône-Alpes" in found.said[5].why
    assert "not known for go" in found.said[7].why
    assert found.nearest is None


def test_each_tier_says_what_those_let_in_do_not_meet() -> None:
    found = relaxed(LESS_AND_LESS, ASKED)
    said = [
        [one.said for one in tier.lacks if not keeps(person, one.asked)]
        for tier, person in zip(found.tiers, LESS_AND_LESS, strict=True)
    ]
    assert said == [
        [],
        ["at least 50 followers"],
        ["active since 2022-01-08"],
        ["open to work"],
        ["a repository on motor"],
        ["in Lyon"],
        ["in Lyon", "in Auvergne-Rhône-Alpes"],
        ["in Lyon", "in Auvergne-Rhône-Alpes", "known to be in France"],
        ["known for go"],
    ]


def test_a_step_that_brings_nobody_is_taken_back_and_not_told() -> None:
    found = relaxed([FITTING, LESS_AND_LESS[4]], ASKED)
    assert names(found) == ("topics",)
    assert found.tiers[-1].filters == replace(ASKED, topics=())


def test_a_step_that_brought_nobody_is_tried_again_once_another_has_brought_somebody() -> None:
    near = replace(FITTING, person=1, city="grenoble")
    near_and_unknown = replace(near, person=2, followers=None)
    found = relaxed([FITTING, near, near_and_unknown], ASKED)
    assert names(found) == ("cities", "min_followers")
    assert [(one.before, one.after) for one in found.said] == [(1, 2), (2, 3)]


def test_nothing_is_loosened_when_enough_people_match_already() -> None:
    found = relaxed(LESS_AND_LESS, ASKED, enough=1)
    assert (found.tiers[0].filters, len(found.tiers), found.said) == (ASKED, 1, ())


def test_nothing_is_loosened_when_that_is_not_allowed() -> None:
    found = relaxed(LESS_AND_LESS, ASKED, allowed=False)
    assert (found.tiers[0].filters, len(found.tiers), found.said, found.matched) == (ASKED, 1, (), 1)


def test_a_country_lets_in_who_named_no_place_but_nobody_from_elsewhere() -> None:
    abroad = replace(FITTING, person=1, country="DE", region="berlin", city="berlin")
    nowhere = LESS_AND_LESS[7]
    found = relaxed([FITTING, abroad, nowhere], Filters(countries=("FR",)))
    assert names(found) == ("countries",)
    assert kept([FITTING, abroad, nowhere], found.tiers[-1].filters) == {0, 7}


def test_of_several_skills_the_first_named_must_do_and_one_alone_holds() -> None:
    people = [
        replace(FITTING, person=0, skills=("go", "kafka", "rust")),
        replace(FITTING, person=1, skills=("go", "rust")),
        replace(FITTING, person=2, skills=("rust",)),
        replace(FITTING, person=3, skills=("go", "kafka")),
    ]
    found = relaxed(people, Filters(all_skills=("rust", "go", "kafka")))
    assert [tier.filters.all_skills for tier in found.tiers] == [("rust", "go", "kafka"), ("rust", "go"), ("rust",)]
    assert names(found) == ("required", "required")
    assert kept(people, found.tiers[-1].filters) == {0, 1, 2}
    alone = relaxed(people, Filters(all_skills=("kafka",)))
    assert (alone.said, alone.matched) == ((), 2)


def test_a_town_filter_by_its_name_alone_loses_nobody_when_it_widens() -> None:
    """Paris is the largest of its name, but who lives in another one was asked for too."""
    people = [
        replace(FITTING, person=0, city="paris", region="île-de-france"),
        replace(FITTING, person=1, country="US", region="texas", city="paris"),
        replace(FITTING, person=2, city="versailles", region="île-de-france"),
        replace(FITTING, person=3, region=BRITTANY, city="brest"),
        replace(FITTING, person=4, country=None, region=None, city=None),
    ]
    found = relaxed(people, Filters(cities=("paris",)))
    assert names(found) == ("cities", "regions", "countries")
    assert [kept(people, tier.filters) for tier in found.tiers] == [{0, 1}, {0, 1, 2}, {0, 1, 2, 3}, {0, 1, 2, 3, 4}]
    for asked_for in people[:2]:
        assert all(keeps(asked_for, condition.asked) for condition in found.tiers[-1].lacks)


def test_who_lives_in_the_other_place_that_was_asked_for_lacks_no_place() -> None:
    in_brest = replace(FITTING, person=0, region=BRITTANY, city="brest")
    in_lyon = replace(FITTING, person=1, skills=("rust",))
    in_alps = replace(FITTING, person=2, city="grenoble")
    filters = Filters(areas=(LYON, Area("FR", BRITTANY)), all_skills=("rust", "go"))
    in_brittany = replace(in_brest, person=3, city="rennes", skills=("rust",))
    found = relaxed([in_brest, in_lyon, in_alps, in_brittany], filters)
    assert names(found) == ("cities", "required")
    for person in (in_lyon, in_brittany):
        assert [one.said for one in found.tiers[-1].lacks if not keeps(person, one.asked)] == ["known for go"]


@pytest.mark.parametrize(
    ("filters", "name", "why", "after"),
    [
        (Filters(min_followers=1_000, hireable=True), "min_followers", "at least 1000 followers", 1),
        (Filters(hireable=False, topics=("motor",)), "hireable", "not open to work", 1),
        (Filters(topics=("botany",)), "topics", "a repository on botany", 1),
        (Filters(areas=(Area("DE", "berlin", "berlin"),)), "places", "the condition on places", 1),
        (Filters(without_areas=(Area("FR"),)), "excluded", "the places that are refused", 1),
        (Filters(without_skills=("rust",)), "excluded", "refusing rust", 1),
        (Filters(languages=("c",)), "languages", "asking for c", 1),
        (Filters(all_skills=("rust", "c")), "required", "requiring c", 1),
        (Filters(min_followers=1_000, hireable=False), "all", "without all of this", 1),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_when_nobody_is_left_the_nearest_change_is_named(filters: Filters, name: str, why: str, after: int) -> None:
    found = relaxed([FITTING], filters, allowed=False)
    assert found.matched == 0
    assert found.nearest is not None
    assert (found.nearest.filter, found.nearest.before, found.nearest.after) == (name, 0, after)
    assert why in found.nearest.why
    assert found.nearest.why.startswith("Nobody matches; without ")


@pytest.mark.parametrize(
    "refusal",
    [Filters(without_skills=("rust",)), Filters(without_areas=(Area("FR"),)), Filters(languages=("c",))],
    ids=["skill", "place", "language"],
)
def test_what_is_refused_is_named_as_the_nearest_change_but_never_loosened_by_itself(refusal: Filters) -> None:
    found = relaxed([FITTING], refusal)
    assert (len(found.tiers), found.said, found.matched) == (1, (), 0)
    assert found.nearest is not None


def test_people_who_were_left_out_by_login_are_never_counted_again() -> None:
    found = relaxed(LESS_AND_LESS, replace(ASKED, exclude_people=tuple(range(9))))
    assert (found.said, found.matched, found.nearest) == ((), 0, None)
    some = relaxed(LESS_AND_LESS, replace(ASKED, exclude_people=(0, 1, 2)))
    assert kept(LESS_AND_LESS, some.tiers[-1].filters) == set(range(3, 9))


# Few values, so that conditions and people often meet.
PLACES = (
    ("FR", ALPS, "lyon"),
    ("FR", ALPS, "grenoble"),
    ("FR", BRITTANY, "brest"),
    ("FR", "île-de-france", "paris"),
    ("US", "texas", "paris"),
    ("US", "texas", "austin"),
    ("FR", None, None),
    (None, None, None),
)
AREAS = (LYON, Area("FR", BRITTANY, "brest"), Area("FR", ALPS), Area("US", "texas"), Area("FR"), Area("US"))
SKILLS = ("rust", "go", "kafka")


def some_of(*values: object, most: int = 2) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


CROWDS = st.lists(
    st.builds(
        lambda place, **known: PersonFields(0, *place, **known),
        st.sampled_from(PLACES),
        languages=some_of("rust", "c"),
        topics=some_of("motor", "maps"),
        skills=some_of(*SKILLS, most=3),
        followers=st.sampled_from((None, 0, 50, 100)),
        active_day=st.sampled_from((None, 18_000, 20_000)),
        hireable=st.sampled_from((None, True, False)),
    ),
    max_size=12,
).map(lambda people: [replace(person, person=number) for number, person in enumerate(people)])
FILTERS = st.builds(
    Filters,
    areas=some_of(*AREAS),
    all_skills=some_of(*SKILLS, most=3),
    without_skills=some_of(*SKILLS, most=1),
    without_areas=some_of(Area("US"), Area("FR", ALPS, "grenoble"), most=1),
    countries=some_of("FR", "US", most=1),
    cities=some_of("lyon", "paris", "austin"),
    languages=some_of("rust", "c", most=1),
    topics=some_of("motor", most=1),
    min_followers=st.sampled_from((None, 50)),
    active_since_day=st.sampled_from((None, 19_000)),
    hireable=st.sampled_from((None, True, False)),
    exclude_people=some_of(0, 1),
)


def test_the_places_of_the_law_are_called_as_the_index_calls_them() -> None:
    for _, region, _ in PLACES:
        if region is not None:
            assert (region_key(region) or "").casefold() == region


@given(CROWDS, FILTERS, st.integers(1, 12))
def test_loosening_only_ever_adds_people_and_says_what_it_did(
    people: list[PersonFields], filters: Filters, enough: int
) -> None:
    found = relaxed(people, filters, enough=enough)
    whom = [kept(people, tier.filters) for tier in found.tiers]
    assert found.tiers[0].filters == filters
    assert all(former < later for former, later in pairwise(whom))
    assert found.matched == len(whom[-1])
    assert [(one.before, one.after) for one in found.said] == [
        (len(former), len(later)) for former, later in pairwise(whom)
    ]
    assert all(len(former) < enough for former in whom[:-1])
    assert (found.nearest is None) or found.matched == 0


@given(CROWDS, FILTERS)
def test_everybody_of_the_widest_filters_is_new_in_one_tier_and_lacks_what_let_them_in(
    people: list[PersonFields], filters: Filters
) -> None:
    found = relaxed(people, filters)
    seen: set[int] = set()
    for tier in found.tiers:
        new = kept(people, tier.filters) - seen
        for number in new:
            lacks = [one.name for one in tier.lacks if not keeps(people[number], one.asked)]
            assert bool(lacks) == bool(tier.lacks)
            assert bool(lacks) == (not keeps(people[number], filters))
        seen |= new
    assert seen == kept(people, found.tiers[-1].filters)


@given(CROWDS, FILTERS)
def test_nobody_is_said_to_lack_a_condition_that_they_meet(people: list[PersonFields], filters: Filters) -> None:
    """The parts of the filters, each alone: who meets all that was asked of places lacks no place."""
    found = relaxed(people, filters)
    placed = Filters(areas=filters.areas, countries=filters.countries, cities=filters.cities)
    alone = {
        "min_followers": Filters(min_followers=filters.min_followers),
        "active_since": Filters(active_since_day=filters.active_since_day),
        "hireable": Filters(hireable=filters.hireable),
        "topics": Filters(topics=filters.topics),
        "cities": placed,
        "regions": placed,
        "countries": placed,
        "required": Filters(all_skills=filters.all_skills),
    }
    for person in people:
        for condition in found.tiers[-1].lacks:
            if keeps(person, alone[condition.name]):
                assert keeps(person, condition.asked), condition.said


@given(CROWDS, FILTERS)
def test_refusals_languages_and_the_first_skill_hold_however_few_are_found(
    people: list[PersonFields], filters: Filters
) -> None:
    for number in kept(people, relaxed(people, filters).tiers[-1].filters):
        person = people[number]
        assert set(filters.all_skills[:1]) <= set(person.skills)
        assert set(filters.without_skills).isdisjoint(person.skills)
        assert not filters.languages or not set(filters.languages).isdisjoint(person.languages)
        assert not any(keeps(person, Filters(areas=(area,))) for area in filters.without_areas)
        assert number not in filters.exclude_people
        assert keeps(person, never_loosened(filters))
