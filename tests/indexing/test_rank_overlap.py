"""Rank-biased overlap: worked examples, and the laws it must keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.rank_overlap import rank_biased_overlap

RANKINGS = st.lists(st.sampled_from("abcdefghijkl"), unique=True, max_size=12)
PERSISTENCE = st.floats(0.05, 0.99)


def test_two_names_swapped_agree_from_the_second_rank_on() -> None:
    # agreement 0 at rank 1, 1 at rank 2 and below: .1/.9 * .81 + .81
    assert rank_biased_overlap("ab", "ba", p=0.9) == pytest.approx(0.9)


def test_a_shorter_list_is_taken_to_go_on_as_it_began() -> None:
    # equation 32 with s = 1, l = 2, X_1 = 0, X_2 = 1: .1/.9 * .5 * .81 + .5 * .81
    assert rank_biased_overlap(["a"], ["b", "a"], p=0.9) == pytest.approx(0.45)
    # s = 1, l = 2, X_1 = X_2 = 1: agreement 1 and (1 + 1) / 2
    assert rank_biased_overlap(["a"], ["a", "b"], p=0.9) == pytest.approx(1.0)


def test_the_top_counts_more_than_the_bottom() -> None:
    ranking = "abcdef"
    assert rank_biased_overlap(ranking, "abcdfe") > rank_biased_overlap(ranking, "bacdef")


def test_depth_looks_at_the_top_alone() -> None:
    assert rank_biased_overlap("abxyz", "abuvw", depth=2) == pytest.approx(1.0)
    assert rank_biased_overlap("abxyz", "abuvw", depth=3) < 1


def test_empty_lists_are_the_same_and_like_no_other() -> None:
    assert rank_biased_overlap([], []) == 1.0
    assert rank_biased_overlap([], ["a"]) == 0.0


@pytest.mark.parametrize("wrong", [{"p": 0.0}, {"p": 1.0}, {"depth": 0}])
def test_a_persistence_or_depth_without_meaning_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        rank_biased_overlap("ab", "ab", **wrong)  # type: ignore[arg-type]


@given(RANKINGS, RANKINGS, PERSISTENCE)
def test_it_lies_in_0_to_1_and_is_symmetric(first: list[str], second: list[str], p: float) -> None:
    overlap = rank_biased_overlap(first, second, p=p)
    assert 0 <= overlap <= 1
    assert overlap == rank_biased_overlap(second, first, p=p)


@given(RANKINGS, PERSISTENCE)
def test_a_list_is_itself(ranking: list[str], p: float) -> None:
    assert rank_biased_overlap(ranking, ranking, p=p) == pytest.approx(1.0)


@given(RANKINGS, RANKINGS, PERSISTENCE)
def test_lists_without_anybody_in_common_do_not_overlap(first: list[str], second: list[str], p: float) -> None:
    others = [name.upper() for name in second]
    assert rank_biased_overlap(first, others, p=p) == (0.0 if first or others else 1.0)


@given(RANKINGS, RANKINGS, PERSISTENCE, st.integers(1, 12))
def test_depth_is_the_same_as_cutting(first: list[str], second: list[str], p: float, depth: int) -> None:
    assert rank_biased_overlap(first, second, p=p, depth=depth) == rank_biased_overlap(
        first[:depth], second[:depth], p=p
    )
