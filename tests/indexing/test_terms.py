"""Words as BM25 sees them."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.releases import RankingConstants
from indexing.skills import load_catalogue
from indexing.terms import (
    PART_WEIGHT,
    PassageTerms,
    collect_statistics,
    count_terms,
    passage_terms,
    passage_vector,
    query_vector,
    skill_term,
    term_ids,
    words_of,
)

CONSTANTS = RankingConstants()


def test_accents_and_case_do_not_matter() -> None:
    assert term_ids("Systèmes EMBARQUÉS") == term_ids("systemes embarques")


def test_plural_and_singular_are_one_term_in_both_languages() -> None:
    assert term_ids("compilers moteurs") == term_ids("compiler moteur")


def test_identifiers_are_found_by_their_parts() -> None:
    assert set(term_ids("learn")) <= set(term_ids("scikit-learn"))
    assert list(words_of("dataFrameReader")) == ["dataframereader", "data", "frame", "reader"]


def test_an_identifier_counts_whole_and_its_parts_a_little() -> None:
    counts = count_terms("scikit-learn learn")
    whole, part = term_ids("scikit-learn")[0], term_ids("learn")[0]
    assert counts[whole] == 1.0
    assert counts[part] == 1.0 + PART_WEIGHT
    assert count_terms("tide_tables.js").keys() >= count_terms("tide tables js").keys()


def test_languages_with_marks_stay_apart() -> None:
    assert len({tuple(term_ids(name)) for name in ("c", "c++", "c#")}) == 3


def test_stop_words_of_both_languages_are_no_terms() -> None:
    assert term_ids("the and of le la des pour avec") == []


def words(text: str) -> PassageTerms:
    counts = count_terms(text)
    return PassageTerms(array("L", counts), array("f", counts.values()), array("L"))


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    people = [[words(f"python thing{number}")] for number in range(20)] + [[words("python zephyr zephyr")]] * 2
    vector = query_vector("python zephyr", (), collect_statistics(people), CONSTANTS)
    weights = dict(zip(vector.indices, vector.values, strict=True))
    assert weights[term_ids("zephyr")[0]] > weights[term_ids("python")[0]] > 0


def test_a_word_is_as_common_as_the_people_who_use_it_not_as_their_passages() -> None:
    """One who says it in sixty repositories still stands apart."""
    statistics = collect_statistics([[words("tides")] * 60, [words("maps")], [words("maps tides")]])
    assert statistics.document_frequencies[term_ids("tides")[0]] == 2
    assert (statistics.people, statistics.average_length) == (3, 63 / 62)


def test_a_skill_is_one_term_by_whatever_name_it_goes() -> None:
    catalogue = load_catalogue()
    short, whole = (passage_terms(text, catalogue) for text in ("operators for k8s", "opérateurs Kubernetes"))
    assert set(short.skills) & set(whole.skills) == {skill_term("Kubernetes")}
    assert not set(short.words) & set(whole.words) - {term_ids("operators")[0]}
    statistics = collect_statistics([[short], [whole], [words("maps")]])
    asked = query_vector("conteneurs", ("Kubernetes",), statistics, CONSTANTS)
    assert all(skill_term("Kubernetes") in passage_vector(one, statistics, CONSTANTS).indices for one in (short, whole))
    assert skill_term("Kubernetes") in asked.indices


def test_a_repeated_word_counts_more_but_saturates() -> None:
    statistics = collect_statistics([[words("rust rust rust rust")]])
    once, often = (passage_vector(words(text), statistics, CONSTANTS).values[0] for text in ("rust", "rust " * 50))
    assert once < often < CONSTANTS.bm25_k1 + 1


def test_an_average_passage_scores_as_bm25_defines() -> None:
    statistics = collect_statistics([[words("alpha beta")], [words("alpha gamma"), words("delta epsilon")]])
    vector = passage_vector(words("alpha beta"), statistics, CONSTANTS)
    # tf = 1 and the average length: the saturated frequency is exactly 1.
    assert vector.values == pytest.approx((1.0, 1.0))


@given(st.text(max_size=300))
def test_any_text_gives_ascending_unique_terms_with_finite_weights(text: str) -> None:
    terms = passage_terms(text, load_catalogue())
    statistics = collect_statistics([[terms]])
    vector = passage_vector(terms, statistics, CONSTANTS)
    assert list(vector.indices) == sorted(set(vector.indices))
    assert all(0 < value <= CONSTANTS.bm25_k1 + 1 for value in vector.values)
