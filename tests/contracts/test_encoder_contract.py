"""What every encoder promises, held to the fake, to ONNX Runtime in both precisions, and to sentence-transformers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.encoder import Encoder
from indexing.export.sources import english_minilm
from indexing.export.torch_encoder import TorchEncoder
from indexing.onnx_encoder import OnnxEncoder
from tests.encoders import minilm_folder
from tests.fakes import HashEncoder
from tests.tiny_model import static_folder

PLAIN = (
    "who maintains an async HTTP client in Python",
    "développeuse qui a écrit un moteur de recherche",
    "tide-tables. Predicts tides from harmonic constituents. Language: Fortran.",
    "rust",
)
ODD = (
    "",
    " \t\n ",
    "nul \x00 inside",
    "a lone \ud83e surrogate",
    "🦀" * 40,
    "東京の地図",
    "e\u0301\u0302\u0303",
    "x" * 9_000,
    "many words " * 900,
    "[CLS] [SEP] </s> <pad>",
)
texts = st.lists(st.one_of(st.sampled_from(PLAIN + ODD[:7]), st.text(max_size=60)), min_size=1, max_size=6)


@dataclass(frozen=True)
class Promised:
    """An encoder and how exactly it must keep the law that a text's vector depends on that text alone."""

    encoder: Encoder
    tolerance: float


@pytest.fixture(scope="module", params=["hash", "onnx-int8", "onnx-fp32", "onnx-static", "torch"])
def promised(request: pytest.FixtureRequest) -> Iterator[Promised]:
    cache = request.config.cache
    assert cache is not None
    made: Promised
    match request.param:
        case "hash":
            made = Promised(HashEncoder(), 0)
        case "onnx-int8":
            made = Promised(OnnxEncoder(minilm_folder(cache, "int8"), threads=2), 0)
        case "onnx-fp32":
            made = Promised(OnnxEncoder(minilm_folder(cache, "fp32"), threads=2), 0)
        case "onnx-static":
            made = Promised(OnnxEncoder(static_folder(), threads=2), 0)
        case _:
            made = Promised(TorchEncoder(english_minilm()), 1e-5)
    yield made
    made.encoder.close()


def test_vectors_are_single_precision_one_row_for_each_text(promised: Promised) -> None:
    for encode in (promised.encoder.encode_queries, promised.encoder.encode_passages):
        vectors = encode(PLAIN)
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(PLAIN), promised.encoder.dimension)


def test_no_texts_give_no_rows_of_the_right_width(promised: Promised) -> None:
    for encode in (promised.encoder.encode_queries, promised.encoder.encode_passages):
        vectors = encode([])
        assert vectors.dtype == np.float32
        assert vectors.shape == (0, promised.encoder.dimension)


@pytest.mark.parametrize("text", PLAIN + ODD, ids=range(len(PLAIN + ODD)))
def test_any_text_has_a_finite_vector_of_unit_length(promised: Promised, text: str) -> None:
    for encode in (promised.encoder.encode_queries, promised.encoder.encode_passages):
        assert np.linalg.norm(encode([text])[0]) == pytest.approx(1, abs=1e-5)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(company=texts)
def test_a_text_has_the_same_vector_alone_and_in_any_company(promised: Promised, company: list[str]) -> None:
    together = promised.encoder.encode_passages(company)
    alone = np.concatenate([promised.encoder.encode_passages([text]) for text in company])
    assert np.abs(together - alone).max() <= promised.tolerance


def test_a_long_neighbour_changes_nothing_in_a_short_text(promised: Promised) -> None:
    """Dynamic int8 over a padded batch failed here: cosine .986."""
    alone = promised.encoder.encode_passages([PLAIN[0]])[0]
    among = promised.encoder.encode_passages([ODD[8], PLAIN[0], ODD[4] * 20])[1]
    assert np.abs(among - alone).max() <= promised.tolerance


def test_rows_follow_the_order_of_the_texts(promised: Promised) -> None:
    forward = promised.encoder.encode_passages(PLAIN)
    backward = promised.encoder.encode_passages(PLAIN[::-1])
    assert np.abs(forward - backward[::-1]).max() <= promised.tolerance
    assert len(np.unique(forward.round(4), axis=0)) == len(PLAIN)


def test_encoding_again_gives_the_same_bits(promised: Promised) -> None:
    first, second = promised.encoder.encode_queries(PLAIN), promised.encoder.encode_queries(PLAIN)
    assert first.tobytes() == second.tobytes()


def test_like_texts_are_closer_than_unlike_ones(promised: Promised) -> None:
    query = promised.encoder.encode_queries(["library that predicts tides"])[0]
    like, unlike = promised.encoder.encode_passages(
        ["tide-tables. A library that predicts tides and currents.", "petit-parseur. Reads configuration files."]
    )
    assert query @ like > query @ unlike + 0.1


def test_what_was_returned_is_the_callers_own(promised: Promised) -> None:
    first = promised.encoder.encode_queries([PLAIN[0]])
    expected = first.copy()
    promised.encoder.encode_queries([PLAIN[1]])
    assert (first == expected).all()


def test_the_fingerprint_stays_what_it_is(promised: Promised) -> None:
    before = promised.encoder.fingerprint
    promised.encoder.encode_passages(PLAIN)
    assert promised.encoder.fingerprint == before
    assert before
