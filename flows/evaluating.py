"""What `vivier evaluate` does: an evaluation put together from the settings, run, and delivered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.progress_bars import Bars
from flows.settings import FlowSettings
from indexing.terminal import OUT, warn

if TYPE_CHECKING:
    from indexing.evaluation import Installation
    from indexing.evaluation.comparison import Section
    from indexing.pipeline import Sources
    from indexing.run_log import Tracker
    from indexing.workspace import Workspace


def evaluate_search(
    sources: Sources,
    judgements: Sequence[Path],
    versions: Sequence[int],
    *,
    parity: bool,
    out: Path | None,
    track: bool,
    as_json: bool,
) -> None:
    """Measure search on a corpus and its judged queries."""
    from indexing.evaluation import Task, check_writable, deliver, evaluate

    check_writable(out)
    task = Task(sources, judgements, versions, parity)
    workspace, tracker, report = _measured(lambda installation: evaluate(task, installation), track=track)
    deliver(report, task, out=out, as_json=as_json, tracker=tracker, registry=workspace.registry, console=OUT)


def evaluate_similarity(
    pairs: Sequence[Path], versions: Sequence[int], *, out: Path | None, track: bool, as_json: bool
) -> None:
    """Measure how alike texts are found, on pairs labelled by hand."""
    from indexing.evaluation import check_writable
    from indexing.evaluation.similarity import SimilarityTask, deliver_similarity
    from indexing.evaluation.similarity import evaluate_similarity as measure

    check_writable(out)
    task = SimilarityTask(pairs, versions)
    workspace, tracker, report = _measured(lambda installation: measure(task, installation), track=track)
    deliver_similarity(
        report, task, out=out, as_json=as_json, tracker=tracker, registry=workspace.registry, console=OUT
    )


def _measured(measure: Callable[[Installation], Section], *, track: bool) -> tuple[Workspace, Tracker, Section]:
    """The report of an evaluation in the home that the settings name, and where it is to be logged."""
    from indexing.assembly import assemble
    from indexing.evaluation import Installation
    from indexing.model_recipes import ensure_version
    from indexing.model_registry.run_logs import open_tracker
    from indexing.run_log import UNTRACKED

    settings = FlowSettings()
    workspace = assemble(settings)
    tracker = open_tracker(settings.tracking_uri, workspace.home, warn=warn) if track else UNTRACKED
    with Bars() as bars:
        installation = Installation(
            workspace,
            workspace_at=lambda folder: assemble(
                settings.model_copy(update={"home": folder, "processed": folder / "processed", "qdrant_url": ""})
            ),
            ensure_version=lambda number: ensure_version(number, workspace, bars),
            progress=bars,
            warn=warn,
        )
        report = measure(installation)
    return workspace, tracker, report
