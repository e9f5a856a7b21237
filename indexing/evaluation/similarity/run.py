"""One evaluation of similarity: pairs read, versions measured with the code that serves, the report delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from indexing.evaluation.comparison import Section
from indexing.evaluation.evaluate import Installation
from indexing.evaluation.known_model import KnownModel, find_model
from indexing.evaluation.similarity.labelled_pairs import LabelledPair, read_pairs
from indexing.evaluation.similarity.measuring import MEASURES, METHOD, measure_blind, measure_similarity
from indexing.evaluation.similarity.tables import print_similarity
from indexing.evaluation.similarity.tracking import track_similarity
from indexing.evaluation.tracking import EXPERIMENT, as_document, attach
from indexing.prediction import similarities
from indexing.registry import ModelRegistry
from indexing.run_environment import git_revision
from indexing.run_log import Tracker
from indexing.whole_files import write_whole

AT_ONCE = 32  # pairs between two steps of the progress bar


@dataclass(frozen=True, slots=True)
class SimilarityTask:
    """Which pairs to measure which versions on."""

    files: Sequence[Path]
    versions: Sequence[int] = ()  # none: the champion's, else 1


def evaluate_similarity(task: SimilarityTask, installation: Installation) -> Section:
    """Measure versions on labelled pairs; returns the report as JSON has it. No release is needed or made."""
    started = perf_counter()
    pairs = read_pairs(task.files)
    found: dict[str, Section] = {}
    for version in task.versions or (None,):
        model = find_model(version, installation.workspace, installation.ensure_version, warn=installation.warn)
        cosines = np.concatenate(_scored(pairs, model, installation))
        manifest = model.manifest
        found[str(model.version)] = {
            "model": manifest.name,
            "fingerprint": manifest.fingerprint,
            "dimension": manifest.dimension,
            "max_length": manifest.max_length,
            "precision": manifest.precision,
            "pooling": manifest.pooling,
            **measure_similarity(pairs, cosines),
        }
    return {
        "pairs": {
            "files": [file.name for file in task.files],
            "digest": blake2b(b"".join(file.read_bytes() for file in task.files), digest_size=8).hexdigest(),
            **{split: sum(pair.split == split for pair in pairs) for split in ("dev", "test")},
            "blind": measure_blind(pairs),
        },
        "versions": found,
        "git_revision": git_revision(),
        "method": METHOD,
        "seconds": round(perf_counter() - started, 1),
    }


def _scored(pairs: Sequence[LabelledPair], model: KnownModel, installation: Installation) -> list[NDArray[np.float64]]:
    stage = f"Comparing texts with version {model.version}"
    encoder = installation.workspace.load_encoder(model.folder)
    scores = []
    try:
        for start in range(0, len(pairs), AT_ONCE):
            chunk = pairs[start : start + AT_ONCE]
            scores.append(similarities([pair.texts for pair in chunk], encoder.encode_queries))
            installation.progress(stage, start + len(chunk), len(pairs))
    finally:
        encoder.close()
    return scores


def deliver_similarity(
    report: Section,
    task: SimilarityTask,
    *,
    out: Path | None,
    as_json: bool,
    tracker: Tracker,
    registry: ModelRegistry,
    console: Console,
) -> None:
    """Write the report, log a run for each version, and print it for people or as one JSON document."""
    pairs = {pair.id: pair for pair in read_pairs(task.files)}
    if out is not None:
        write_whole(out, as_document(report))
    runs = track_similarity(report, tracker, {name: pair.language for name, pair in pairs.items()})
    for version in runs:
        values = {
            name: one["value"] for name, one in report["versions"][version]["overall"].items() if name in MEASURES
        }
        attach(registry, int(version), values, corpus=Path(report["pairs"]["files"][0]).stem, warn=tracker.warn)
    if as_json:
        console.file.write(as_document(report))
        return
    print_similarity(report, pairs, console)
    if out is not None:
        console.print(f"Written to {out}.", markup=False, highlight=False, soft_wrap=True)
    for run_id in runs.values():
        console.print(f"Logged to MLflow: experiment {EXPERIMENT}, run {run_id}.", highlight=False, soft_wrap=True)
