"""Searches as people write them: taken apart, put together, or refused with a sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.github.search_query import MOST_FOLLOWERS, read_query
from indexing.errors import InputError

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "followers"),
    [
        ("followers:>5", (6, MOST_FOLLOWERS)),
        ("followers:>=5", (5, MOST_FOLLOWERS)),
        ("followers:<5", (0, 4)),
        ("followers:<=5", (0, 5)),
        ("followers:5", (5, 5)),
        ("followers:5..9", (5, 9)),
        ("followers:5..*", (5, MOST_FOLLOWERS)),
        ("followers:*..9", (0, 9)),
        ("followers:>5 followers:<=9", (6, 9)),
    ],
)
def test_followers_become_inclusive_bounds(text: str, followers: tuple[int, int]) -> None:
    assert read_query(text, now=NOW).followers == followers


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("created:2015-01-31", "2015-01-31T00:00:00", "2015-01-31T23:59:59"),
        ("created:>2015-01-31 created:<=2016-01-01", "2015-02-01T00:00:00", "2016-01-01T23:59:59"),
        ("created:2015-01-31..2015-02-01", "2015-01-31T00:00:00", "2015-02-01T23:59:59"),
        ("created:2015-01-31T10:00:00Z..2015-01-31T11:00:00+00:00", "2015-01-31T10:00:00", "2015-01-31T11:00:00"),
    ],
)
def test_dates_become_inclusive_bounds(text: str, first: str, last: str) -> None:
    assert read_query(text, now=NOW).created == (seconds(first), seconds(last))


def test_quotes_negations_and_words_stay_as_they_are() -> None:
    query = read_query('location:"san francisco" -language:php "data engineer" followers:>5', now=NOW)
    assert query.within((seconds("2015-01-01T00:00:00"), seconds("2015-01-02T23:59:59")), None) == (
        'location:"san francisco" -language:php "data engineer" created:2015-01-01..2015-01-02 followers:>5'
    )


@pytest.mark.parametrize("text", ["followers:many", "created:yesterday", "followers:>9 followers:<5", "   "])
def test_what_cannot_be_meant_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match="--query"):
        read_query(text, now=NOW)
