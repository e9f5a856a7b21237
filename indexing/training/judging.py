"""The fourth stage: the trained model beside its base, by the whole search, on queries that neither was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from indexing.evaluation.corpora import corpus_folder
from indexing.evaluation.intervals import bootstrap, chance
from indexing.evaluation.judgements import Judgement, read_judgements
from indexing.evaluation.known_model import KnownModel
from indexing.evaluation.measures import MEASURES, Values, measure
from indexing.evaluation.systems import run_systems
from indexing.evaluation.throwaway import opened_for_evaluation, throwaway
from indexing.export.model_folders import from_folder
from indexing.raw_data import data_rev
from indexing.training.bases import exported
from indexing.training.task import Installation, Outcome, Prepared, Task

SYSTEMS = ("dense", "hybrid", "full")
DIGITS = 6

Section = dict[str, Any]


def evaluate(task: Task, prepared: Prepared, outcome: Outcome, installation: Installation) -> Section:
    """The model as it would be served, measured; nothing is registered. Without judged queries: the set apart alone."""
    known = [version.version for version in installation.workspace.registry.versions()]
    source = from_folder(outcome.folder, name=prepared.base.source.name)
    trained = exported(source, prepared.folder / "onnx", version=max(known, default=0) + 1)
    report: Section = {
        "set_apart": {
            "projects": len(prepared.validation.queries),
            "before": round(outcome.before, DIGITS),
            "after": round(outcome.scores[outcome.share], DIGITS),
            "share": outcome.share,
            "by_share": {str(share): round(score, DIGITS) for share, score in outcome.scores.items()},
        }
    }
    if task.asked:
        judgements = read_judgements(task.asked)
        base = _values(judgements, prepared.base.known, task, installation)
        after = _values(judgements, trained, task, installation)
        report |= {
            "queries": len(judgements),
            "judged": {system: _beside(base[system], after[system]) for system in SYSTEMS},
        }
    return report


def measures(report: Section) -> dict[str, float]:
    """The numbers of a report by names that MLflow takes."""
    found = {f"set_apart_ndcg_10_{when}": float(report["set_apart"][when]) for when in ("before", "after")}
    for system, section in report.get("judged", {}).items():
        for name, values in section.items():
            for what in ("base", "trained", "difference"):
                found[f"{system}_{name.replace('@', '_')}_{what}"] = float(values[what])
    return found


def _values(
    judgements: Sequence[Judgement], model: KnownModel, task: Task, installation: Installation
) -> Mapping[str, Values]:
    sources = task.sources
    revision = data_rev(sources.users, sources.repos, sources.contributions)
    with corpus_folder(installation.evaluations, revision) as folder:
        workspace = throwaway(installation.workspace_at(folder), model)
        with opened_for_evaluation(
            sources, workspace, model, progress=installation.progress, warn=installation.warn
        ) as opened:
            stage = f"Asking {model.manifest.name}"
            runs = run_systems(
                judgements,
                opened,
                systems=SYSTEMS,
                on_progress=lambda done, total: installation.progress(stage, done, total),
            )
    return {system: measure(judgements, rankings) for system, rankings in runs.items()}


def _beside(base: Values, trained: Values) -> Section:
    """Both means of each measure, and how sure their difference is, query by query."""
    between, likely = bootstrap(trained - base), chance(trained - base)
    return {
        name: {
            "base": _rounded(base[:, at].mean()),
            "trained": _rounded(trained[:, at].mean()),
            "difference": _rounded(between.mean[at]),
            "interval": [_rounded(between.low[at]), _rounded(between.high[at])],
            "p": _rounded(likely[at]),
        }
        for at, name in enumerate(MEASURES)
    }


def _rounded(value: np.floating[Any] | float) -> float:
    return round(float(value), DIGITS)
