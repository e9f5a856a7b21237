"""One evaluation from raw files and judgements to the report; registers, publishes and serves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from indexing.evaluation.comparison import Section, compare
from indexing.evaluation.corpora import corpus_folder
from indexing.evaluation.intervals import METHOD
from indexing.evaluation.judgements import Judgement, read_judgements
from indexing.evaluation.known_model import KnownModel, find_model
from indexing.evaluation.parity import compare_languages, language_pairs
from indexing.evaluation.systems import SYSTEMS, Ranking, run_systems
from indexing.evaluation.throwaway import opened_for_evaluation, throwaway
from indexing.open_release import OpenRelease
from indexing.pipeline import Progress, Sources, silent
from indexing.raw_data import data_rev
from indexing.run_environment import git_revision
from indexing.workspace import Workspace

OF_THE_PROJECT = (1, 2)  # versions that come with it


@dataclass(frozen=True, slots=True)
class Task:
    """What to evaluate: the first version is compared in full, with `parity` all of them by language."""

    sources: Sources
    judgements: Sequence[Path]
    versions: Sequence[int] = ()  # none: the champion's, else 1; with parity both of the project's
    parity: bool = False

    @property
    def corpus_name(self) -> str:
        """What to call the corpus: the folder its files are in."""
        return self.sources.users.resolve().parent.name


@dataclass(frozen=True, slots=True)
class Installation:
    """What an evaluation needs from outside."""

    workspace: Workspace  # the home whose models are evaluated
    workspace_at: Callable[[Path], Workspace]  # an empty, embedded one in a folder
    ensure_version: Callable[[int | None], int]
    progress: Progress = silent
    warn: Callable[[str], None] = print


def evaluate(task: Task, installation: Installation) -> Section:
    """Measure the systems on a corpus; returns the report as JSON has it."""
    started = perf_counter()
    judgements = read_judgements(task.judgements)
    if task.parity:
        language_pairs(judgements)  # before anything is built
    revision = data_rev(task.sources.users, task.sources.repos, task.sources.contributions)
    evaluations = installation.workspace.home / "evaluations"
    report: Section = {}
    parity: dict[str, Section] = {}
    with corpus_folder(evaluations, revision) as folder:
        for version in task.versions or (OF_THE_PROJECT if task.parity else (None,)):
            model = find_model(version, installation.workspace, installation.ensure_version, warn=installation.warn)
            workspace = throwaway(installation.workspace_at(folder), model)
            with opened_for_evaluation(
                task.sources, workspace, model, progress=installation.progress, warn=installation.warn
            ) as opened:
                systems = ("full",) if report else tuple(SYSTEMS)
                runs = _run(judgements, opened, systems, model, installation)
                if not report:
                    report = {**compare(judgements, runs), **_described(task, judgements, opened, model)}
                if task.parity:
                    parity[str(model.version)] = {
                        "model": model.manifest.name,
                        "fingerprint": model.manifest.fingerprint,
                        **compare_languages(judgements, runs["full"]),
                    }
    if task.parity:
        report["parity"] = parity
    report["seconds"] = round(perf_counter() - started, 1)
    return report


def _run(
    judgements: Sequence[Judgement],
    opened: OpenRelease,
    systems: Sequence[str],
    model: KnownModel,
    installation: Installation,
) -> dict[str, list[Ranking]]:
    stage = f"Asking version {model.version}"
    return run_systems(
        judgements, opened, systems=systems, on_progress=lambda done, total: installation.progress(stage, done, total)
    )


def _described(task: Task, judgements: Sequence[Judgement], opened: OpenRelease, model: KnownModel) -> dict[str, Any]:
    """What was evaluated on what, so that a number can be told from another."""
    release = opened.release
    asked = sorted({login for judgement in judgements for login in judgement.relevant})
    known = opened.index.find_people(asked)
    return {
        "corpus": {
            "name": task.corpus_name,
            "people": release.people,
            "passages": release.passages,
            "data_rev": release.data_rev,
        },
        "judgements": {
            "files": [file.name for file in task.judgements],
            "logins": len(asked),
            "logins_not_in_corpus": len(asked) - len(known),
            "queries_nobody_can_answer": sum(1 for judgement in judgements if not known.keys() & judgement.relevant),
        },
        "release": {
            "model_version": model.version,
            "model_name": model.manifest.name,
            "fingerprint": model.manifest.fingerprint,
            "dimension": model.manifest.dimension,
            "max_length": model.manifest.max_length,
            "precision": model.manifest.precision,
            "ranking": asdict(release.ranking),
        },
        "git_revision": git_revision(),
        "method": {**METHOD, "gain": "2^g - 1", "people_asked_for": 100},
    }
