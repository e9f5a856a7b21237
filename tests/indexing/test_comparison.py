"""What differs between two answers, and whether the reasons given are the true ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.candidates import Answer, Candidate, Evidence, Need, Plan, Pool, Relaxation, ScoreParts, Timings
from indexing.comparison import REACH, Differences, Side, compare, differences, lacking, look
from indexing.open_release import OpenRelease
from indexing.search import search_people
from indexing.skills import load_catalogue
from tests.builders import make_profile
from tests.worlds import NAMED, World


def make_candidate(login: str, rank: int, repo: str | None = None, **parts: float) -> Candidate:
    score = ScoreParts(**parts)
    proof = Evidence("Owns it", repo, "https://github.com/x", "name", "x", 0.1, None)
    return Candidate(rank, make_profile(login), score.total, score, evidence=(proof,) if repo else ())


def make_side(label: str, *candidates: Candidate, shown: int | None = None, is_whole: bool = True) -> Side:
    """A side whose answer is the first `shown` of the candidates."""
    answer = Answer(Plan(), candidates[:shown], (), Pool(0, 0, None), Timings(0, 0, 0, 0))
    return Side(label, answer, candidates, depth=200, is_whole=is_whole)


def ranked(*logins: str, start: int = 1) -> tuple[Candidate, ...]:
    return tuple(make_candidate(login, rank, dense=1 / rank) for rank, login in enumerate(logins, start=start))


def test_an_answer_does_not_differ_from_itself() -> None:
    side = make_side("v1", *ranked("ada", "bo", "cyr"))
    found = compare(side, side)
    assert (found.entered, found.left, found.moved, found.rbo) == ((), (), (), pytest.approx(1))


def test_who_entered_left_and_moved_is_told_with_both_places() -> None:
    first = make_side("v1", *ranked("ada", "bo", "cyr", "dune"), shown=3)
    second = make_side("v2", *ranked("dune", "ada", "eve", "bo", "cyr"), shown=3)
    found = compare(first, second)
    assert [(one.login, one.rank, one.other_rank) for one in found.entered] == [("dune", 1, 4), ("eve", 3, None)]
    assert [(one.login, one.rank, one.other_rank) for one in found.left] == [("bo", 2, 4), ("cyr", 3, 5)]
    assert [(one.login, one.before, one.after) for one in found.moved] == [("ada", 1, 2)]
    assert 0 < found.rbo < 1


def test_the_part_that_differs_most_is_the_reason_with_its_evidence() -> None:
    strong = make_candidate("ada", 1, "ada/motor-hal", dense=0.62, sparse=0.21)
    weak = make_candidate("ada", 2, "ada/other", dense=0.0, sparse=0.2)
    first = make_side("v1", make_candidate("bo", 1, dense=0.5), weak, shown=1)
    second = make_side("v2", strong, shown=1)
    (entered,) = compare(first, second).entered
    assert (entered.part, entered.repo) == ("dense", "ada/motor-hal")
    assert entered.why == (
        "dense part 0.620 in v2 against 0.000 in v1 (there not above the last of the people it brings, 200 at most); "
        "strongest evidence in v2: ada/motor-hal"
    )
    (left,) = compare(second, first).left
    assert left.why == entered.why  # what brings somebody in one way takes them out the other way


def test_somebody_a_release_does_not_have_is_missing_from_it() -> None:
    first = make_side("v1", *ranked("bo"))
    second = make_side("v2", *ranked("ada"))
    lacks = Side(first.label, first.answer, first.first, first.depth, first.is_whole, frozenset({"ada"}))
    (entered,) = compare(lacks, second).entered
    assert (entered.why, entered.part, entered.other_rank) == ("missing from v1", None, None)


def test_somebody_beyond_the_hundred_is_measured_against_the_hundredth() -> None:
    many = [make_candidate(f"p-{rank}", rank, sparse=0.9 - rank / 200) for rank in range(1, REACH + 1)]
    first = make_side("v1", *many, shown=1, is_whole=False)
    second = make_side("v2", make_candidate("ada", 1, dense=0.5, sparse=0.3), shown=1)
    (entered,) = compare(first, second).entered
    assert entered.why == (
        "not among the first 100 of v1, the last of whom scores 0.400; "
        "scores 0.800 in v2, most of it by the dense part (0.500)"
    )


def test_somebody_not_in_a_list_that_ends_was_left_out_or_matches_nothing() -> None:
    (entered,) = compare(make_side("v1", *ranked("bo", "cyr")), make_side("v2", *ranked("ada"))).entered
    assert entered.why == "not among all 2 people of v1: left out by a condition, or nothing matches"


def test_somebody_who_only_moves_because_others_do_is_said_to() -> None:
    same = {"dense": 0.5, "sparse": 0.1}
    first = make_side("v1", make_candidate("bo", 1, dense=0.9), make_candidate("ada", 2, **same))
    second = make_side("v2", make_candidate("ada", 1, **same), make_candidate("bo", 2, dense=0.2))
    moved = {one.login: one for one in compare(first, second).moved}
    assert moved["ada"].part is None
    assert moved["ada"].why == "scores 0.600 in v2 and 0.600 in v1: 1 of those ahead in v1 is not ahead in v2"
    assert moved["bo"].why.startswith("dense part 0.900 in v1 against 0.200 in v2")


@given(st.permutations("abcdefgh"), st.permutations("abcdefgh"), st.integers(0, 8), st.integers(0, 8))
def test_every_difference_is_told_once_and_the_other_way_round_is_its_mirror(
    one: Sequence[str], other: Sequence[str], shown: int, shown_too: int
) -> None:
    first, second = make_side("v1", *ranked(*one), shown=shown), make_side("v2", *ranked(*other), shown=shown_too)
    there, back = compare(first, second), compare(second, first)
    before, after = first.logins, second.logins
    assert {found.login for found in there.entered} == set(after) - set(before)
    assert {found.login for found in there.left} == set(before) - set(after)
    assert {found.login for found in there.moved} == {
        login for login in set(before) & set(after) if before.index(login) != after.index(login)
    }
    assert (there.entered, there.left) == (back.left, back.entered)
    assert {(m.login, m.before, m.after, m.why) for m in there.moved} == {
        (m.login, m.after, m.before, m.why) for m in back.moved
    }
    assert there.rbo == pytest.approx(back.rbo)


# Over two releases.


@pytest.fixture
def pair(tmp_path: Path) -> tuple[OpenRelease, OpenRelease]:
    world = World(tmp_path)
    first = world.add_release(world.add_version("north"), NAMED[:3])
    second = world.add_release(world.add_version("south"), NAMED)
    return world.open(first), world.open(second)


def search(need: Need, opened: OpenRelease) -> Answer:
    return search_people(need, opened, load_catalogue())


def test_a_person_added_since_is_missing_from_the_older_release(pair: tuple[OpenRelease, OpenRelease]) -> None:
    need = Need("messages over a lossy network", limit=3)
    first, second = (look(need, opened, search, label=name) for opened, name in zip(pair, ("v1", "v2"), strict=True))
    first, second = lacking(first, second, pair[0]), lacking(second, first, pair[1])
    assert (first.lacks, second.lacks) == ({"dune-ferry", "eve-nobody"}, frozenset())
    entered = {one.login: one.why for one in compare(first, second).entered}
    assert entered["dune-ferry"] == "missing from v1"


def test_the_page_is_the_one_asked_for_and_the_first_hundred_hold_it(pair: tuple[OpenRelease, OpenRelease]) -> None:
    need = Need("motor control", limit=2, offset=1)
    side = look(need, pair[1], search, label="v2")
    assert [one.rank for one in side.answer.candidates] == [2, 3]
    assert side.answer.candidates[0].evidence
    assert [one.rank for one in side.first] == list(range(1, len(side.first) + 1))
    assert side.is_whole


def test_where_a_hundred_are_found_by_looser_conditions_only_the_page_is_looked_at(
    pair: tuple[OpenRelease, OpenRelease],
) -> None:
    def looser(need: Need, opened: OpenRelease) -> Answer:
        found = search(Need(need.query, limit=need.limit, offset=need.offset), opened)
        if need.limit < REACH:
            return found
        return Answer(found.plan, found.candidates[::-1], (Relaxation("x", "y", 1, 2),), found.pool, found.timings)

    side = look(Need("motor control", limit=2), pair[1], looser, label="v2")
    assert side.first == side.answer.candidates
    assert not side.is_whole


# A search of earlier against the same search now.


def shown(*logins: str) -> tuple[tuple[str, float], ...]:
    return tuple((one.profile.login, one.score) for one in ranked(*logins))


def test_the_same_people_with_the_same_scores_are_no_change() -> None:
    found = differences(shown("ada", "bo"), ranked("ada", "bo"), gone=())
    assert found == Differences((), (), (), 0, 0)
    assert not found.is_change


def test_who_comes_goes_and_moves_is_a_change() -> None:
    found = differences(shown("ada", "bo", "cyr"), ranked("bo", "ada", "dune"), gone=())
    assert [(one.login, one.rank) for one in found.entered] == [("dune", 3)]
    assert [(one.login, one.rank) for one in found.left] == [("cyr", 3)]
    assert [(one.login, one.before, one.after) for one in found.moved] == [("bo", 2, 1), ("ada", 1, 2)]
    assert found.is_change


def test_another_score_at_the_same_place_is_a_change() -> None:
    found = differences((("ada", 0.5),), ranked("ada"), gone=())
    assert (found.rescored, found.is_change) == (1, True)


@pytest.mark.parametrize(("gone", "erased", "then"), [(["bo"], 0, "abcd"), ([], 1, "acd")])
def test_an_erased_person_whose_place_others_take_is_no_change(gone: list[str], erased: int, then: str) -> None:
    names = {"a": "ada", "b": "bo", "c": "cyr", "d": "dune"}
    kept = tuple((names[letter], 0.5) for letter in then)
    found = differences(kept, ranked("ada", "cyr", "dune", "eve"), gone=gone, erased=erased)
    assert (found.entered, found.left, found.moved, found.erased) == ((), (), (), 1)
    assert not found.is_change


def test_an_erasure_hides_no_other_change() -> None:
    found = differences(shown("ada", "bo", "cyr"), ranked("cyr", "ada", "eve"), gone=["bo"])
    assert {one.login for one in found.moved} == {"ada", "cyr"}
    assert found.is_change


def test_a_later_page_keeps_its_ranks() -> None:
    found = differences(shown("ada", "bo"), ranked("bo", "ada", start=11), gone=())
    assert [(one.login, one.before, one.after) for one in found.moved] == [("bo", 12, 11), ("ada", 11, 12)]
