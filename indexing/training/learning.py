"""The third stage: pairs for a fine-tuned encoder, the teacher's vectors for a static one, and the training itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from indexing.encoder import FloatArray
from indexing.export.torch_encoder import load_model
from indexing.onnx_encoder import OnnxEncoder
from indexing.pipeline import CHUNK
from indexing.run_log import Run
from indexing.training.fine_tuning import MODEL, fine_tune, save_model, score_of
from indexing.training.lesson import run_lesson
from indexing.training.pairs import PairMiner
from indexing.training.static_encoder import distilled, static_from
from indexing.training.task import Installation, Outcome, Prepared, Task
from indexing.training.trainer import best_step, scores_of


def train(task: Task, prepared: Prepared, installation: Installation, run: Run) -> Outcome:
    """A trained model in the training's folder, going on from its newest checkpoint. KeyboardInterrupt after Ctrl-C."""
    learn = _static if task.options.kind == "static" else _tuned
    return learn(task, prepared, installation, run)


def _tuned(task: Task, prepared: Prepared, installation: Installation, run: Run) -> Outcome:
    options = task.options
    installation.progress("mine", 0, options.steps)
    miner = PairMiner(prepared.split.training, prepared.passages, seed=options.seed)
    batches = []
    for batch in miner.batches(count=options.steps, size=options.batch_size):
        batches.append(batch)
        installation.progress("mine", len(batches), options.steps)
    return fine_tune(
        prepared.base.source,
        batches,
        prepared.validation,
        prepared.folder,
        options,
        minutes=task.minutes,
        report=lambda step, values: run.metrics(values, step=step),
        progress=installation.progress,
    )


def _static(task: Task, prepared: Prepared, installation: Installation, run: Run) -> Outcome:
    options, source = task.options, prepared.base.source
    texts, vectors = _taught(prepared, installation)
    lesson = distilled(texts, vectors, batch_size=options.batch_size, steps=options.steps, seed=options.seed)
    student = static_from(load_model(source), max_length=source.max_length, progress=installation.progress)
    unprefixed = replace(source, query_prefix="", passage_prefix="")
    folder = prepared.folder / "checkpoints"
    history = run_lesson(
        student,
        lesson,
        lambda: score_of(student, unprefixed, prepared.validation),
        folder,
        options,
        minutes=task.minutes,
        report=lambda step, values: run.metrics(values, step=step),
        progress=installation.progress,
    )
    best = load_model(replace(unprefixed, folder=folder / f"checkpoint-{best_step(history)}"))
    save_model(best, prepared.folder / MODEL)
    scores = dict(scores_of(history))
    return Outcome(prepared.folder / MODEL, history, scores[0], {1.0: scores[best_step(history) or 0]}, 1.0, len(texts))


def _taught(prepared: Prepared, installation: Installation) -> tuple[list[str], FloatArray]:
    """The passages and the descriptions trained on, with what the teacher, as it is served, says of them."""
    passages = prepared.passages
    known = set(passages.texts)
    works = (work for person in prepared.split.training for work in person.works)
    asked = [text for text in dict.fromkeys(work.description for work in works) if text and text not in known]
    encoder = OnnxEncoder(prepared.base.known.folder)
    found = [passages.vectors]
    try:
        for start in range(0, len(asked), CHUNK):
            found.append(encoder.encode_queries(asked[start : start + CHUNK]))
            installation.progress("teach", min(len(asked), start + CHUNK), len(asked))
    finally:
        encoder.close()
    return [*passages.texts, *asked], np.concatenate(found)
