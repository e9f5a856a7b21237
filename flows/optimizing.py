"""A study from its request to its report: what `vivier optimize` and the Prefect flow both run.

Every process that works on a study asks it for trials by itself; this one starts the others, as processes of their own,
since a search's cost is counted in the processor's time of a process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Any

from flows.settings import FlowSettings
from indexing.assembly import assemble
from indexing.encoder_variants import variant_of
from indexing.errors import InputError
from indexing.model_recipes import ensure_version
from indexing.optimization.choices import Question, Workshop
from indexing.optimization.space import KINDS, TEMPLATES
from indexing.pipeline import Progress, Sources, silent
from indexing.run_log import Run, Tracker

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from indexing.optimization.studies import Asked, Study

ROOT = Path(__file__).resolve().parents[1]
Section = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a study, in values that go from process to process."""

    users: str
    repos: str
    contributions: str | None
    judgements: tuple[str, ...]
    versions: tuple[int, ...] = ()
    templates: tuple[str, ...] = TEMPLATES
    space: str = "ranking"
    study: str | None = None
    trials: int = 40
    builds: int = 4
    seed: int = 0
    timeout_seconds: float | None = None
    tracked: bool = True

    def to_json(self) -> str:
        """For another process."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(written: str) -> Request:
        """From another process."""
        values = json.loads(written)
        lists = {name: tuple(values[name]) for name in ("judgements", "versions", "templates")}
        return Request(**{**values, **lists})

    def asked(self) -> Asked:
        """As the library takes it."""
        from indexing.optimization.studies import Asked  # optuna

        kind = next((known for known in KINDS if known == self.space), None)
        if kind is None:
            raise InputError(f"There is no search space {self.space!r}, only {', '.join(KINDS)}.", field="space")
        contributions = Path(self.contributions) if self.contributions else None
        question = Question(
            Sources(Path(self.users), Path(self.repos), contributions), tuple(map(Path, self.judgements))
        )
        return Asked(question, kind, self.versions, self.templates, self.study)


@dataclass(frozen=True, slots=True)
class Watching:
    """Who hears of a study's progress, and may stop it."""

    progress: Progress = silent
    say: Callable[[str], None] = print
    warn: Callable[[str], None] = print
    is_stopping: Callable[[], bool] = lambda: False


def workshop_of(settings: FlowSettings, watching: Watching) -> Workshop:
    """What a study needs of this home."""
    workspace = assemble(settings)
    return Workshop(
        workspace,
        workspace_at=lambda folder: assemble(
            settings.model_copy(update={"home": folder, "processed": folder / "processed", "qdrant_url": ""})
        ),
        ensure_version=lambda number: ensure_version(number, workspace, watching.progress),
        variant=variant_of,
        progress=watching.progress,
        warn=watching.warn,
    )


def tracker_of(settings: FlowSettings, request: Request, watching: Watching) -> Tracker:
    """Where the study's runs go."""
    from indexing.model_registry.run_logs import open_tracker
    from indexing.run_log import UNTRACKED

    home = settings.home.resolve()
    return open_tracker(settings.tracking_uri, home, warn=watching.warn) if request.tracked else UNTRACKED


def work(request: Request, settings: FlowSettings, watching: Watching) -> None:
    """Run a study's trials in this process until there are as many as asked for."""
    workshop = workshop_of(settings, watching)
    with _study(request, settings, workshop) as study:
        _work(study, request, workshop, tracker_of(settings, request, watching), watching, report=False)


def begin_run(request: Request, settings: FlowSettings, watching: Watching) -> None:
    """Begin a study and its run in MLflow, so that the trials of other processes are nested in it."""
    tracker = tracker_of(settings, request, watching)
    with _study(request, settings, workshop_of(settings, watching)) as study, _run(study, request, tracker):
        pass


def optimize(request: Request, settings: FlowSettings, watching: Watching, *, workers: int = 1) -> Section:
    """Begin a study or go on with one, by so many processes, and report what it has found so far."""
    workshop, tracker = workshop_of(settings, watching), tracker_of(settings, request, watching)
    with _study(request, settings, workshop) as study, _run(study, request, tracker) as run:
        with _others(request, settings, workers - 1, watching):
            found = _work(study, request, workshop, tracker, watching, report=True)
        _log(run, study, found)
    return found


@contextmanager
def _study(request: Request, settings: FlowSettings, workshop: Workshop) -> Iterator[Study]:
    """The study asked for, new or gone on with."""
    from indexing.optimization.storage import opened_storage
    from indexing.optimization.studies import begin

    with opened_storage(settings.database) as storage:
        yield begin(request.asked(), workshop, storage)


