"""Centring: what texts in one language have in common is taken off, and what they mean is left."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from indexing.centring import SHRUNK_BY, centred, language_means, means_of, query_texts, tongue_of, tongues_of
from indexing.encoder import FloatArray
from indexing.releases import TONGUES, Tongue
from tests.fakes import HashEncoder

SIZE = 8
# The same need in both languages, in words that both write the same beside words of each.
TWINS = (
    (
        "I am looking for a developer who has built a parser in Rust and who lives in Lyon",
        "Je cherche un développeur qui a écrit un parser en Rust et qui habite à Lyon",
    ),
    (
        "Somebody who keeps Kubernetes and PostgreSQL running for a large web site",
        "Quelqu'un qui maintient Kubernetes et PostgreSQL pour un grand site web",
    ),
    (
        "We need an engineer for audio plugins in Julia, with some experience of Docker",
        "Nous avons besoin d'une ingénieure pour des plugins audio en Julia, avec une expérience de Docker",
    ),
)


def unit(vectors: FloatArray) -> FloatArray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)


VECTORS = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 30), st.just(SIZE)), elements=st.floats(-1, 1, width=16)
).map(lambda drawn: unit(drawn + np.float32(0.001)))


def spoken(count: int) -> st.SearchStrategy[list[Tongue]]:
    return st.lists(st.sampled_from(TONGUES), min_size=count, max_size=count)


def mean_of(vectors: FloatArray, tongues: Sequence[Tongue], tongue: Tongue) -> FloatArray:
    return np.asarray(means_of(vectors, range(len(vectors)), tongues)[tongue], np.float32)


@given(VECTORS, st.data())
def test_a_centred_vector_is_of_unit_length_and_nothing_vanishes(vectors: FloatArray, data: st.DataObject) -> None:
    tongues = data.draw(spoken(len(vectors)))
    for vector, tongue in zip(vectors, tongues, strict=True):
        moved = centred(vector, mean_of(vectors, tongues, tongue))
        assert moved.dtype == np.float32
        assert np.isfinite(moved).all()
        assert np.linalg.norm(moved) == pytest.approx(1.0, abs=1e-5)


def test_a_vector_that_is_its_mean_stays_as_it_is() -> None:
    vector = np.array([0.6, 0.8], np.float32)
    assert np.array_equal(centred(vector, vector), vector)
    assert np.array_equal(centred(vector, vector + np.float32(1e-8)), vector)


def test_without_a_mean_a_vector_keeps_its_direction() -> None:
    vector = np.array([0.6, 0.8], np.float32)
    assert centred(vector, np.zeros(2, np.float32)) == pytest.approx(vector)


@given(VECTORS, st.data())
def test_means_do_not_depend_on_the_order_of_the_rows(vectors: FloatArray, data: st.DataObject) -> None:
    tongues = data.draw(spoken(len(vectors)))
    order = data.draw(st.permutations(range(len(vectors))))
    means = means_of(vectors, range(len(vectors)), tongues)
    again = means_of(vectors, order, [tongues[row] for row in order])
    for tongue in TONGUES:
        assert again[tongue] == pytest.approx(means[tongue], abs=2e-6)


@given(VECTORS, st.data())
def test_a_mean_is_shorter_than_any_text_however_alike_they_are(vectors: FloatArray, data: st.DataObject) -> None:
    """So that no text is its language's mean, and nothing of it would be left."""
    tongues = data.draw(spoken(len(vectors)))
    means = means_of(vectors, range(len(vectors)), tongues)
    for tongue in TONGUES:
        own, everything = tongues.count(tongue), len(vectors) / (len(vectors) + SHRUNK_BY)
        longest = (own + SHRUNK_BY * everything) / (own + SHRUNK_BY)
        assert np.linalg.norm(means[tongue]) <= longest + 1e-5
        assert longest < 1


def test_a_corpus_of_one_passage_keeps_its_direction() -> None:
    (vector,) = HashEncoder().encode_passages(["Predicts tides from harmonic constituents"])
    moved = centred(vector, mean_of(vector[None], ["en"], "en"))
    assert float(moved @ vector) == pytest.approx(1.0, abs=1e-5)


