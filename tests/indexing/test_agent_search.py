"""Search as an agent: what it filters by, wishes for and refuses, whom it lets in when too few are left, and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from indexing.candidates import Answer, Candidate, Conditions, Need
from indexing.errors import InvalidNeed
from indexing.open_release import OpenRelease
from indexing.search import NEAR_TIER, search_people
from indexing.skills import load_catalogue
from tests.worlds import PEOPLE, World, day, make_deed, make_person

TODAY = date(2026, 10, 15)


def motors(login: str, language: str, *also: str, **changes: Any) -> Any:
    """Somebody who builds motors in a language, and things in others."""
    others = [make_deed(f"plain-{other.lower()}", "Small things.", other) for other in also]
    return make_person(login, make_deed("motor-loop", "A motor control loop.", language), *others, **changes)


def lighthouse(login: str, **changes: Any) -> Any:
    return make_person(login, make_deed("lamp", "Keeps a lighthouse lamp turning.", "Nim"), **changes)


OTHERS = (
    motors("gus-rivet", "Rust", location="Grenoble, France"),
    motors("hal-keel", "Rust"),  # names no place
    motors("ivy-spark", "Rust", location="Berlin, Germany"),
    motors("jon-cog", "Rust", "Go", location="Lyon, France"),
    motors("kim-shaft", "Rust", location="Nantes, France"),
    # Alike in all but place, years and stars; without a wish they come in the order of their logins.
    lighthouse("twin-a", location="Berlin, Germany", created_at=day("2026-06-01"), stars=0),
    lighthouse("twin-b", location="Lyon, France", created_at=day("2012-06-01"), stars=900),
)
ALL = tuple(sorted((*PEOPLE, *OTHERS), key=lambda profile: profile.login))
EVERYBODY = frozenset(profile.login for profile in ALL)
ORDINALS = {profile.login: person for person, profile in enumerate(ALL)}
RUST = frozenset({"cyr-volt", "gus-rivet", "hal-keel", "ivy-spark", "jon-cog", "kim-shaft"})


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenRelease]:
    world = World(tmp_path_factory.mktemp("agent"))
    release = world.open(world.add_release(world.add_version("north"), ALL))
    yield release
    release.close()


def search(
    opened: OpenRelease, query: str = "motor control", *, hidden: frozenset[int] = frozenset(), **changes: Any
) -> Answer:
    """A search for a hundred people unless said otherwise; what is no part of a need is a part of the plan."""
    known = {name: changes.pop(name) for name in tuple(changes) if name in Need.__dataclass_fields__}
    today = changes.pop("today", TODAY)
    need = Need(query, **({"limit": 100} | known), overrides=changes)
    return search_people(need, opened, load_catalogue(), hidden=hidden, today=today)


def logins(answer: Answer) -> list[str]:
    return [candidate.profile.login for candidate in answer.candidates]


def essence(candidates: tuple[Candidate, ...]) -> list[tuple[int, str, float, tuple[str, ...]]]:
    return [(one.rank, one.profile.login, one.score, one.missing) for one in candidates]


def missing(answer: Answer) -> dict[str, tuple[str, ...]]:
    return {one.profile.login: one.missing for one in answer.candidates}


def descends(answer: Answer) -> bool:
    scores = [one.score for one in answer.candidates]
    return scores == sorted(scores, reverse=True)


# --- What is required and refused ---


def test_who_lacks_a_required_skill_is_not_found(opened: OpenRelease) -> None:
    answer = search(opened, required=["Rust"], relax=False)
    assert set(logins(answer)) == RUST
    assert answer.pool.matched == len(RUST)


def test_every_required_skill_must_be_there(opened: OpenRelease) -> None:
    assert logins(search(opened, required=["Rust", "Go"], relax=False)) == ["jon-cog"]


def test_a_requirement_is_read_from_the_sentence_itself(opened: OpenRelease) -> None:
    answer = search(opened, "A developer for motor control. Rust is mandatory.", relax=False)
    assert answer.plan.required == ("Rust",)
    assert set(logins(answer)) == RUST


@pytest.mark.parametrize(
    ("refused", "out"),
    [
        (["Rust"], RUST),
        (["Germany"], {"bo-quill", "ivy-spark", "twin-a"}),
        (["Allemagne"], {"bo-quill", "ivy-spark", "twin-a"}),
        (["Lyon"], {"cyr-volt", "jon-cog", "twin-b"}),
        (["@CYR-volt", "@no-such-login"], {"cyr-volt"}),
        (["lossy network"], {"dune-ferry"}),
        (["brushless motor", "Go"], {"cyr-volt", "dune-ferry", "jon-cog"}),
        (["words that nobody wrote"], set()),
    ],
    ids=["skill", "country", "its French name", "town", "login", "words", "words and a skill", "no such words"],
)
def test_a_refusal_leaves_out_those_it_names_and_nobody_else(
    opened: OpenRelease, refused: list[str], out: set[str]
) -> None:
    answer = search(opened, excluded=refused, mode="dense")
    assert EVERYBODY - set(logins(answer)) == out
    assert answer.pool.matched == len(EVERYBODY) - len(out)


def test_a_refusal_is_read_from_the_sentence_itself(opened: OpenRelease) -> None:
    answer = search(opened, "motor control, no Rust")
    assert answer.plan.excluded == ("Rust",)
    assert logins(answer)[0] == "bo-quill"
    assert RUST.isdisjoint(logins(answer))


def test_who_names_no_place_is_not_taken_to_be_in_a_refused_one(opened: OpenRelease) -> None:
    found = logins(search(opened, excluded=["France", "Germany", "Canada"], mode="dense"))
    assert {"hal-keel", "eve-nobody"} <= set(found)


# --- What is wished for ---


@pytest.mark.parametrize(
    ("wish", "first"),
    [
        ({}, "twin-a"),
        ({"preferred": ["Lyon"]}, "twin-b"),
        ({"preferred": ["France"]}, "twin-b"),
        ({"preferred": ["Berlin"]}, "twin-a"),
        ({"places": ["remote", "Lyon"]}, "twin-b"),
        ({"seniority": "senior"}, "twin-b"),
        ({"seniority": "lead"}, "twin-b"),
        ({"seniority": "junior"}, "twin-a"),
    ],
    ids=str,
)
def test_a_wish_moves_people_up_and_filters_nobody(opened: OpenRelease, wish: dict[str, Any], first: str) -> None:
    answer = search(opened, "lighthouse lamp", mode="dense", **wish)
    assert set(logins(answer)) == EVERYBODY
    other = {"twin-a": "twin-b", "twin-b": "twin-a"}[first]
    assert logins(answer)[:2] == [first, other]
    scores = [one.score for one in answer.candidates[:2]]
    assert (scores[0] > scores[1]) == bool(wish)
    assert answer.relaxed == ()


def test_a_wished_skill_filters_nobody_and_who_lacks_it_is_told_so(opened: OpenRelease) -> None:
    answer = search(opened, preferred=["Go"], mode="dense")
    assert set(logins(answer)) == EVERYBODY
    assert missing(answer)["jon-cog"] == ()
    assert missing(answer)["gus-rivet"] == ("Go",)


# --- Who is let in when too few are left ---


def test_those_who_meet_every_condition_come_first_and_scores_descend_over_the_tiers(opened: OpenRelease) -> None:
    answer = search(opened, required=["Rust"], places=["Lyon"])
    assert set(logins(answer)[:2]) == {"cyr-volt", "jon-cog"}
    assert logins(answer)[2:] == ["gus-rivet", "kim-shaft", "hal-keel"]  # region, country, unknown; never Berlin
    assert descends(answer)
    assert [one.rank for one in answer.candidates] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "sparse"])
@pytest.mark.parametrize("rerank", [True, False])
def test_whoever_is_let_in_scores_below_the_last_of_the_strict(opened: OpenRelease, mode: str, rerank: bool) -> None:
    """Those let in write of motors, the strict of a lighthouse: by the words alone they would come first."""
    answer = search(opened, "motor control loop", places=["Berlin"], mode=mode, rerank=rerank, seniority="senior")
    strict = [one for one in answer.candidates if not one.missing]
    assert logins(answer)[: len(strict)] == [one.profile.login for one in strict]
    assert set(logins(answer)[: len(strict)]) <= {"bo-quill", "ivy-spark", "twin-a"}
    assert len(strict) < len(answer.candidates)
    assert descends(answer)


def test_what_somebody_let_in_lacks_is_told_in_words(opened: OpenRelease) -> None:
    assert missing(search(opened, required=["Rust"], places=["Lyon"])) == {
        "cyr-volt": (),
        "jon-cog": (),
        "gus-rivet": ("in Lyon",),
        "kim-shaft": ("in Lyon", "in Auvergne-Rhône-Alpes"),
        "hal-keel": ("in Lyon", "in Auvergne-Rhône-Alpes", "known to be in France"),
    }


def test_who_lacks_a_required_skill_and_was_let_in_for_the_other_is_told_which(opened: OpenRelease) -> None:
    answer = search(opened, required=["Rust", "Go"])
    assert logins(answer)[0] == "jon-cog"
    assert set(logins(answer)) == RUST
    assert {login: lacks for login, lacks in missing(answer).items() if login != "jon-cog"} == dict.fromkeys(
        RUST - {"jon-cog"}, ("Go",)
    )
    assert [one.filter for one in answer.relaxed] == ["required"]


def test_the_pool_and_what_is_told_of_relaxing_agree_with_who_is_shown(opened: OpenRelease) -> None:
    answer = search(opened, required=["Rust"], places=["Lyon"])
    assert [(one.filter, one.before, one.after) for one in answer.relaxed] == [
        ("cities", 2, 3),
        ("regions", 3, 4),
        ("countries", 4, 5),
    ]
    assert answer.pool.matched == len(answer.candidates) == answer.relaxed[-1].after
    assert answer.pool.total == len(ALL)
    strict = search(opened, required=["Rust"], places=["Lyon"], relax=False)
    assert strict.pool.matched == len(strict.candidates) == answer.relaxed[0].before


def test_no_more_is_loosened_than_the_page_needs(opened: OpenRelease) -> None:
    assert search(opened, required=["Rust"], places=["Lyon"], limit=2).relaxed == ()
    three = search(opened, required=["Rust"], places=["Lyon"], limit=3)
    assert [one.filter for one in three.relaxed] == ["cities"]
    assert logins(three)[2] == "gus-rivet"


def test_the_strict_are_ranked_alike_whether_others_are_let_in_or_not(opened: OpenRelease) -> None:
    strict = search(opened, required=["Rust"], places=["France"], relax=False)
    relaxed = search(opened, required=["Rust"], places=["France"])
    assert len(relaxed.candidates) > len(strict.candidates)
    assert essence(relaxed.candidates[: len(strict.candidates)]) == essence(strict.candidates)


def test_who_names_no_place_never_matches_one_but_may_be_let_in_and_then_lacks_it(opened: OpenRelease) -> None:
    french = Conditions(countries=("France",))
    strict = search(opened, required=["Rust"], conditions=french, relax=False)
    assert set(logins(strict)) == {"cyr-volt", "gus-rivet", "jon-cog", "kim-shaft"}
    relaxed = search(opened, required=["Rust"], conditions=french)
    assert logins(relaxed)[-1] == "hal-keel"
    assert missing(relaxed)["hal-keel"] == ("known to be in France",)
    assert "ivy-spark" not in logins(relaxed)


def test_what_is_refused_stays_out_however_far_conditions_are_loosened(opened: OpenRelease) -> None:
    """Of those who may be let in, one lives in Grenoble, one is named, and one wrote the word."""
    needs: dict[str, Any] = {"required": ["Rust", "Go"], "places": ["France"]}
    assert set(logins(search(opened, **needs))) == RUST - {"ivy-spark"}
    assert logins(search(opened, **needs, excluded=["Grenoble", "@hal-keel", "brushless"])) == ["jon-cog", "kim-shaft"]


def test_hidden_people_are_not_let_in_either(opened: OpenRelease) -> None:
    hidden = frozenset({ORDINALS["gus-rivet"], ORDINALS["jon-cog"]})
    answer = search(opened, required=["Rust"], places=["Lyon"], hidden=hidden)
    assert logins(answer) == ["cyr-volt", "kim-shaft", "hal-keel"]
    assert answer.pool.matched == 3
    assert [(one.before, one.after) for one in answer.relaxed] == [(1, 2), (2, 3)]


@pytest.mark.parametrize(
    ("needs", "name"),
    [
        ({"required": ["Rust"], "excluded": ["Rust"]}, "excluded"),
        ({"places": ["Germany"], "conditions": Conditions(countries=("France",))}, "places"),
        ({"places": ["Lyon"], "excluded": ["Lyon"]}, "places"),
        ({"min_followers": 10_000_000}, "min_followers"),
        ({"required": ["Rust"], "conditions": Conditions(languages=("Nim",))}, "languages"),
    ],
    ids=["skill", "places", "place and refusal", "followers", "language and skill"],
)
def test_conditions_that_nobody_can_meet_give_an_empty_answer_and_the_nearest_change(
    opened: OpenRelease, needs: dict[str, Any], name: str
) -> None:
    answer = search(opened, relax=False, **needs)
    assert (answer.candidates, answer.pool.matched, answer.relaxed) == ((), 0, ())
    assert answer.nearest is not None
    assert (answer.nearest.filter, answer.nearest.before) == (name, 0)
    assert answer.nearest.after > 0
    assert answer.nearest.why.startswith("Nobody matches; without ")


# --- Like somebody ---


def test_people_like_somebody_are_found_and_that_one_is_left_out(opened: OpenRelease) -> None:
    answer = search(opened, "people like @gus-rivet")
    assert answer.plan.like == ("gus-rivet",)
    assert set(logins(answer)[:5]) == RUST - {"gus-rivet"}
    assert "gus-rivet" not in logins(answer)
    assert answer.pool.matched == len(ALL) - 1


def test_with_words_beside_it_who_is_alike_still_comes_before_who_only_has_the_words(opened: OpenRelease) -> None:
    answer = search(opened, "lighthouse lamp", like=["gus-rivet"])
    assert set(logins(answer)[:4]) == RUST - {"gus-rivet", "cyr-volt"}
    assert "gus-rivet" not in logins(answer)
    # The words count: they tell apart those who are alike by nothing.
    assert logins(answer).index("twin-a") < logins(answer).index("fay-words")


def test_people_like_two_are_like_either_and_neither_is_in_the_answer(opened: OpenRelease) -> None:
    found = logins(search(opened, "x", words="", like=["Gus-Rivet", "twin-a"]))
    assert {"gus-rivet", "twin-a"}.isdisjoint(found)
    assert set(found[:6]) == {"twin-b", *RUST} - {"gus-rivet"}


def test_an_unknown_login_is_ignored_and_the_words_are_searched(opened: OpenRelease) -> None:
    answer = search(opened, "motor control, like @nobody-here and @gus-rivet")
    assert answer.plan.like == ("gus-rivet",)
    assert answer.plan.ignored[-1] == "@nobody-here"
    alone = search(opened, like=["nobody-here"])
    assert alone.plan.like == ()
    assert alone.plan.ignored == ("@nobody-here",)
    assert essence(alone.candidates) == essence(search(opened).candidates)


def test_an_unknown_login_alone_is_refused_by_its_name(opened: OpenRelease) -> None:
    with pytest.raises(InvalidNeed, match="@nobody-here") as refused:
        search(opened, "people like @nobody-here")
    assert refused.value.field == "query"


def test_a_hidden_person_cannot_be_compared_with(opened: OpenRelease) -> None:
    with pytest.raises(InvalidNeed, match="@gus-rivet"):
        search(opened, "people like @gus-rivet", hidden=frozenset({ORDINALS["gus-rivet"]}))


# --- Nothing but conditions ---


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Lyon", ["cyr-volt", "jon-cog", "twin-b"]),
        ("France", ["ada-lumen", "cyr-volt", "fay-words", "gus-rivet"]),
        ("no Rust", ["bo-quill", "ada-lumen", "person-59"]),
    ],
)
def test_with_conditions_alone_activity_and_followers_order_people(
    opened: OpenRelease, query: str, first: list[str]
) -> None:
    answer = search(opened, query, relax=False)
    assert "order by activity and followers" in answer.plan.steps
    assert logins(answer)[: len(first)] == first
    for one in answer.candidates:
        assert (one.parts.dense, one.parts.sparse) == (0.0, 0.0)
        assert one.score == one.parts.prior + one.parts.rerank
    assert essence(answer.candidates) == sorted(essence(answer.candidates), key=lambda one: (-one[2], one[1]))


def test_conditions_alone_prove_nothing_but_there_is_something_to_read(opened: OpenRelease) -> None:
    answer = search(opened, "Lyon", relax=False)
    assert all(len(one.evidence) == 1 for one in answer.candidates)
    assert {claim.score for one in answer.candidates for claim in one.evidence} == {0.0}


# --- The plan is the caller's to change ---


def has(*expected: str) -> Callable[[Answer], bool]:
    return lambda answer: set(logins(answer)) == set(expected)


def lacks(*expected: str) -> Callable[[Answer], bool]:
    return lambda answer: EVERYBODY - set(logins(answer)) == set(expected)


@pytest.mark.parametrize(
    ("part", "value", "does"),
    [
        ("required", ["Rust", "Go"], has("jon-cog")),
        ("preferred", ["Go"], lambda answer: missing(answer)["gus-rivet"] == ("Go",)),
        ("excluded", ["Nim"], lacks("twin-a", "twin-b")),
        ("languages", ["Nim"], lambda answer: missing(answer)["gus-rivet"] == ("Nim",)),
        ("places", ["Canada"], has("dune-ferry")),
        ("seniority", "senior", lambda answer: answer.candidates[0].parts.rerank == 0.0),
        ("active_since", "2026-09-01", has("bo-quill")),
        ("min_followers", 200, has("ada-lumen", "bo-quill")),
        ("hireable", True, has("ada-lumen", "dune-ferry")),
        ("like", ["twin-a"], lambda answer: logins(answer)[0] == "twin-b" and "twin-a" not in logins(answer)),
        ("words", "lighthouse lamp", lambda answer: logins(answer)[:2] == ["twin-a", "twin-b"]),
        ("ignored", ["please"], lambda answer: set(logins(answer)) == EVERYBODY),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_part_of_the_plan_can_be_overridden_and_takes_effect(
    opened: OpenRelease, part: str, value: Any, does: Callable[[Answer], bool]
) -> None:
    answer = search(opened, mode="dense", relax=False, **{part: value})
    assert getattr(answer.plan, part) == (tuple(value) if isinstance(value, list) else value)
    assert f"set {part}" in answer.plan.steps
    assert does(answer)
    assert not does(search(opened, mode="dense", relax=False)) or part in ("seniority", "ignored")


def test_what_the_sentence_says_can_be_taken_back(opened: OpenRelease) -> None:
    sentence = "A developer in Lyon for motor control. Rust is mandatory. No consultants. Active this year."
    read = search(opened, sentence, relax=False)
    assert read.plan.required == ("Rust",)
    assert read.plan.places == ("Lyon",)
    assert read.plan.active_since == "2026-01-01"
    assert logins(read) == ["cyr-volt"]
    taken = search(opened, sentence, relax=False, mode="dense", required=[], places=[], active_since=None, excluded=[])
    assert set(logins(taken)) == EVERYBODY


def test_a_plan_that_comes_back_as_it_went_out_gives_the_same_answer(opened: OpenRelease) -> None:
    first = search(opened, "Senior Rust developer in Lyon for motor control, no Go, like @ivy-spark")
    plan = {name: getattr(first.plan, name) for name in type(first.plan).__dataclass_fields__}
    again = search(opened, "Senior Rust developer in Lyon for motor control, no Go, like @ivy-spark", **plan)
    assert essence(again.candidates) == essence(first.candidates)
    assert again.relaxed == first.relaxed


@pytest.mark.parametrize(
    ("today", "since", "is_in"),
    [(date(2026, 10, 15), "2026-01-01", False), (date(2024, 6, 1), "2024-01-01", True)],
    ids=["2026", "2024"],
)
def test_the_day_given_decides_what_this_year_is(opened: OpenRelease, today: date, since: str, is_in: bool) -> None:
    answer = search(opened, "messages, people active this year", today=today, relax=False, mode="dense")
    assert answer.plan.active_since == since
    assert ("dune-ferry" in logins(answer)) == is_in  # last active on 15 January 2024


# --- Pages ---

CROWD_OF = 260
_PLACES = (("Lyon, France", 30), ("Grenoble, France", 90), ("Rennes, France", 120), (None, CROWD_OF))


def _place(number: int) -> str | None:
    return next(place for place, end in _PLACES if number < end)


def _chess(number: int) -> Any:
    """Somebody of a large crowd; the later in the alphabet, the more active and followed."""
    works = [
        make_deed(f"board-{place}", "A chess library. " + "chess " * (number * 7 % 5), "C")
        for place in range(1 + number * 11 % 4)
    ]
    if number % 3:
        works.append(make_deed("notes", f"Notes on parser {number % 13} and weaving.", "Rust"))
    active = day(f"2026-{1 + number // 30:02}-{1 + number % 30 * 27 // 29:02}")
    return make_person(
        f"chess-{number:03}",
        *works,
        location=_place(number * 7 % CROWD_OF),
        followers=10 * number,
        last_active_at=active,
    )


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenRelease]:
    world = World(tmp_path_factory.mktemp("crowded"))
    crowd = [_chess(number) for number in range(CROWD_OF)]
    release = world.open(world.add_release(world.add_version("north"), crowd))
    yield release
    release.close()


def pages_of(opened: OpenRelease, query: str, *, size: int, upto: int, **changes: Any) -> list[Any]:
    pages = [
        search(opened, query, offset=offset, limit=size, explain=False, **changes).candidates
        for offset in range(0, upto, size)
    ]
    return essence(tuple(one for page in pages for one in page))


@pytest.mark.parametrize(
    ("query", "changes", "least"),
    [
        ("a chess library", {}, CROWD_OF),
        ("a chess library", {"mode": "dense"}, CROWD_OF),
        ("parser for weaving", {"mode": "sparse"}, 150),
        ("a chess library", {"preferred": ["Lyon"], "seniority": "senior"}, CROWD_OF),
        ("a chess library", {"places": ["Lyon"]}, CROWD_OF),
        ("parser for weaving", {"places": ["Lyon"], "required": ["C", "Rust"], "min_followers": 500}, CROWD_OF),
        ("no Rust", {}, 80),
        ("Lyon", {}, CROWD_OF),
        ("a chess library", {"like": ["chess-007"]}, CROWD_OF - 1),
    ],
    ids=[
        "plain",
        "dense",
        "sparse",
        "wishes",
        "a place",
        "relaxed in steps",
        "a refusal alone",
        "a place alone",
        "like",
    ],
)
def test_pages_of_seven_are_one_long_list_across_rank_100_and_across_relaxation(
    crowded: OpenRelease, query: str, changes: dict[str, Any], least: int
) -> None:
    whole = search(crowded, query, limit=400, explain=False, **changes)
    assert least <= len(whole.candidates) <= CROWD_OF
    assert len(set(logins(whole))) == len(whole.candidates)
    assert descends(whole)
    assert pages_of(crowded, query, size=7, upto=len(whole.candidates), **changes) == essence(whole.candidates)
    if len(whole.candidates) > NEAR_TIER:
        odd = search(crowded, query, offset=NEAR_TIER - 3, limit=9, explain=False, **changes)
        assert essence(odd.candidates) == essence(whole.candidates)[NEAR_TIER - 3 : NEAR_TIER + 6]


def test_each_step_of_relaxation_comes_after_the_former_however_many_it_lets_in(crowded: OpenRelease) -> None:
    whole = search(crowded, "a chess library", limit=400, explain=False, places=["Lyon"])
    assert [one.filter for one in whole.relaxed] == ["cities", "regions", "countries"]
    assert [(one.before, one.after) for one in whole.relaxed] == [(30, 90), (90, 120), (120, CROWD_OF)]
    lacked = [len(one.missing) for one in whole.candidates]
    assert lacked == [0] * 30 + [1] * 60 + [2] * 30 + [3] * 140


@pytest.mark.parametrize("query", ["France", "no Python"])
def test_with_conditions_alone_the_most_active_of_all_come_first_in_a_crowd_too(
    crowded: OpenRelease, query: str
) -> None:
    """More people than a leg brings to a search for words, and than are judged in one."""
    answer = search(crowded, query, relax=False, explain=False)
    meant = [number for number in range(CROWD_OF) if query != "France" or _place(number * 7 % CROWD_OF)]
    assert answer.pool.matched == len(meant)
    assert logins(answer) == [f"chess-{number:03}" for number in reversed(meant)][:100]
