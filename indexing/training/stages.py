"""A training from raw files to a registered version: load -> prepare -> train -> evaluate -> register.

The command calls `train_encoder`; the Prefect flow calls the same stages, one task each. Killed at any moment, the same
command goes on: people, split and pairs are drawn again, equal as long as nothing they come from has changed, and the
weights, the optimiser and the place in the order of the pairs come from the newest whole checkpoint.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import FileLock, Timeout

from indexing.erasure.sweep import TRAINING_LOCK
from indexing.errors import Busy, ReleaseRefused
from indexing.profiles import works_of
from indexing.run_log import Run
from indexing.training.curve import draw_curve
from indexing.training.judging import evaluate, measures
from indexing.training.learning import train
from indexing.training.preparing import load_corpus, prepare
from indexing.training.split import FILE, sizes
from indexing.training.task import Installation, Outcome, Prepared, Task
from indexing.whole_files import write_whole

EXPERIMENT = "vivier-training"
NOTE = "training.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training did."""

    version: int
    name: str
    folder: Path
    report: Mapping[str, Any]


def train_encoder(task: Task, installation: Installation) -> Trained:
    """Run every stage; nothing is registered before the evaluation is done. Busy when this home trains already."""
    with training_alone(installation):
        corpus = load_corpus(task, installation)
        prepared = prepare(task, corpus, installation)
        done = finished(prepared, installation)
        if done is not None:
            return done
        with logged(task, prepared, installation) as run:
            outcome = train(task, prepared, installation, run)
            report = evaluate(task, prepared, outcome, installation)
            version = register(task, prepared, outcome, installation)
            return conclude(task, prepared, outcome, report, version, run)


@contextmanager
def training_alone(installation: Installation) -> Iterator[None]:
    """The right to train on this home."""
    installation.trainings.mkdir(parents=True, exist_ok=True)
    lock = FileLock(installation.trainings / TRAINING_LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Busy(
            "Another `vivier train` is running on this VIVIER_HOME; wait until it is done, or stop it with Ctrl-C."
        ) from error
    try:
        yield
    finally:
        lock.release()


def finished(prepared: Prepared, installation: Installation) -> Trained | None:
    """What the same training came to before, if it ended and its version is still registered."""
    note = _note(prepared)
    known = {version.version for version in installation.workspace.registry.versions()}
    if note.get("version") not in known:
        return None
    installation.warn(f"This was trained before: version {note['version']}. Another --seed trains another.")
    return Trained(note["version"], note["name"], prepared.folder, note["report"])


@contextmanager
def logged(task: Task, prepared: Prepared, installation: Installation) -> Iterator[Run]:
    """The training's run in MLflow; one that was cut short is gone on with."""
    source, options = prepared.base.source, task.options
    name = name_of(task, prepared)
    with installation.tracker.run(
        EXPERIMENT,
        f"{name} seed {options.seed}",
        kind="training",
        description=_description(task, prepared),
        tags={"corpus": task.corpus_name, "data_rev": prepared.corpus.data_rev, "mlflow.source.name": "vivier train"},
        parameters={
            "model_name": name,
            "base": source.name,
            "base_fingerprint": prepared.base.known.manifest.fingerprint,
            **asdict(options),
            **sizes(prepared.split),
            "data_rev": prepared.corpus.data_rev,
            "minutes": task.minutes,
        },
        continues=_note(prepared).get("run"),
    ) as run:
        write_whole(prepared.folder / NOTE, json.dumps({"run": run.id}))
        yield run


def register(task: Task, prepared: Prepared, outcome: Outcome, installation: Installation) -> int:
    """The trained model as the next version. ReleaseRefused when somebody it was trained on has left meanwhile."""
    covers = installation.workspace.tombstones.covers
    people = prepared.corpus.profiles
    if any(covers(person.login, person.node_id) or works_of(person, covers) for person in people):
        shutil.rmtree(prepared.folder, ignore_errors=True)
        raise ReleaseRefused(
            "Somebody left while this was training, so nothing of it is kept; the same command trains without them."
        )
    return installation.register(outcome.folder, name_of(task, prepared))


def conclude(
    task: Task, prepared: Prepared, outcome: Outcome, report: Mapping[str, Any], version: int, run: Run
) -> Trained:
    """Write down and log what came of it, and remove what only a training under way needs."""
    name = name_of(task, prepared)
    run.metrics(measures(dict(report)))
    run.parameters({"examples": outcome.examples, "share": outcome.share})
    run.tags({"version": str(version)})
    with TemporaryDirectory(prefix="vivier-training-") as scratch:
        folder = Path(scratch)
        shutil.copy(prepared.folder / FILE, folder / FILE)
        (folder / "evaluation.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        draw_curve(outcome.history, folder / "loss.png")
        shutil.copy(folder / "loss.png", prepared.folder / "loss.png")
        run.files(folder)
    note = {"run": run.id, "version": version, "name": name, "report": report, "history": list(outcome.history)}
    write_whole(prepared.folder / NOTE, json.dumps(note, indent=1) + "\n")
    for part in ("checkpoints", "onnx"):
        shutil.rmtree(prepared.folder / part, ignore_errors=True)
    return Trained(version, name, prepared.folder, report)


def name_of(task: Task, prepared: Prepared) -> str:
    """What to call the result: as asked, else after its base, its kind and its corpus."""
    return task.name or f"{prepared.base.source.name}-{task.options.kind}-{task.corpus_name}"


def _description(task: Task, prepared: Prepared) -> str:
    counted = sizes(prepared.split)
    done = "distilled" if task.options.kind == "static" else "fine-tuned"
    return (
        f"`vivier train`: {prepared.base.source.name} {done} on {task.corpus_name}, "
        f"{counted['people_training']:,} people with {counted['repositories_train']:,} repositories. "
        f"{counted['projects_hidden']:,} hidden projects of {counted['people_set_apart']:,} people set apart decide "
        f"when to stop; {counted['repositories_held_out']:,} repositories are held out with the judged queries. "
        f"`{FILE}` says by hash what is where."
    )


def _note(prepared: Prepared) -> dict[str, Any]:
    try:
        note: dict[str, Any] = json.loads((prepared.folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note
