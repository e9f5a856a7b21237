"""What a search means: read as GitHub documents it, and the same as looking at each account in turn."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.fake_github import palette
from flows.fake_github import search_index as index
from flows.fake_github.accounts import location, stamp
from flows.fake_github.search_query import HIGHEST, LOWEST, Range, read, read_range
from flows.fake_github.world import World

WORLD = World(1_200, 9)
_DAY = 86_400


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def found(query: str) -> set[int]:
    return {int(each) for each in index.accounts(read(query), WORLD)}


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("5", 5, 5), (">5", 6, HIGHEST), (">=5", 5, HIGHEST), ("<5", LOWEST, 4), ("<=5", LOWEST, 5),
        ("5..9", 5, 9), ("5..*", 5, HIGHEST), ("*..9", LOWEST, 9),
    ],
)  # fmt: skip
def test_numbers_are_compared_with_bounds_included(text: str, low: int, high: int) -> None:
    assert read_range("followers", text) == Range(low, high)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2020-02-01", second("2020-02-01"), second("2020-02-01T23:59:59")),
        (">2020-02-01", second("2020-02-02"), HIGHEST),
        ("<2020-02-01", LOWEST, second("2020-01-31T23:59:59")),
        ("2020-02-01..2020-02-29", second("2020-02-01"), second("2020-02-29T23:59:59")),
        ("2020-02-01T10:00:00Z..2020-02-01T10:00:05Z", second("2020-02-01T10:00:00"), second("2020-02-01T10:00:05")),
        ("2020-02-01T10:00:00+02:00", second("2020-02-01T08:00:00"), second("2020-02-01T08:00:00")),
        ("*..2020-02", LOWEST, second("2020-02-29T23:59:59")),
        ("2020..*", second("2020-01-01"), HIGHEST),
    ],
)
def test_dates_are_whole_days_and_times_are_seconds(text: str, low: int, high: int) -> None:
    assert read_range("created", text) == Range(low, high)


@pytest.mark.parametrize("text", ["", "..", "a", "5..", "..5", "1.5", "2020-13-01"])
def test_what_is_no_range_is_none(text: str) -> None:
    assert read_range("created" if "-" in text else "followers", text) is None


def test_quotes_negation_and_words_are_read() -> None:
    asked = read('ada "new wave" location:"san francisco" -location:paris -followers:>5 NOT go sort:joined-asc foo:bar')
    assert asked.texts == {"location": ("san francisco",)}
    assert asked.not_texts == {"location": ("paris",)}
    assert asked.not_ranges == (("followers", Range(6, HIGHEST)),)
    assert asked.words == ("ada", "new wave", "foo:bar")
    assert asked.not_words == ("go",)
    assert asked.sort == "joined-asc"


def test_an_empty_search_finds_nobody() -> None:
    assert found("") == found("   ") == found("sort:followers") == set()


def test_a_place_is_found_by_whole_words_in_any_case_and_accent() -> None:
    lyon = found("location:LYON")
    assert lyon
    assert all("lyon" in (location(WORLD.population, each) or "").lower() for each in lyon)
    assert not found("location:lyo")
    assert found("location:montreal") == found("location:Montréal")
    assert found('location:"paris, france"') < found("location:paris")
    assert found("location:lyon location:paris") == lyon | found("location:paris")


def test_organisations_are_accounts_too() -> None:
    everybody = found("repos:>=0")
    assert found("repos:>=0 type:user") | found("repos:>=0 type:org") == everybody
    assert all(WORLD.population.is_organisation(each) for each in found("type:org"))


def test_a_language_is_that_of_most_of_what_one_made() -> None:
    for ordinal in range(200):
        population = WORLD.population
        own = [population.languages[each] for each in population.repositories(ordinal) if not population.is_fork[each]]
        counts = [sum(each == number for each in own) for number in range(len(palette.languages()))]
        if not any(counts):
            continue
        name = palette.languages()[counts.index(max(counts))]
        assert ordinal in found(f'language:"{name}"')
    assert found("language:cpp") == found("language:c++")


def test_words_are_looked_for_where_in_says() -> None:
    login = WORLD.population.logins[7]
    assert 7 in found(login)
    assert 7 in found(f"{login} in:login")
    assert 7 not in found(f"{login} in:name")
    assert found(f"user:{login}") == {7}


@settings(max_examples=60, deadline=None)
@given(
    low=st.integers(0, 60), width=st.integers(0, 400), year=st.integers(2009, 2026), months=st.integers(1, 40),
    place=st.sampled_from(["lyon", "paris", "france", "berlin"]), negated=st.booleans(),
)  # fmt: skip
def test_the_index_finds_whom_looking_at_each_account_finds(
    low: int, width: int, year: int, months: int, place: str, negated: bool
) -> None:
    population = WORLD.population
    begin, end = second(f"{year}-01-01"), second(f"{year}-01-01") + months * 30 * _DAY
    query = (
        f"{'-' if negated else ''}location:{place} followers:{low}..{low + width} created:{stamp(begin)}..{stamp(end)}"
    )
    words = [set(index.plain(location(population, each) or "").replace(",", " ").split())
             for each in range(population.accounts)]  # fmt: skip
    naive = {
        each
        for each in range(population.accounts)
        if WORLD.is_there[each]
        and low <= population.followers[each] <= low + width
        and begin <= population.created[each] <= end
    }
    holding = {each for each in naive if any(place == word.strip("()📍/") for word in words[each])}
    got = found(query)
    assert got <= naive
    assert holding <= got if not negated else not holding & got


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 6_300 * _DAY), max_size=6), base=st.sampled_from(["repos:>=0", "location:paris"]))
def test_slices_by_date_hold_everybody_once(cuts: list[int], base: str) -> None:
    first = int(WORLD.population.created.min())
    edges = sorted({first + cut for cut in cuts})
    slices = [f"*..{stamp(edges[0] - 1)}"] if edges else ["*..*"]
    slices += [f"{stamp(low)}..{stamp(high - 1)}" for low, high in pairwise(edges)]
    slices += [f">={stamp(edges[-1])}"] if edges else []
    parts = [found(f"{base} created:{part}") for part in slices]
    assert set().union(*parts) == found(base)
    assert sum(map(len, parts)) == len(found(base))


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 3_000), min_size=1, max_size=5, unique=True))
def test_slices_by_followers_hold_everybody_once(cuts: list[int]) -> None:
    edges = sorted(cuts)
    slices = [f"<{edges[0]}"] + [f"{low}..{high - 1}" for low, high in pairwise(edges)]
    parts = [found(f"type:user followers:{part}") for part in (*slices, f">={edges[-1]}")]
    assert set().union(*parts) == found("type:user")
    assert sum(map(len, parts)) == len(found("type:user"))


def test_repositories_are_found_by_language_stars_owner_and_words() -> None:
    population = WORLD.population
    rust = index.repositories(read("language:rust stars:>3"), WORLD)
    assert len(rust)
    assert all(population.stars[each] > 3 and not population.is_fork[each] for each in rust)
    owner = next(each for each in range(100) if len(population.repositories(each)) > 5)
    mine = index.repositories(read(f"user:{population.logins[owner]} fork:true"), WORLD)
    assert sorted(mine) == list(population.repositories(owner))
    name = WORLD.shelf.names(owner)[0]
    assert population.repositories(owner)[0] in index.repositories(
        read(f"{name} user:{population.logins[owner]} fork:true"), WORLD
    )
