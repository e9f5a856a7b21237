"""A sentence-transformers model small enough to make in a test, and an ONNX folder that only looks like one."""

from __future__ import annotations

import atexit
import json
import shutil
import string
import tempfile
from functools import cache
from pathlib import Path

WORDS = (
    "a and are build data database deep django docker engine fast for french go graph image java kernel learning "
    "library linux network neural of open parser python query rust search server source speech text the tool vector "
    "video web with"
).split()
DIMENSION = 32


def make_tiny_model(folder: Path, *, seed: int = 0) -> Path:
    """A 2-layer, 32-dimensional BERT with random weights (the same for one seed) as a sentence-transformers folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    bert = folder.with_name(f"{folder.name}-bert")
    bert.mkdir(parents=True)
    letters = [*string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase), *string.digits]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted({*WORDS, *letters})]
    tokenizer = BertTokenizer(vocab={word: number for number, word in enumerate(vocabulary)}, model_max_length=128)
    tokenizer.save_pretrained(str(bert))
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=DIMENSION,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(str(bert))
    transformer = Transformer(str(bert), max_seq_length=128)
    pooling = Pooling(DIMENSION, pooling_mode="mean")
    SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu").save(str(folder))
    return folder


def make_onnx_folder(folder: Path, *, fingerprint: str = "f0f0f0f0", name: str = "tiny", weight: int = 4096) -> Path:
    """A folder shaped like an exported encoder: weights that are only bytes, a tokenizer, and the manifest."""
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(bytes(range(256)) * (weight // 256))
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    manifest = {"fingerprint": fingerprint, "name": name, "dimension": DIMENSION, "canaries": [{"text": "a parser"}]}
    (folder / "encoder.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def make_static_model(folder: Path) -> Path:
    """A static encoder over the tiny model's tokens, untrained, as a sentence-transformers folder."""
    from indexing.export.model_folders import from_folder
    from indexing.export.torch_encoder import load_model
    from indexing.training.fine_tuning import save_model
    from indexing.training.static_encoder import static_from

    teacher = load_model(from_folder(shared_tiny_model()))
    save_model(static_from(teacher, max_length=128, progress=lambda *_: None), folder)
    return folder


@cache
def static_folder() -> Path:
    """The ONNX folder of one static encoder for the whole run; read only."""
    from indexing.export.graph import export_encoder
    from indexing.export.model_folders import from_folder

    scratch = Path(tempfile.mkdtemp(prefix="vivier-static-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    export_encoder(from_folder(make_static_model(scratch / "model")), scratch / "onnx")
    return scratch / "onnx"


@cache
def shared_tiny_model() -> Path:
    """One tiny model for the whole run, made when first asked for; read only."""
    scratch = Path(tempfile.mkdtemp(prefix="vivier-tiny-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    return make_tiny_model(scratch / "model")
