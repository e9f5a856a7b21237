"""A transformer fine-tuned on pairs, then mixed with what it was before."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from indexing.encoder import FloatArray
from indexing.export.model_folders import ModelSource
from indexing.export.torch_encoder import load_model
from indexing.model_folder import written_whole
from indexing.pipeline import Progress
from indexing.training.lesson import Report, run_lesson
from indexing.training.options import Options
from indexing.training.pairs import Pair
from indexing.training.task import Outcome
from indexing.training.trainer import Lesson, best_step, scores_of
from indexing.training.validation import Validation

SCALE = 20.0  # a cosine's: a temperature of .05
# Shares of the tuned weights that are tried; 0 is the base, 1 the tuned model (WiSE-FT, arXiv 2109.01903).
SHARES = (0.25, 0.5, 0.75, 1.0)
ENCODED_AT_ONCE = 64
MODEL = "model"


def contrastive(batches: Sequence[Sequence[Pair]], source: ModelSource) -> Lesson:
    """Pairs as a lesson: of all passages of a batch, the one that answers is to be the nearest."""
    from datasets import Dataset

    pairs = [pair for batch in batches for pair in batch]
    columns = {name: [getattr(pair, name) for pair in pairs] for name in ("anchor", "positive", "negative")}
    asked, told = source.query_prefix, source.passage_prefix
    return Lesson(
        Dataset.from_dict(columns),
        [len(batch) for batch in batches],
        lambda model: MultipleNegativesRankingLoss(model, scale=SCALE),
        {"anchor": asked, "positive": told, "negative": told} if asked or told else {},
    )


def fine_tune(
    source: ModelSource,
    batches: Sequence[Sequence[Pair]],
    validation: Validation,
    folder: Path,
    options: Options,
    *,
    minutes: float,
    report: Report,
    progress: Progress,
) -> Outcome:
    """Train, mix and save a model; what `folder` holds of an earlier run of the same training is not done again."""
    model = load_model(source)
    _freeze(model, options.frozen_layers)
    model.max_seq_length = min(options.max_length, source.max_length)
    lesson = contrastive(batches, source)
    score = partial(score_of, model, source, validation)
    history = run_lesson(
        model, lesson, score, folder / "checkpoints", options, minutes=minutes, report=report, progress=progress
    )
    best = folder / "checkpoints" / f"checkpoint-{best_step(history)}"
    base, tuned = load_model(source), load_model(replace(source, folder=best))
    scores: dict[float, float] = {}
    for done, share in enumerate(SHARES):
        progress("mix", done, len(SHARES))
        scores[share] = score_of(mixed(base, tuned, share), source, validation)
    progress("mix", len(SHARES), len(SHARES))
    share = max(scores, key=lambda share: (scores[share], -share))
    save_model(mixed(base, tuned, share), folder / MODEL)
    before = scores_of(history)[0][1]
    return Outcome(folder / MODEL, history, before, scores, share, sum(lesson.sizes))


def mixed(base: Any, tuned: Any, share: float) -> Any:
    """A copy of the base whose weights lie so far on the way to the tuned ones."""
    model = copy.deepcopy(base)
    theirs = tuned.state_dict()
    with torch.no_grad():
        for name, own in model.state_dict().items():
            if own.is_floating_point():
                own.lerp_(theirs[name], share)
    return model


def score_of(model: Any, source: ModelSource, validation: Validation) -> float:
    """How well a model finds the people set apart."""

    def encode(prefix: str, texts: Sequence[str]) -> FloatArray:
        vectors: FloatArray = model.encode(
            list(texts), prompt=prefix, batch_size=ENCODED_AT_ONCE, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    was_training = model.training
    try:
        return validation.score(partial(encode, source.query_prefix), partial(encode, source.passage_prefix))
    finally:
        model.train(was_training)


def save_model(model: Any, folder: Path) -> None:
    """Write a model as a sentence-transformers folder, whole or not at all, without a card that quotes texts."""
    shutil.rmtree(folder, ignore_errors=True)
    with written_whole(folder) as unfinished:
        model.save(str(unfinished), create_model_card=False)


def _freeze(model: Any, layers: int | None) -> None:
    """Leave the word table and the lowest layers as they are: half of MiniLM's weights are words, most never met."""
    transformer = model[0].auto_model
    for parameter in transformer.embeddings.parameters():
        parameter.requires_grad_(False)
    found = list(transformer.encoder.layer)
    for layer in found[: len(found) // 2 if layers is None else layers]:
        for parameter in layer.parameters():
            parameter.requires_grad_(False)