def test_a_language_that_nobody_writes_takes_the_mean_of_the_other() -> None:
    vectors = HashEncoder().encode_passages([f"a parser for the {name}" for name in "abcdefghij"])
    means = means_of(vectors, range(10), ["en"] * 10)
    everything = vectors.sum(axis=0, dtype=np.float64) / (10 + SHRUNK_BY)
    assert means["fr"] == pytest.approx(everything, abs=1e-6)
    assert np.linalg.norm(means["en"]) > np.linalg.norm(means["fr"])


def test_many_texts_of_a_language_have_nearly_their_own_mean() -> None:
    vectors = unit(np.tile(np.array([[1.0, 0.0], [0.0, 1.0]], np.float32), (5_000, 1)))
    tongues: list[Tongue] = ["fr", "en"] * 5_000
    means = means_of(vectors, range(len(vectors)), tongues)
    assert means["fr"] == pytest.approx((1.0, 0.0), abs=0.02)
    assert means["en"] == pytest.approx((0.0, 1.0), abs=0.02)


def test_only_the_rows_named_are_counted() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert means_of(vectors, [0, 0], ["fr", "fr"])["fr"][1:] == (0.0, 0.0)
    assert means_of(vectors, [], []) == {"fr": (0.0,) * 3, "en": (0.0,) * 3}


def test_a_need_and_its_twin_in_the_other_language_move_closer_than_strangers_in_its_own() -> None:
    encoder = HashEncoder()
    texts = query_texts()
    both = [text for tongue in TONGUES for text in texts[tongue]]
    of = [tongue for tongue in TONGUES for _ in texts[tongue]]
    means = language_means(encoder, encoder.encode_passages(both), range(len(both)), of).queries
    nearer_before = nearer_after = 0
    for twins in TWINS:
        for text, other in (twins, twins[::-1]):
            tongue, of_other = tongue_of(text), tongue_of(other)
            plain = encoder.encode_queries([text, other, *texts[tongue]])
            spoken_in = [tongue, of_other, *[tongue] * len(texts[tongue])]
            moved = np.stack(
                [
                    centred(vector, np.asarray(means[one], np.float32))
                    for vector, one in zip(plain, spoken_in, strict=True)
                ]
            )
            before, after = plain[1:] @ plain[0], moved[1:] @ moved[0]
            assert after[0] - after[1:].mean() > before[0] - before[1:].mean() + 0.05
            nearer_before += int((before[1:] > before[0]).sum())
            nearer_after += int((after[1:] > after[0]).sum())
    assert nearer_after <= nearer_before / 2


def test_the_fixed_texts_are_many_each_once_and_in_the_language_they_stand_under() -> None:
    texts = query_texts()
    for tongue in TONGUES:
        assert len(set(texts[tongue])) == len(texts[tongue]) >= 60
        right = [one == tongue for one in tongues_of(texts[tongue])]
        assert sum(right) >= 0.85 * len(right)
    assert set(texts["fr"]).isdisjoint(texts["en"])


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("développeur", "fr"),
        ("cartes marines", "fr"),
        ("la météo", "fr"),
        ("developer", "en"),
        ("weather maps", "en"),
        ("the parser", "en"),
        (TWINS[0][1], "fr"),
        (TWINS[0][0], "en"),
        ("Un outil en ligne de commande qui lit des journaux et en tire des tableaux. " * 40, "fr"),
        ("A command-line tool that reads log files and makes tables out of them. " * 40, "en"),
        ("Je cherche un dev React/Node.js senior, remote, avec du Kubernetes et du CI/CD", "fr"),
        ("Looking for a senior React/Node.js dev in Montréal or Orléans", "en"),
    ],
    ids=lambda value: re.sub(r"\W+", " ", str(value))[:30],
)
def test_the_language_of_short_and_long_texts_is_told(text: str, tongue: Tongue) -> None:
    assert tongue_of(text) == tongue
    assert tongues_of([text, text]) == [tongue, tongue]


@pytest.mark.parametrize("text", ["", " ", "🦀", "0.1.0", "kubectl", "ferris-db. Language: Rust."])
def test_what_is_in_no_language_counts_as_english(text: str) -> None:
    assert tongues_of([text]) == ["en"]


def test_no_texts_have_no_languages() -> None:
    assert tongues_of([]) == []
