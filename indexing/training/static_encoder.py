"""A static encoder: one vector a token, looked up, averaged, moved and made unit length; no transformer at query time.

A token's vector starts as what the teacher says of that token alone, on its principal directions, made smaller the more
frequent the token is (as model2vec does, by the vocabulary's order). Then the whole table, and a linear layer with a
bias over the mean, learn to give the vectors that the teacher gives to the corpus's texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from indexing.encoder import FloatArray
from indexing.pipeline import Progress
from indexing.training.trainer import Lesson

SIF = 1e-4  # a token of frequency p counts SIF / (SIF + p); Arora, Liang and Ma, ICLR 2017
_TOKENS_AT_ONCE = 1_024


def static_from(teacher: Any, *, max_length: int, progress: Progress) -> Any:
    """An untrained static encoder over the teacher's tokenizer, of the teacher's size."""
    tokenizer = Tokenizer.from_str(teacher.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    # Marks around a text are the same for every text: they would only be added to every mean.
    tokenizer.post_processor = TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    vectors = _token_vectors(teacher, tokenizer, progress)
    table = StaticEmbedding(tokenizer, embedding_weights=torch.from_numpy(vectors))
    dimension = vectors.shape[1]
    mean = Dense(dimension, dimension, bias=True, activation_function=torch.nn.Identity())
    with torch.no_grad():
        mean.linear.weight.copy_(torch.eye(dimension))
        # What a text without any token gets; a vector of zeros has no direction.
        mean.linear.bias.copy_(torch.full((dimension,), 1e-4))
    return SentenceTransformer(modules=[table, mean, Normalize()], device="cpu")


def distilled(texts: Sequence[str], vectors: FloatArray, *, batch_size: int, steps: int, seed: int) -> Lesson:
    """Texts and what the teacher says of them as a lesson, in as many shuffled rounds as fill the steps."""
    from datasets import Dataset
    from sentence_transformers.sentence_transformer.losses import EmbedDistillLoss

    random = np.random.default_rng(seed)
    order: list[int] = []
    while len(order) < steps * batch_size:
        order.extend(random.permutation(len(texts)).tolist())
    order = order[: steps * batch_size]
    return Lesson(
        # Rows are looked up as they are needed: copies of the vectors for every round would fill the memory.
        Dataset.from_dict({"text": list(texts), "label": vectors.tolist()}),
        [batch_size] * steps,
        lambda model: EmbedDistillLoss(model, distance_metric="cosine"),
        {},
        order=order,
    )


def _token_vectors(teacher: Any, tokenizer: Tokenizer, progress: Progress) -> FloatArray:
    """The teacher's vector of every token alone, on principal directions, by falling weight."""
    size = tokenizer.get_vocab_size()
    tokens = [tokenizer.id_to_token(number) or "" for number in range(size)]
    marks = teacher.tokenizer
    before, after = _marks_around(marks)
    found = np.empty((size, teacher.get_embedding_dimension()), np.float32)
    for start in range(0, size, _TOKENS_AT_ONCE):
        numbers = torch.arange(start, min(size, start + _TOKENS_AT_ONCE))
        rows = [torch.full_like(numbers, mark) for mark in before] + [numbers]
        ids = torch.stack([*rows, *(torch.full_like(numbers, mark) for mark in after)], dim=1)
        features = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if "token_type_ids" in marks.model_input_names:
            features["token_type_ids"] = torch.zeros_like(ids)
        with torch.no_grad():
            found[start : start + len(numbers)] = teacher(features)["sentence_embedding"].numpy()
        progress("tokens", start + len(numbers), size)
    special = [
        number
        for number, token in enumerate(tokens)
        if token.startswith("[unused") or token in marks.all_special_tokens
    ]
    # Without their mean, which every token shares: it would drown what tells them apart.
    moved = found - found.mean(axis=0)
    # By the vocabulary's order, which is that of the tokens' frequency (Zipf): p ~ 1 / rank.
    ranks = np.arange(2, size + 2)
    frequency = (1 / ranks) / (1 / ranks).sum()
    weighted = moved * (SIF / (SIF + frequency))[:, np.newaxis]
    weighted[special] = 0
    table: FloatArray = weighted.astype(np.float32)
    return table


def _marks_around(tokenizer: Any) -> tuple[list[int], list[int]]:
    """What a text's tokens stand between."""
    ids: list[int] = tokenizer("a", add_special_tokens=True)["input_ids"]
    bare: list[int] = tokenizer("a", add_special_tokens=False)["input_ids"]
    at = ids.index(bare[0])
    return ids[:at], ids[at + len(bare) :]
