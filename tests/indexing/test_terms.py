"""Words as BM25 sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.releases import RankingConstants
from indexing.terms import collect_statistics, passage_vector, query_vector, term_ids, words_of

CONSTANTS = RankingConstants()


def test_accents_and_case_do_not_matter() -> None:
    assert term_ids("Systèmes EMBARQUÉS") == term_ids("systemes embarques")


def test_plural_and_singular_are_one_term_in_both_languages() -> None:
    assert term_ids("compilers moteurs") == term_ids("compiler moteur")


def test_identifiers_are_found_by_their_parts() -> None:
    assert set(term_ids("learn")) <= set(term_ids("scikit-learn"))
    assert list(words_of("dataFrameReader")) == ["dataframereader", "data", "frame", "reader"]


def test_languages_with_marks_stay_apart() -> None:
    assert len({tuple(term_ids(name)) for name in ("c", "c++", "c#")}) == 3


def test_stop_words_of_both_languages_are_no_terms() -> None:
    assert term_ids("the and of le la des pour avec") == []


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    passages = [term_ids(f"python thing{number}") for number in range(20)] + [term_ids("python zephyr zephyr")] * 2
    statistics = collect_statistics(passages)
    weights = dict(zip(*_pairs(query_vector("python zephyr", statistics)), strict=True))
    assert weights[term_ids("zephyr")[0]] > weights[term_ids("python")[0]] > 0


def test_a_repeated_word_counts_more_but_saturates() -> None:
    statistics = collect_statistics([term_ids("rust rust rust rust")])
    once, often = (passage_vector(term_ids(text), statistics, CONSTANTS).values[0] for text in ("rust", "rust " * 50))
    assert once < often < CONSTANTS.bm25_k1 + 1


def test_an_average_passage_scores_as_bm25_defines() -> None:
    statistics = collect_statistics([term_ids("alpha beta"), term_ids("alpha gamma"), term_ids("delta epsilon")])
    vector = passage_vector(term_ids("alpha beta"), statistics, CONSTANTS)
    # tf = 1 and the average length: the saturated frequency is exactly 1.
    assert vector.values == pytest.approx((1.0, 1.0))


@given(st.text(max_size=300))
def test_any_text_gives_ascending_unique_terms_with_finite_weights(text: str) -> None:
    statistics = collect_statistics([term_ids(text)])
    vector = passage_vector(term_ids(text), statistics, CONSTANTS)
    assert list(vector.indices) == sorted(set(vector.indices))
    assert all(0 < value <= CONSTANTS.bm25_k1 + 1 for value in vector.values)


def _pairs(vector: object) -> tuple[tuple[int, ...], tuple[float, ...]]:
    return vector.indices, vector.values  # type: ignore[attr-defined]
