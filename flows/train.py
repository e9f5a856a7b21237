"""The train flow: load -> prepare -> train -> evaluate -> register, one Prefect task each.

Every task calls the plain function that `vivier train` calls. What is large goes from task to task in memory, since
people's texts are not to lie on disk; the weights lie in the training's folder, so that a killed run goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from prefect import flow, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote
from pydantic import Field

from flows.promotion_settings import PromotionSettings
from flows.retries import JITTER, PAUSES, RETRIES, may_help
from flows.run_page import StageBars, links_of, show
from flows.settings import FlowSettings
from flows.training_commands import installation_of, make_task, told
from indexing.pipeline import Corpus
from indexing.run_log import Run
from indexing.training import judging, learning, preparing, stages
from indexing.training.options import make_options
from indexing.training.task import Installation, Outcome, Prepared
from indexing.training.task import Task as Training

T = TypeVar("T")
HOURS = 3_600


def _whole(value: T) -> T:
    """A value that Prefect hands to the task as it is, instead of looking into all its texts."""
    return cast(T, quote(value))


def _run_name() -> str:
    parameters = runtime.flow_run.parameters
    return f"train {parameters.get('kind')} seed {parameters.get('seed')}"


@task(
    name="load",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def load(training: Training, installation: Installation) -> Corpus:
    """Everybody of the raw files who has not left."""
    return preparing.load_corpus(training, installation)


@task(
    name="prepare",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def prepare(training: Training, corpus: Corpus, installation: Installation) -> Prepared:
    """The split, written down by hash, and the base's vectors."""
    return preparing.prepare(training, corpus, installation)


@task(name="train", cache_policy=NO_CACHE)
def train_model(training: Training, prepared: Prepared, installation: Installation, run: Run) -> Outcome:
    """The trained model, gone on with from its newest checkpoint."""
    return learning.train(training, prepared, installation, run)


@task(name="evaluate", cache_policy=NO_CACHE)
def evaluate(training: Training, prepared: Prepared, outcome: Outcome, installation: Installation) -> dict[str, Any]:
    """The trained model beside its base."""
    return judging.evaluate(training, prepared, outcome, installation)


@task(
    name="register",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def register(training: Training, prepared: Prepared, outcome: Outcome, installation: Installation) -> int:
    """The next version; equal models are one version, so that a retry registers nothing twice."""
    return stages.register(training, prepared, outcome, installation)


@flow(name="train", flow_run_name=_run_name, timeout_seconds=12 * HOURS)
def train(
    users: str | None = None,
    repos: str | None = None,
    contributions: str | None = None,
    judgements: list[str] | None = None,
    kind: Literal["fine-tuned", "static"] = "fine-tuned",
    base: str | None = None,
    minutes: Annotated[float, Field(gt=0)] = 90.0,
    steps: Annotated[int, Field(ge=1)] | None = None,
    seed: Annotated[int, Field(ge=0)] = 1,
) -> int:
    """Train an encoder on a corpus and register it as the next version, which nothing serves yet.

    A run that was stopped or killed goes on from its newest checkpoint. Returns the version.

    Args:
        users: github_users.csv, also .gz, as the worker sees it. Empty is the shipped, fictional sample.
        repos: github_repos.csv, also .gz.
        contributions: github_contributions.csv; without it, owners own.
        judgements: Judged queries of this corpus (JSON lines): never trained on, asked at the end.
        kind: `fine-tuned`, or `static`: an encoder without a transformer at query time.
        base: A registered version or a sentence-transformers folder. Empty is version 1.
        minutes: Stop training after so many, and go on to evaluate.
        steps: Batches to train on at most. Empty is the kind's own number.
        seed: Another seed sets other people apart and draws other pairs.
    """
    settings = FlowSettings()
    training = make_task(
        _path(users),
        _path(repos),
        _path(contributions),
        [Path(file) for file in judgements or ()],
        base=base or None,
        name=None,
        options=make_options(kind, steps=steps, seed=seed),
        minutes=minutes,
    )
    installation = installation_of(settings, StageBars("train"), warn=get_run_logger().warning)
    asked, around = _whole(training), _whole(installation)
    with stages.training_alone(installation):
        prepared = prepare(asked, _whole(load(asked, around)), around)
        done = stages.finished(prepared, installation)
        if done is None:
            with stages.logged(training, prepared, installation) as run:
                ready = _whole(prepared)
                outcome = train_model(asked, ready, around, _whole(run))
                report = evaluate(asked, ready, _whole(outcome), around)
                version = register(asked, ready, _whole(outcome), around)
                done = stages.conclude(training, prepared, outcome, report, version, run)
    sentences = told(done)
    numbers = [(name, round(value, 4)) for name, value in judging.measures(dict(done.report)).items()]
    show(
        "train",
        sentences[-1],
        [("version", done.version), *numbers],
        links=links_of(PromotionSettings(), version=done.version),
        notes=sentences[:-1],
    )
    return done.version


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


if __name__ == "__main__":
    train()