@contextmanager
def _run(study: Study, request: Request, tracker: Tracker) -> Iterator[Run]:
    """The study's run in MLflow, gone on with when there is one."""
    from indexing.optimization.trials import EXPERIMENT, RUN

    name, start = study.kept.study_name, study.space.start
    with tracker.run(
        EXPERIMENT,
        name,
        kind="optimisation",
        description=f"`vivier optimize`: {study.space.kind} of version {start.version} ({study.start_name}) on "
        f"{study.question.corpus_name}.",
        tags={
            "corpus": study.question.corpus_name,
            "data_rev": study.data_rev,
            "version": str(start.version),
            "mlflow.source.name": "vivier optimize",
        },
        parameters={"space": study.space.kind, "seed": request.seed, "study": name},
        continues=study.kept.user_attrs.get(RUN),
    ) as run:
        if run.id is not None:
            study.kept.set_user_attr(RUN, run.id)
        yield run


def _work(
    study: Study, request: Request, workshop: Workshop, tracker: Tracker, watching: Watching, *, report: bool
) -> Section:
    from indexing.optimization.findings import findings
    from indexing.optimization.trials import Bounds, bench, run_trials

    started = time.monotonic()
    deadline = started + request.timeout_seconds if request.timeout_seconds else None
    bounds = Bounds(request.trials, request.builds, request.seed, deadline)
    with bench(study.question, study.halves, study.space, workshop, data_rev=study.data_rev) as (at, reference):
        run_trials(
            study.kept,
            at,
            reference,
            bounds,
            tracker=tracker,
            is_stopping=watching.is_stopping,
            on_trial=lambda trial: watching.say(_said(trial)),
        )
        return findings(study, at, reference) if report else {}


def _said(trial: FrozenTrial) -> str:
    state = trial.state.name.lower()
    if trial.values:
        return f"Trial {trial.number}: nDCG@10 {trial.values[0]:.4f}, {trial.values[1]:.2f} ms"
    seen = len(trial.user_attrs.get("ndcg@10 by query", ()))
    return f"Trial {trial.number}: {state}" + (f" after {seen} queries" if state == "pruned" else "")


def _log(run: Run, study: Study, found: Section) -> None:
    from indexing.optimization.plots import draw

    best, start = found["best"], found["start"]
    first = next(row for row in found["front"] if row["trial"] == best["trial"])
    run.metrics(
        {
            "best_ndcg_10": first["ndcg@10"],
            "best_milliseconds": first["milliseconds"],
            "set_apart_difference": best["set_apart"]["difference"],
            "set_apart_p": best["set_apart"]["p"],
            **{f"trials_{state}": count for state, count in found["trials"].items()},
        }
    )
    run.describe(
        f"Trial {best['trial']} against what version {start['version']} serves, on the queries set apart: nDCG@10 "
        f"{best['set_apart']['difference']:+.4f} (p {best['set_apart']['p']:.3f})."
    )
    with TemporaryDirectory(prefix="vivier-optimization-") as scratch:
        folder = Path(scratch)
        (folder / "findings.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        draw(study.kept, folder)
        run.files(folder)


@contextmanager
def _others(request: Request, settings: FlowSettings, count: int, watching: Watching) -> Iterator[None]:
    """Processes that work on the same study; waited for at the end."""
    with ExitStack() as started:
        processes = [start_worker(request, settings) for _ in range(max(0, count))]
        for process in processes:
            started.callback(_end, process)
        yield
        for process in processes:
            if process.wait() and not watching.is_stopping():
                watching.warn(f"A process of the study ended with code {process.returncode}; the others went on.")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        process.wait()


def start_worker(request: Request, settings: FlowSettings) -> subprocess.Popen[bytes]:
    """A process that works on the request's study, and stops after its trial when this one is gone."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.optimization_worker"],
        env=_environment(settings),
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None  # noqa: S101  # it was asked for
    process.stdin.write(request.to_json().encode())
    process.stdin.close()
    return process


def _environment(settings: FlowSettings) -> Mapping[str, str]:
    known = os.environ.get("PYTHONPATH")
    path = f"{ROOT}{os.pathsep}{known}" if known else str(ROOT)
    home = {"VIVIER_HOME": str(settings.home.resolve()), "VIVIER_PROCESSED": str(settings.processed.resolve())}
    return {**os.environ, **home, "PYTHONPATH": path}


class StopAfterTrial:
    """Ctrl-C, or a polite kill, lets the trial under way end; the second one does not wait."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.is_stopping = False
        self._say = say

    def __enter__(self) -> StopAfterTrial:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _stop(self, number: int, _: FrameType | None) -> None:
        if self.is_stopping:
            raise KeyboardInterrupt
        self.is_stopping = True
        self._say("Stopping after the trial under way; once more stops at once.")
