"""Exporting: what is served is what sentence-transformers gives, in 8 bits nearly so, and on other machines too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from indexing.encoder import FloatArray
from indexing.errors import InvalidModelFolder
from indexing.export.graph import export_encoder
from indexing.export.model_folders import ModelSource, from_folder
from indexing.export.sources import english_minilm
from indexing.export.torch_encoder import TorchEncoder
from indexing.model_folder import MODEL_FILE, check_canaries, read_manifest, verify_files, write_manifest
from indexing.onnx_encoder import OnnxEncoder
from indexing.passages import TEMPLATE
from tests.encoders import minilm_folder
from tests.tiny_model import make_tiny_model

# None of these is a canary: those were already compared when the model was exported.
TEXTS = (
    "",
    "kernel developer",
    "une personne qui maintient des bibliothèques de traitement du signal en Julia",
    "kelp-forest. Simulates the growth of kelp. Topics: marine biology, simulation. Language: Rust.",
    "reef. Un petit serveur qui mesure l'acidité de l'eau et prévient les plongeurs. Language: Go.",
    "a compiler engineer, ideally near Porto, who also writes about type systems",
    " ".join(f"Part {part} of the manual explains how buoy {part} reports waves, wind and salt." for part in range(40)),
)


@pytest.fixture(scope="module")
def cache(request: pytest.FixtureRequest) -> pytest.Cache:
    assert request.config.cache is not None
    return request.config.cache


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelSource:
    return from_folder(make_tiny_model(tmp_path_factory.mktemp("export") / "tiny"), query_prefix="query: ")


@pytest.fixture
def full(cache: pytest.Cache) -> Iterator[OnnxEncoder]:
    encoder = OnnxEncoder(minilm_folder(cache, "fp32"))
    yield encoder
    encoder.close()


def cosines(vectors: FloatArray, others: FloatArray) -> FloatArray:
    products: FloatArray = (vectors.astype(np.float64) * others).sum(axis=1)
    return products


def test_in_full_precision_the_graph_gives_what_sentence_transformers_gives(full: OnnxEncoder) -> None:
    reference = TorchEncoder(english_minilm())
    assert cosines(full.encode_passages(TEXTS), reference.encode_passages(TEXTS)).min() >= 0.9999


def test_eight_bits_change_little_and_take_a_quarter_of_the_room(cache: pytest.Cache, full: OnnxEncoder) -> None:
    folder = minilm_folder(cache, "int8")
    encoder = OnnxEncoder(folder)
    kept = cosines(encoder.encode_passages(TEXTS), full.encode_passages(TEXTS))
    encoder.close()
    assert kept.mean() >= 0.997
    assert kept.min() >= 0.99
    full_size = (minilm_folder(cache, "fp32") / MODEL_FILE).stat().st_size
    assert (folder / MODEL_FILE).stat().st_size < full_size * 0.3


def test_the_last_bits_of_a_float_do_not_move_an_eight_bit_vector(cache: pytest.Cache, tmp_path: Path) -> None:
    """Another processor rounds otherwise: with one scale for all activations this gave .994, and no canary held."""
    folder = minilm_folder(cache, "int8")
    graph = onnx.load(folder / MODEL_FILE)
    random = np.random.default_rng(7)
    moved = 0
    for tensor in graph.graph.initializer:
        if "LayerNorm" in tensor.name and tensor.name.endswith("weight"):
            weights = numpy_helper.to_array(tensor)
            noise = 1 + 1e-6 * random.standard_normal(weights.shape)
            tensor.CopyFrom(numpy_helper.from_array((weights * noise).astype(np.float32), tensor.name))
            moved += 1
    assert moved == 13
    onnx.save(graph, tmp_path / MODEL_FILE)
    (tmp_path / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    write_manifest(tmp_path, read_manifest(folder))
    encoder, elsewhere = OnnxEncoder(folder), OnnxEncoder(tmp_path)
    assert cosines(encoder.encode_passages(TEXTS), elsewhere.encode_passages(TEXTS)).min() >= 0.999
    check_canaries(elsewhere, read_manifest(folder))


@pytest.mark.slow
def test_exporting_again_gives_the_same_fingerprint_and_another_precision_another(
    tiny: ModelSource, tmp_path: Path
) -> None:
    full = export_encoder(tiny, tmp_path / "full", precision="fp32")
    again = export_encoder(replace(tiny, name="renamed"), tmp_path / "again", precision="fp32")
    eight = export_encoder(tiny, tmp_path / "eight")
    assert full.fingerprint == again.fingerprint
    assert full.fingerprint != eight.fingerprint
    assert (full.precision, eight.precision) == ("fp32", "int8")


def test_the_manifest_says_what_decides_a_vector(tiny: ModelSource, tmp_path: Path) -> None:
    manifest = export_encoder(tiny, tmp_path / "onnx")
    assert manifest == read_manifest(tmp_path / "onnx")
    verify_files(tmp_path / "onnx", manifest)
    assert (manifest.dimension, manifest.max_length, manifest.name) == (32, 128, "tiny")
    assert (manifest.query_prefix, manifest.passage_prefix) == ("query: ", "")
    assert (manifest.template, manifest.normalised) == (TEMPLATE, True)
    assert "mean" in manifest.pooling
    assert len(manifest.canaries) >= 16


def test_an_occupied_destination_is_left_alone(tiny: ModelSource, tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "mine").touch()
    with pytest.raises(InvalidModelFolder, match="already exists"):
        export_encoder(tiny, tmp_path / "onnx")
    assert [path.name for path in tmp_path.rglob("*")] == ["onnx", "mine"]


def test_an_unknown_precision_is_named(tiny: ModelSource, tmp_path: Path) -> None:
    with pytest.raises(InvalidModelFolder, match="int4"):
        export_encoder(tiny, tmp_path / "onnx", precision="int4")  # type: ignore[arg-type]  # what a command line may pass


def test_a_model_that_leaves_its_prompt_out_of_the_mean_is_refused_and_leaves_nothing(
    tiny: ModelSource, tmp_path: Path
) -> None:
    """The graph does not know where a prompt ends, so its vectors would be others than sentence-transformers'."""
    model = TorchEncoder(tiny).model
    model.set_pooling_include_prompt(False)
    model.save(str(tmp_path / "model"))
    source = replace(from_folder(tmp_path / "model"), query_prefix="find the people who wrote: ")
    with pytest.raises(InvalidModelFolder, match="cannot be exported"):
        export_encoder(source, tmp_path / "out" / "onnx")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_table_that_gives_an_empty_text_no_direction_is_refused(tiny: ModelSource, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer = TorchEncoder(tiny).model.tokenizer.backend_tokenizer
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save(
        str(tmp_path / "model")
    )
    with pytest.raises(InvalidModelFolder, match="cannot be exported"):
        export_encoder(from_folder(tmp_path / "model"), tmp_path / "onnx")


def test_the_served_tokenizer_neither_pads_nor_keeps_the_limit_of_training(cache: pytest.Cache) -> None:
    tokenizer = json.loads((minilm_folder(cache, "int8") / "tokenizer.json").read_text(encoding="utf-8"))
    assert tokenizer["padding"] is None
    assert tokenizer["truncation"]["max_length"] == 256
