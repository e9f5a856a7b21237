"""Slices: every account in exactly one, none larger than GitHub gives, whatever the population."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.github.search_query import DAY, read_query
from flows.github.slices import Cell, cut, cut_many

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NOON = int(datetime(2020, 2, 29, 12, tzinfo=UTC).timestamp())
Account = tuple[int, int]  # created, followers

moments = st.one_of(
    st.integers(int(datetime(2008, 1, 1, tzinfo=UTC).timestamp()), int(NOW.timestamp())),
    st.integers(NOON - 40, NOON + 40),  # crowds on one day, and within one second
    st.just(NOON),
)
populations = st.lists(st.tuples(moments, st.one_of(st.integers(0, 3), st.integers(0, 400_000))), max_size=60)


def matching(text: str, population: Sequence[Account]) -> list[int]:
    """Who matches, read from the text as a server would."""
    asked = read_query(text, now=NOW)
    return [
        place
        for place, (created, followers) in enumerate(population)
        if asked.created[0] <= created <= asked.created[1] and asked.followers[0] <= followers <= asked.followers[1]
    ]


def pieces(text: str, population: Sequence[Account], most: int) -> list[Cell]:
    """The parts that cutting ends with."""

    def count(texts: Sequence[str]) -> list[int]:
        return [len(matching(one, population)) for one in texts]

    waiting = [(Cell(read_query(text, now=NOW)), count([text])[0])]
    done = []
    while waiting:
        large = [each for each in waiting if each[1] > most]
        done += [cell for cell, people in waiting if people <= most]
        waiting = []
        for (cell, _), halves in zip(large, cut_many(large, count), strict=True):
            if halves is None:
                done.append(cell)
            else:
                waiting += halves
    return done


@settings(deadline=None, max_examples=60)
@given(
    populations,
    st.sampled_from(["lyon", "lyon followers:>1", "lyon created:<=2020-02-29", "created:>2019-05-06 followers:0..200"]),
)
def test_every_account_is_in_exactly_one_part_and_no_part_is_too_large(population: list[Account], text: str) -> None:
    found = [matching(cell.text, population) for cell in pieces(text, population, most=3)]
    assert sorted(place for part in found for place in part) == matching(text, population)
    for part in found:
        if len(part) > 3:
            assert len({population[place] for place in part}) == 1, "only accounts that are alike stay together"


def test_a_query_that_fits_is_asked_as_it_was_given() -> None:
    query = read_query("  location:lyon   followers:>5 ", now=NOW)
    assert Cell(query).text == "location:lyon followers:>5"


def test_bounds_already_there_are_narrowed_not_repeated() -> None:
    query = read_query("created:>2015-01-01 location:lyon followers:>5", now=NOW)
    for half in next(Cell(query).cuts()):
        assert half.text.count("created:") == 1
        assert half.text.count("followers:") == 1
        assert "followers:>5" in half.text
    assert next(Cell(query).cuts())[0].text.split("created:")[1].startswith("2015-01-02..")


def test_a_single_day_is_cut_into_seconds_and_a_second_by_followers() -> None:
    query = read_query("created:2020-02-29", now=NOW)
    first, second = next(Cell(query).cuts())
    assert first.text == "created:2020-02-29T00:00:00Z..2020-02-29T11:59:59Z"
    assert second.text == "created:2020-02-29T12:00:00Z..2020-02-29T23:59:59Z"
    at_noon = Cell(query, created=(NOON, NOON))
    assert next(half.text.split()[-1] for half in next(at_noon.cuts())).startswith("followers:0..")
    assert list(Cell(query, created=(NOON, NOON), followers=(7, 7)).cuts()) == []


def test_a_server_that_reads_after_a_day_as_after_its_midnight_loses_nobody() -> None:
    """ "created:>2020-02-29" may or may not mean the rest of that day: the halves must count as many as the whole."""
    population = [(NOON, 1)] * 5 + [(NOON + 3 * DAY, 1)] * 5
    query = read_query("created:>2020-02-29", now=NOW)

    def count(texts: Sequence[str]) -> list[int]:
        return [10 if text == query.text else len(matching(text, population)) for text in texts]

    halves = cut(Cell(query), 10, count)
    assert halves is not None
    assert sum(people for _, people in halves) == 10


def test_a_server_that_does_not_know_seconds_is_asked_by_followers() -> None:
    population = [(NOON, followers) for followers in range(10)]
    query = read_query("created:2020-02-29", now=NOW)

    def count(texts: Sequence[str]) -> list[int]:
        return [0 if "T" in text else len(matching(text, population)) for text in texts]

    halves = cut(Cell(query), 10, count)
    assert halves is not None
    assert all("followers:" in cell.text and "T" not in cell.text for cell, _ in halves)
    assert sum(people for _, people in halves) == 10


def test_accounts_that_leave_between_two_counts_do_not_stop_a_cut() -> None:
    counted: list[int] = []

    def count(texts: Sequence[str]) -> list[int]:
        counted.append(len(texts))
        return [9] if len(texts) == 1 else [5, 4]

    halves = cut(Cell(read_query("lyon", now=NOW)), 10, count)
    assert halves is not None
    assert [people for _, people in halves] == [5, 4]
    assert counted == [2, 1]


def test_a_server_that_ignores_a_bound_is_not_cut_by_it_for_ever() -> None:
    query = read_query("lyon", now=NOW)

    def count(texts: Sequence[str]) -> list[int]:
        return [900 for _ in texts]

    assert cut(Cell(query), 900, count) is None
