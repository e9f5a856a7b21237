"""A static encoder: a table, no transformer; exported, registered and served like the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from indexing.export.canary_texts import CANARY_TEXTS
from indexing.export.graph import export_encoder
from indexing.export.model_folders import ModelSource, from_folder
from indexing.export.torch_encoder import TorchEncoder, load_model
from indexing.model_folder import MODEL_FILE, check_canaries, read_manifest
from indexing.onnx_encoder import OnnxEncoder
from indexing.training.fine_tuning import save_model
from indexing.training.lesson import run_lesson
from indexing.training.options import Options, make_options
from indexing.training.static_encoder import distilled, static_from
from tests.indexing.training.trades import people_of_trades
from tests.tiny_model import make_static_model, shared_tiny_model

TEXTS = (*CANARY_TEXTS, "", " ", "deep neural network", "un moteur de recherche écrit à Nantes", "data " * 700)


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> ModelSource:
    return from_folder(make_static_model(tmp_path_factory.mktemp("static") / "model"))


def test_what_is_served_is_what_sentence_transformers_gives(static: ModelSource, tmp_path: Path) -> None:
    """Short, long, empty and French texts; a text without a token has a direction too."""
    export_encoder(static, tmp_path / "onnx", precision="fp32")
    ours, theirs = OnnxEncoder(tmp_path / "onnx"), TorchEncoder(static)
    vectors, reference = ours.encode_passages(TEXTS), theirs.encode_passages(TEXTS)
    assert float((vectors * reference).sum(axis=1).min()) >= 0.9999
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    check_canaries(ours, read_manifest(tmp_path / "onnx"))


def test_nothing_of_a_transformer_is_in_the_graph(static: ModelSource, tmp_path: Path) -> None:
    """A look-up, a mean, one linear layer, a norm."""
    export_encoder(static, tmp_path / "onnx")
    operations = {node.op_type for node in onnx.load(tmp_path / "onnx" / MODEL_FILE).graph.node}
    assert "Gather" in operations
    assert not operations & {"Softmax", "Erf", "LayerNormalization", "Tanh"}


def test_a_word_more_changes_the_vector_by_that_word_and_marks_around_a_text_are_not_counted(
    static: ModelSource,
) -> None:
    """The tokenizer is the teacher's, without [CLS] and [SEP]."""
    model = load_model(static)
    assert model.tokenizer.encode("data").tokens == ["data"]
    assert model.tokenizer.get_vocab() == load_model(from_folder(shared_tiny_model())).tokenizer.get_vocab()


def test_a_table_learns_what_its_teacher_says(tmp_path: Path) -> None:
    """After some steps it is nearer to the teacher's vectors than before."""
    teacher = load_model(from_folder(shared_tiny_model()))
    texts = [work.description for person in people_of_trades(40) for work in person.works]
    vectors = teacher.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    student = static_from(teacher, max_length=128, progress=lambda *_: None)

    def likeness() -> float:
        return float((student.encode(texts, show_progress_bar=False) * vectors).sum(axis=1).mean())

    before = likeness()
    options = replace(make_options("static"), steps=40, batch_size=32, evaluate_every=20)
    lesson = distilled(texts, vectors, batch_size=options.batch_size, steps=options.steps, seed=1)
    history = run_lesson(
        student, lesson, likeness, tmp_path, options, minutes=5, report=lambda *_: None, progress=lambda *_: None
    )
    assert likeness() > max(before, 0.8)
    assert [entry["step"] for entry in history if "loss" in entry][-1] == 40
    save_model(student, tmp_path / "model")
    assert from_folder(tmp_path / "model").folder.exists()


def test_options_of_a_static_encoder_are_its_own(tmp_path: Path) -> None:
    """A table takes more and shorter steps than a transformer; what is asked for goes before."""
    assert make_options("static").steps > Options().steps
    assert make_options("static", steps=7).steps == 7
