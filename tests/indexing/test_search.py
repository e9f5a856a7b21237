"""Search over a small world: who comes first, what is filtered out, and what the answer stands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from indexing.candidates import Answer, Candidate, Conditions, Need
from indexing.errors import InvalidNeed
from indexing.open_release import OpenRelease
from indexing.search import READ_AHEAD, search_people
from indexing.skills import load_catalogue
from tests.worlds import DIMENSION, NAMED, PEOPLE, World

ORDINALS = {profile.login: person for person, profile in enumerate(PEOPLE)}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenRelease]:
    world = World(tmp_path_factory.mktemp("search"))
    release = world.open(world.add_release(world.add_version("north")))
    yield release
    release.close()


def search(opened: OpenRelease, query: str, *, hidden: frozenset[int] = frozenset(), **changes: Any) -> Answer:
    need = Need(query, **({"limit": 30} | changes))
    return search_people(need, opened, load_catalogue(), hidden=hidden)


def logins(answer: Answer) -> list[str]:
    return [candidate.profile.login for candidate in answer.candidates]


def kept_by(opened: OpenRelease, **conditions: Any) -> set[str]:
    """Who is left of everybody, searched by vectors alone so that everybody is found."""
    found = search(opened, "motor messages", mode="dense", limit=100, relax=False, conditions=Conditions(**conditions))
    return set(logins(found))


def essence(candidates: tuple[Candidate, ...]) -> list[tuple[int, str, float]]:
    return [(one.rank, one.profile.login, one.score) for one in candidates]


def test_who_has_built_it_three_times_comes_before_who_wrote_a_note_on_it(opened: OpenRelease) -> None:
    assert logins(search(opened, "embedded motor control"))[:2] == ["cyr-volt", "bo-quill"]


def test_the_person_level_stage_alone_does_not_decide_who_is_first(opened: OpenRelease) -> None:
    plain = search(opened, "embedded motor control", rerank=False)
    assert logins(plain)[0] == "cyr-volt"
    assert all(one.parts.prior == one.parts.rerank == 0 for one in plain.candidates)


def test_both_legs_bring_people_and_the_hybrid_adds_them_up(opened: OpenRelease) -> None:
    hybrid, dense, sparse = (
        search(opened, "nautical maps", mode=mode, rerank=False, limit=100) for mode in ("hybrid", "dense", "sparse")
    )
    assert logins(dense)[0] == logins(sparse)[0] == logins(hybrid)[0] == "ada-lumen"
    assert set(logins(hybrid)) == set(logins(dense)) | set(logins(sparse))
    assert {one.parts.sparse for one in dense.candidates} == {0.0}
    assert {one.parts.dense for one in sparse.candidates} == {0.0}
    first = hybrid.candidates[0].parts
    assert (first.dense, first.sparse) == (0.45, 0.55)


def test_the_words_leg_brings_only_people_who_wrote_one_of_the_words(opened: OpenRelease) -> None:
    assert set(logins(search(opened, "brushless tides", mode="sparse"))) == {"cyr-volt", "ada-lumen"}


@pytest.mark.parametrize("mode", ["hybrid", "dense", "sparse"])
def test_a_score_is_the_sum_of_its_parts_and_scores_descend(opened: OpenRelease, mode: str) -> None:
    candidates = search(opened, "embedded Rust for motor control in maps", mode=mode).candidates
    assert len(candidates) >= 3
    for one in candidates:
        assert one.score == pytest.approx(
            one.parts.dense + one.parts.sparse + one.parts.prior + one.parts.rerank, abs=1e-12
        )
    scores = [one.score for one in candidates]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("name", ["France", "france", "FR", "la France", "Frankreich"])
def test_a_country_is_understood_in_any_of_its_names(opened: OpenRelease, name: str) -> None:
    assert kept_by(opened, countries=(name,)) == {"ada-lumen", "cyr-volt", "fay-words"}


def test_a_french_and_an_english_name_are_one_country(opened: OpenRelease) -> None:
    assert kept_by(opened, countries=("Allemagne",)) == kept_by(opened, countries=("Germany",)) == {"bo-quill"}


@pytest.mark.parametrize(
    ("conditions", "kept"),
    [
        ({"cities": ("Lyon",)}, {"cyr-volt"}),
        ({"cities": ("brest", "NANTES")}, {"ada-lumen", "fay-words"}),
        ({"languages": ("golang",)}, {"dune-ferry"}),
        ({"languages": ("Go", "rust")}, {"dune-ferry", "cyr-volt"}),
        ({"topics": ("Ocean",)}, {"ada-lumen"}),
        ({"min_followers": 250}, {"ada-lumen", "bo-quill"}),
        ({"min_followers": 9_001}, set()),
        ({"active_since": "2026-08-20"}, {"ada-lumen", "bo-quill"}),
        ({"active_since": "2026-08-21"}, {"bo-quill"}),
        ({"hireable": True}, {"ada-lumen", "dune-ferry"}),
        ({"hireable": False}, {"bo-quill"}),
        ({"countries": ("France",), "languages": ("Rust",)}, {"cyr-volt"}),
        ({"countries": ("France",), "languages": ("Go",)}, set()),
    ],
    ids=lambda value: ",".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_a_filter_keeps_exactly_those_it_names(opened: OpenRelease, conditions: dict[str, Any], kept: set[str]) -> None:
    assert kept_by(opened, **conditions) == kept
    assert search(opened, "motor", relax=False, conditions=Conditions(**conditions)).pool.matched == len(kept)


def test_what_is_unknown_of_a_person_never_matches(opened: OpenRelease) -> None:
    assert "eve-nobody" in kept_by(opened)
    for conditions in ({"min_followers": 0}, {"active_since": "1970-01-01"}, {"hireable": False}, {"hireable": True}):
        assert "eve-nobody" not in kept_by(opened, **conditions)
    assert "person-00" in kept_by(opened, min_followers=0)  # known to have none, which is not unknown


def test_excluded_logins_are_left_out_in_any_case_and_unknown_ones_do_no_harm(opened: OpenRelease) -> None:
    answer = search(opened, "embedded motor", conditions=Conditions(exclude=("CYR-Volt", "no-such-login")))
    assert "bo-quill" in logins(answer)[:2]
    assert "cyr-volt" not in logins(answer)
    assert answer.pool.matched == len(PEOPLE) - 1


def test_hidden_people_are_in_no_answer_and_no_count(opened: OpenRelease) -> None:
    hidden = frozenset({ORDINALS["cyr-volt"], ORDINALS["person-07"]})
    answer = search(opened, "embedded motor control", hidden=hidden, limit=100)
    assert logins(answer)[0] == "bo-quill"
    assert {"cyr-volt", "person-07"}.isdisjoint(logins(answer))
    assert (answer.pool.matched, answer.pool.total) == (len(PEOPLE) - 2, len(PEOPLE) - 2)


def test_a_hidden_person_is_taken_off_the_count_only_where_the_filter_keeps_them(opened: OpenRelease) -> None:
    hidden = frozenset({ORDINALS["person-07"], ORDINALS["ada-lumen"]})
    french = Conditions(countries=("France",))
    assert search(opened, "motor", conditions=french, hidden=hidden, relax=False).pool.matched == 2
    german = Conditions(countries=("Germany",))
    assert search(opened, "motor", conditions=german, hidden=hidden, relax=False).pool.matched == 1


def test_every_quote_is_in_the_stored_field_to_the_letter(opened: OpenRelease) -> None:
    works = {work.full_name: work for profile in PEOPLE for work in profile.works}
    bios = {profile.login: profile.bio for profile in PEOPLE}
    seen = set()
    for query in ("embedded motor control", "cartes marines, marées", "tides map the sea", "ocean", "a library"):
        for candidate in search(opened, query, limit=100).candidates:
            for claim in candidate.evidence:
                seen.add(claim.field)
                assert claim.quote
                if claim.repo is None:
                    assert (claim.field, claim.quote in bios[candidate.profile.login]) == ("bio", True)
                    continue
                work = works[claim.repo]
                assert work in PEOPLE[ORDINALS[candidate.profile.login]].works
                fields = {"description": work.description, "name": work.name, "topics": " ".join(work.topics)}
                assert claim.quote in fields[claim.field]
    assert seen >= {"bio", "description", "topics"}


def test_the_evidence_is_what_the_score_rests_on(opened: OpenRelease) -> None:
    best = search(opened, "brushless motor").candidates[0]
    assert best.profile.login == "cyr-volt"
    assert best.evidence[0].repo == "cyr-volt/spin"
    losses = [claim.score for claim in best.evidence]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 0


def test_without_explaining_the_ranking_is_the_same_and_there_is_no_evidence(opened: OpenRelease) -> None:
    with_evidence, without = (search(opened, "motor maps", explain=explain) for explain in (True, False))
    assert essence(with_evidence.candidates) == essence(without.candidates)
    assert all(one.evidence for one in with_evidence.candidates)
    assert not any(one.evidence for one in without.candidates)


def test_pages_of_ten_are_one_page_of_thirty(opened: OpenRelease) -> None:
    whole = search(opened, "a library for chess", limit=30).candidates
    pages = [search(opened, "a library for chess", limit=10, offset=offset).candidates for offset in (0, 10, 20)]
    assert len(whole) == 30
    assert essence(tuple(one for page in pages for one in page)) == essence(whole)
    assert [one.rank for one in whole] == list(range(1, 31))


def test_a_page_beyond_the_last_person_is_empty(opened: OpenRelease) -> None:
    assert search(opened, "library", offset=1_000).candidates == ()


def test_the_same_need_gives_the_same_answer_again(opened: OpenRelease) -> None:
    first, again = (replace(search(opened, "chess parser in C"), timings=None) for _ in range(2))  # type: ignore[arg-type]
    assert first == again


def test_who_scores_the_same_comes_in_the_order_of_logins(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = World(tmp_path_factory.mktemp("twins"))
    twins = [replace(NAMED[2], login=login) for login in ("twin-a", "twin-b", "twin-c")]
    release = world.open(world.add_release(world.add_version("north"), twins))
    found = search(release, "motor")
    assert logins(found) == ["twin-a", "twin-b", "twin-c"]
    assert len({one.score for one in found.candidates}) == 1


@pytest.mark.parametrize("query", ["the of and", "le la les", "🦀🦀", "…!?"])
@pytest.mark.parametrize("mode", ["hybrid", "dense", "sparse"])
def test_a_query_without_a_word_that_tells_is_answered(opened: OpenRelease, query: str, mode: str) -> None:
    answer = search(opened, query, mode=mode)
    assert (answer.candidates == ()) == (mode == "sparse")
    assert all(0 <= one.score < 3 for one in answer.candidates)


def test_a_long_advertisement_is_answered(opened: OpenRelease) -> None:
    advertisement = ("We look for an engineer of embedded motor control in Rust. " * 200)[:8_000]
    assert len(advertisement) == 8_000
    assert logins(search(opened, advertisement))[0] == "cyr-volt"


def test_a_filter_that_keeps_nobody_says_what_would_find_somebody(opened: OpenRelease) -> None:
    answer = search(opened, "motor", relax=False, conditions=Conditions(countries=("Japan",)))
    assert (answer.candidates, answer.pool.matched, answer.pool.total) == ((), 0, len(PEOPLE))
    assert answer.nearest is not None
    assert (answer.nearest.filter, answer.nearest.before, answer.nearest.after) == ("places", 0, len(PEOPLE))


@pytest.mark.parametrize("query", ["", " ", "\n\t "])
def test_an_empty_query_is_refused_by_its_name(opened: OpenRelease, query: str) -> None:
    with pytest.raises(InvalidNeed, match="query") as refused:
        search(opened, query)
    assert refused.value.field == "query"


def test_what_the_person_has_and_lacks_of_the_need_is_told(opened: OpenRelease) -> None:
    best = search(opened, "embedded systems in Rust, with Kubernetes and motor").candidates[0]
    assert best.profile.login == "cyr-volt"
    assert set(best.matched.skills) == {"Embedded systems", "Rust"}
    assert best.matched.languages == ("Rust",)
    assert best.matched.topics == ("embedded", "motor")
    assert best.missing == ("Kubernetes",)


def test_a_query_is_encoded_once_for_two_searches(opened: OpenRelease) -> None:
    search(opened, "a query never asked before")
    hits = opened.query_cache_hits
    search(opened, "a query never asked before", offset=10)
    assert opened.query_cache_hits == hits + 1
    assert opened.encode_query("a query never asked before").shape == (DIMENSION,)


@pytest.mark.parametrize("query", ["embedded motor control", "C parser for astronomy people", "weaving", "Python maps"])
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_people_who_are_not_read_would_not_have_reached_the_page(opened: OpenRelease, query: str, limit: int) -> None:
    """A long page makes the person-level stage judge everybody found; a short one only those who may reach it."""
    whole = search(opened, query, limit=100)
    assert len(whole.candidates) > READ_AHEAD
    assert essence(search(opened, query, limit=limit).candidates) == essence(whole.candidates[:limit])
