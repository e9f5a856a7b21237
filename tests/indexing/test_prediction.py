"""What a text shows: names, implications, closeness, words, titles; and its language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexing.errors import InputError
from indexing.prediction.quality import LabelledText, measure_prediction, read_labelled
from indexing.prediction.scoring import (
    LEAST_SCORE,
    WEIGHTS,
    CatalogueVectors,
    catalogue_texts,
    detect_language,
    encode_catalogue,
    predict,
    score_skills,
)
from indexing.skills import Catalogue, Role, Skill, load_catalogue
from indexing.skills.lexicon import words_of

DIMENSION = 64


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Like texts get like vectors: each word adds its own fixed direction."""
    vectors = np.zeros((len(texts), DIMENSION))
    for row, text in enumerate(texts):
        for word in words_of(text):
            generator = np.random.default_rng(xxhash.xxh32_intdigest(word.encode()))
            vectors[row] += generator.standard_normal(DIMENSION)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


SMALL = Catalogue(
    (
        Skill("PyTorch", "library", "PyTorch", implies=("Deep learning",), description="Tensors and gradients."),
        Skill("Deep learning", "domain", "apprentissage profond", description="Networks with many layers."),
        Skill("Beekeeping", "domain", "apiculture", description="Hives honey queens swarms."),
        Skill("Carpentry", "domain", "menuiserie", description="Wood saws joints glue."),
        Skill("Pottery", "domain", "poterie", description="Clay wheel kiln glaze."),
    ),
    (
        Role("ML engineer", "ingénieur en apprentissage", (), ("PyTorch", "Deep learning"), "Trains networks."),
        Role("Beekeeper", "apiculteur", (), ("Beekeeping",), "Looks after bees."),
        Role("Potter", "potier", (), ("Pottery",), "Shapes clay."),
    ),
)
SMALL_VECTORS = encode_catalogue(SMALL, encode)


def scores(text: str, **changes: float) -> dict[str, float]:
    weights = replace(WEIGHTS, **changes)
    found = score_skills(text, encode([text])[0].astype(np.float64), SMALL, SMALL_VECTORS.skills, weights=weights)
    return dict(zip([skill.name for skill in SMALL.skills], found, strict=True))


def test_what_is_named_comes_before_what_is_implied_before_the_rest() -> None:
    found = scores("PyTorch at night")
    assert found["PyTorch"] > found["Deep learning"] > max(found["Beekeeping"], found["Carpentry"], found["Pottery"])


def test_what_is_described_without_being_named_is_found_by_closeness() -> None:
    found = scores("hives and honey and swarms", skill_words=0.0)
    assert max(found, key=lambda name: found[name]) == "Beekeeping"


def test_what_is_described_without_being_named_is_found_by_shared_words() -> None:
    found = scores("one hive, two queens", closeness=0.0)
    assert max(found, key=lambda name: found[name]) == "Beekeeping"


def test_several_kinds_of_evidence_outweigh_one() -> None:
    assert scores("PyTorch tensors and gradients")["PyTorch"] > scores("PyTorch")["PyTorch"] - 0.05
    assert scores("PyTorch, deep learning")["Deep learning"] > scores("deep learning")["Deep learning"]


def test_scores_do_not_depend_on_where_an_encoder_puts_its_cosines() -> None:
    """An encoder whose cosines all lie between .8 and .9 gives the scores of one that spreads them around 0."""
    text = "hives and honey"
    vector = encode([text])[0].astype(np.float64)
    shared = np.append(vector * np.sqrt(0.1), np.sqrt(0.9))
    squeezed = np.hstack([SMALL_VECTORS.skills * np.sqrt(0.1), np.full((len(SMALL.skills), 1), np.sqrt(0.9))]).astype(
        np.float32
    )
    plain = score_skills(text, vector, SMALL, SMALL_VECTORS.skills)
    assert score_skills(text, shared, SMALL, squeezed) == pytest.approx(plain, abs=1e-4)


def test_a_role_comes_from_its_title_and_from_its_skills() -> None:
    by_title = predict("Apicultrice", encode(["Apicultrice"])[0], SMALL, SMALL_VECTORS, top_k=1)
    by_skills = predict("PyTorch models", encode(["PyTorch models"])[0], SMALL, SMALL_VECTORS, top_k=1)
    assert [name for name, _ in by_title.roles] != ["ML engineer"]
    assert [name for name, _ in by_skills.roles] == ["ML engineer"]
    titled = predict("An apiculteur", encode(["An apiculteur"])[0], SMALL, SMALL_VECTORS, top_k=1)
    assert [name for name, _ in titled.roles] == ["Beekeeper"]


