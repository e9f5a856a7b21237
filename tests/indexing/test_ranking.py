"""Ranking: passages become people by a law that ignores the order of what it is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.index import Hits
from indexing.passages import point_id
from indexing.ranking import (
    coverage,
    decaying_sums,
    experience,
    fuse,
    hits_of,
    marginal_parts,
    person_weights,
    prior,
    rank_leg,
)

HITS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 9), st.floats(0.015625, 1.0, width=32)),
    min_size=1,
    max_size=40,
    unique_by=lambda hit: (hit[0], hit[1]),
)


def hits(*found: tuple[int, int, float]) -> Hits:
    """Hits from (person, passage, score), best first as an index gives them."""
    ordered = sorted(found, key=lambda hit: (-hit[2], point_id(hit[0], hit[1])))
    points = np.array([point_id(person, number) for person, number, _ in ordered], np.uint64)
    return Hits(points, np.array([score for *_, score in ordered], np.float32))


def test_a_second_hit_counts_half_and_a_third_a_quarter() -> None:
    people, sums = decaying_sums(np.array([7, 7, 7]), np.array([1.0, 0.8, 0.4]), 0.5)
    assert people.tolist() == [7]
    assert sums[0] == pytest.approx(1.0 + 0.4 + 0.1)


def test_many_weak_passages_do_not_beat_two_strong_ones() -> None:
    weak = [(1, number, 0.3) for number in range(30)]
    leg = rank_leg(hits((0, 1, 0.9), (0, 2, 0.8), *weak), decay=0.5, depth=10)
    assert leg.people.tolist() == [0, 1]


def test_equal_scores_come_in_the_order_of_the_ordinals() -> None:
    leg = rank_leg(hits((5, 1, 0.5), (2, 1, 0.5), (9, 1, 0.5)), decay=0.5, depth=10)
    assert leg.people.tolist() == [2, 5, 9]


def test_a_person_in_both_legs_beats_a_person_first_in_one() -> None:
    dense = rank_leg(hits((0, 1, 0.9), (1, 1, 0.85), (2, 1, 0.1)), decay=0.5, depth=3)
    sparse = rank_leg(hits((3, 1, 9.0), (1, 1, 8.5), (2, 1, 0.1)), decay=0.5, depth=3)
    fused = fuse(dense, sparse, dense_weight=0.5, sparse_weight=0.5)
    assert fused.people[0] == 1


def test_one_leg_alone_gives_the_whole_score() -> None:
    dense = rank_leg(hits((0, 1, 0.9), (1, 1, 0.5)), decay=0.5, depth=2)
    fused = fuse(dense, None, dense_weight=0.5, sparse_weight=0.5)
    assert fused.dense[0] == pytest.approx(1.0)
    assert fused.sparse.tolist() == [0.0, 0.0]


def test_an_empty_leg_changes_nothing() -> None:
    dense = rank_leg(hits((0, 1, 0.9)), decay=0.5, depth=10)
    nothing = rank_leg(Hits(np.empty(0, np.uint64), np.empty(0, np.float32)), decay=0.5, depth=10)
    assert fuse(dense, nothing, dense_weight=0.5, sparse_weight=0.5).people.tolist() == [0]


@given(HITS, st.randoms())
def test_the_ranking_ignores_the_order_of_equal_input(found: list[tuple[int, int, float]], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first = rank_leg(hits(*found), decay=0.5, depth=5)
    second = rank_leg(hits(*shuffled), decay=0.5, depth=5)
    assert first.people.tolist() == second.people.tolist()
    assert first.raw.tolist() == second.raw.tolist()


@given(HITS)
def test_normalised_scores_lie_between_nought_and_one_and_keep_the_order(found: list[tuple[int, int, float]]) -> None:
    leg = rank_leg(hits(*found), decay=0.5, depth=4)
    scores = leg.normalised()
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (np.diff(scores) <= 1e-9).all()


@given(HITS)
def test_removing_a_passage_never_raises_a_score(found: list[tuple[int, int, float]]) -> None:
    leg = rank_leg(hits(*found), decay=0.5, depth=7)
    for person in leg.people.tolist():
        losses = marginal_parts(leg, hits_of(leg, [person])[person])
        assert all(loss >= -1e-9 for _, loss in losses)
        whole = float(leg.normalised()[leg.people.tolist().index(person)])
        assert max(loss for _, loss in losses) <= whole + 1e-9


def test_what_a_passage_is_worth_is_what_the_score_loses_without_it() -> None:
    found = [(0, 1, 0.9), (0, 2, 0.7), (1, 1, 0.8), (2, 1, 0.2)]
    leg = rank_leg(hits(*found), decay=0.5, depth=3)
    losses = dict(marginal_parts(leg, hits_of(leg, [0])[0]))
    without = leg.normalise(np.array([np.float64(np.float32(0.7))]))[0]
    assert losses[point_id(0, 1)] == pytest.approx(float(leg.normalised()[0] - without))


def test_the_unknown_have_no_standing_and_newcomers_are_not_drowned() -> None:
    assert prior(None, None, today=20_000) == 0.0
    famous, newcomer = prior(1_000_000, 20_000, today=20_000), prior(10, 20_000, today=20_000)
    assert famous == pytest.approx(1.0)
    assert newcomer > 0.6


def test_coverage_is_the_share_of_what_is_wanted() -> None:
    assert coverage(2, 1.0) == 0.5
    assert coverage(0, 0.0) == 0.0


def test_experience_follows_what_is_known_of_the_years_and_the_stars() -> None:
    now, old = 20_000, 20_000 - int(9 * 365.25)
    assert experience("senior", old, None, today=now) == 1.0
    assert experience("junior", old, None, today=now) == 0.0
    assert experience("junior", now, None, today=now) == 1.0
    assert experience("lead", old, 999, today=now) == pytest.approx(1.0)
    assert experience("lead", old, None, today=now) == 0.5
    assert {experience(one, None, None, today=now) for one in ("junior", "senior", "lead")} == {0.0}


def test_a_hit_of_somebody_with_sixty_works_counts_a_little_less() -> None:
    weights = person_weights(np.array([1, 60, 0]), 0.05)
    assert weights[0] == weights[2] == 1.0
    assert 0.8 < weights[1] < 0.82
    leg = rank_leg(hits((1, 1, 0.5), (0, 1, 0.5)), decay=0.5, depth=10, person_weights=weights)
    assert leg.people.tolist() == [0, 1]