def test_a_text_without_any_evidence_shows_nothing() -> None:
    nothing = predict("", np.zeros(DIMENSION), SMALL, SMALL_VECTORS)
    assert nothing.skills == ()
    assert nothing.roles == ()


def test_equal_scores_are_ordered_by_name() -> None:
    twins = Catalogue((Skill("Zeta", "tool", "Zeta"), Skill("Alpha", "tool", "Alpha")), ())
    vectors = CatalogueVectors(np.zeros((2, 3), dtype=np.float32), np.zeros((0, 3), dtype=np.float32))
    found = predict("Zeta and Alpha", np.zeros(3), twins, vectors)
    assert [name for name, _ in found.skills] == ["Alpha", "Zeta"]
    assert found.roles == ()


@given(st.text(max_size=200), st.integers(min_value=1, max_value=7))
def test_predictions_are_few_sorted_and_within_bounds(text: str, count: int) -> None:
    vector = encode([text])[0]
    prediction = predict(text, vector, SMALL, SMALL_VECTORS, top_k=count)
    assert prediction == predict(text, vector, SMALL, SMALL_VECTORS, top_k=count)
    for ranked in (prediction.skills, prediction.roles):
        values = [score for _, score in ranked]
        assert len(ranked) <= count
        assert values == sorted(values, reverse=True)
        assert all(LEAST_SCORE <= value <= 1 for value in values)


def test_the_texts_to_encode_follow_the_catalogue_and_carry_both_languages() -> None:
    skills, roles = catalogue_texts(load_catalogue())
    assert len(skills) == len(load_catalogue().skills)
    assert len(roles) == len(load_catalogue().roles)
    number = [skill.name for skill in load_catalogue().skills].index("Machine learning")
    assert "Machine learning" in skills[number]
    assert "apprentissage automatique" in skills[number]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Développeuse Python à Lyon, j'aime les données bien rangées", "fr"),
        ("I keep databases healthy and write about it", "en"),
        ("Ich entwickle eingebettete Software für Züge", "de"),
        ("Desarrollo aplicaciones web para bibliotecas pequeñas", "es"),
        ("Sviluppo applicazioni per le scuole italiane", "it"),
        ("Desenvolvo programas para bibliotecas e não só", "pt"),
        ("Ik bouw websites voor kleine bibliotheken", "nl"),
        ("", None),
        ("ok", None),
        ("Kubernetes, Docker, Terraform, Rust, PostgreSQL", None),
        ("机器学习工程师在北京工作很多年", None),
        ("Разработчик программного обеспечения", None),
        ("🎉 1234 5678 ++ -- 99", None),
    ],
)
def test_a_language_is_told_only_when_there_is_enough_of_it(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_a_perfect_and_a_hopeless_guess_are_measured_as_such() -> None:
    right = LabelledText(1, "en", "PyTorch for deep learning", frozenset({"PyTorch", "Deep learning"}), "ML engineer")
    wrong = LabelledText(2, "en", "PyTorch for deep learning", frozenset({"Pottery"}), "Potter")
    silent = LabelledText(3, "en", "", frozenset(), None)
    names_only = replace(WEIGHTS, described=0.0)
    good = measure_prediction([right, silent], SMALL, encode, weights=names_only)
    bad = measure_prediction([wrong], SMALL, encode, weights=names_only)
    assert (good.precision_at_5, good.found_at_5, good.role_accuracy, good.role_in_top_3) == (0.4, 1.0, 1.0, 1.0)
    assert (bad.precision_at_5, bad.found_at_5, bad.role_accuracy) == (0.0, 0.0, 0.0)
    assert good.highest_unlabelled_score == 0.0
    assert good.highest_labelled_score > WEIGHTS.mentioned


def test_a_label_the_catalogue_lacks_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(
        '{"id": 1, "language": "en", "text": "x", "skills": ["Juggling"], "role": null}\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match="line 1: not in the catalogue: Juggling"):
        read_labelled(path, SMALL)
