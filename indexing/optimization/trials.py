"""Trials, one after another, until there are as many as asked for; several processes may ask the same study.

Optuna prunes no trial of two objectives, so this races: a trial gives up once one that costs no more is ahead on the
queries seen so far (`front.is_dominated_already`). Parameters that decide a build are sampled only as often as builds
are allowed; in between, trials take those of a kept build and vary the rest.
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from indexing.errors import DatabaseUnavailable, VivierError
from indexing.evaluation.corpora import corpus_folder
from indexing.evaluation.known_model import KnownModel, find_model
from indexing.evaluation.measures import MEASURES as MEASURE_NAMES
from indexing.evaluation.measures import NDCG, Values
from indexing.evaluation.throwaway import build_key, opened_for_evaluation, throwaway
from indexing.open_release import OpenRelease
from indexing.optimization.choices import Choice, Question, Workshop
from indexing.optimization.front import (
    BUILD,
    BY_QUERY,
    CHOICE,
    MEASURES,
    SECONDS,
    best_of,
    is_dominated_already,
    measured_trials,
    start_of,
)
from indexing.optimization.halves import Halves
from indexing.optimization.measuring import measured, ndcg, search_cost
from indexing.optimization.space import Space
from indexing.optimization.storage import FAILURE, PROCESS, is_done, take_up_lost, this_process
from indexing.run_log import Tracker

EXPERIMENT = "vivier-optimization"
STARTUP_TRIALS = 12  # drawn at random, near the start, before TPE has something to go by
# What is served was chosen with care: of nineteen trials that left nothing of it as it is, none came near it. TPE by
# itself goes after speed as much as after relevance: of twenty-one, one reached .17 where what is served has .182.
KEPT_OF_GOOD = 0.7  # of the start's parameters, later of the best trial's
NEAR_BEST = 0.5  # of the later trials
RACE_FROM = 0.33  # of the queries
MAX_FAILURES = 5  # in a row: then it is not the parameters
MAX_UNANSWERED, PAUSE_SECONDS = 6, 1.0
REFERENCE = "milliseconds of the start"  # noted of the study by its first trial: what ratios are multiplied with
RUN = "run_id"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a study goes."""

    trials: int
    builds: int
    seed: int
    deadline: float | None = None  # of time.monotonic()


class Bench:
    """What one process needs to run trials: the corpus, the models, and the start opened beside each trial."""

    def __init__(self, question: Question, halves: Halves, space: Space, workshop: Workshop, folder: Path) -> None:
        self._question = question
        self.halves = halves
        self.space = space
        self._workshop = workshop
        self._folder = folder
        self._models: dict[int, KnownModel] = {}

    def said(self, stage: str) -> Callable[[int, int], None]:
        """How far a stage is, for whoever watches."""
        return lambda done, total: self._workshop.progress(stage, done, total)

    def model_of(self, choice: Choice) -> KnownModel:
        """The choice's encoder with its tuning; made when this home has it not."""
        if choice.version not in self._models:
            shop = self._workshop
            self._models[choice.version] = find_model(
                choice.version, shop.workspace, shop.ensure_version, warn=shop.warn
            )
        model = self._workshop.variant(
            self._models[choice.version],
            template=choice.template,
            precision=choice.precision,
            workspace=self._workshop.workspace,
        )
        return replace(model, tuning=choice.tuning)

    @contextmanager
    def opened(self, choice: Choice) -> Iterator[OpenRelease]:
        """The corpus as the choice would serve it; built when no kept collection is the same."""
        model = self.model_of(choice)
        workspace = throwaway(self._workshop.workspace_at(self._folder), model)
        with opened_for_evaluation(
            self._question.sources, workspace, model, progress=self._workshop.progress, warn=self._workshop.warn
        ) as opened:
            yield opened


@contextmanager
def bench(
    question: Question, halves: Halves, space: Space, workshop: Workshop, *, data_rev: str
) -> Iterator[tuple[Bench, OpenRelease]]:
    """A bench and the start opened on it, for the time of the block."""
    with ExitStack() as held:
        folder = held.enter_context(corpus_folder(workshop.workspace.home / "evaluations", data_rev))
        found = Bench(question, halves, space, workshop, folder)
        yield found, held.enter_context(found.opened(space.start))


def run_trials(
    study: optuna.Study,
    at: Bench,
    reference: OpenRelease,
    bounds: Bounds,
    *,
    tracker: Tracker,
    is_stopping: Callable[[], bool],
    on_trial: Callable[[FrozenTrial], None],
) -> None:
    """Run trials until the study has as many as asked for, the time is over, or somebody stops it."""
    failed = unanswered = 0  # in a row
    while not is_stopping() and (bounds.deadline is None or time.monotonic() < bounds.deadline):
        try:
            trial = _next_trial(study, at, reference, bounds, tracker)
        except optuna.exceptions.StorageInternalError as error:
            unanswered += 1  # SQLite says at once that another process writes, when one would have to read again
            if unanswered == MAX_UNANSWERED:
                raise DatabaseUnavailable(
                    "The database does not take what trials find; run the same command again, the study goes on."
                ) from error
            time.sleep(random.uniform(0, PAUSE_SECONDS * unanswered))  # so that two do not meet again
            continue
        if trial is None:
            return
        on_trial(trial)
        unanswered, failed = 0, failed + 1 if trial.state == TrialState.FAIL else 0
        if failed == MAX_FAILURES:
            reason = trial.user_attrs.get(FAILURE, "the database did not answer")
            raise VivierError(f"{MAX_FAILURES} trials in a row failed, the last with: {reason}")


def _next_trial(
    study: optuna.Study, at: Bench, reference: OpenRelease, bounds: Bounds, tracker: Tracker
) -> FrozenTrial | None:
    """Run one trial; None when the study has as many as asked for."""
    take_up_lost(study)
    known = study.get_trials(deepcopy=False)
    done = sum(map(is_done, known))
    if done >= bounds.trials:
        return None
    study.sampler = _sampler(bounds.seed, done)
    _ask_for(study, at.space, bounds, known)
    ended: list[FrozenTrial] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Optuna, about what it calls experimental
        study.optimize(
            _objective(study, at, reference, tracker),
            n_trials=1,
            catch=(Exception,),
            callbacks=[lambda _, trial: ended.append(trial)],
        )
    return ended[0]


def _sampler(seed: int, done: int) -> optuna.samplers.BaseSampler:
    # Seeded anew for every trial, so that a study that was stopped goes on as if it had not been. TPE: it takes
    # categories, whole numbers and two objectives, and a few dozen noisy trials are enough for it to lean on.
    return optuna.samplers.TPESampler(seed=seed + 7919 * done, n_startup_trials=STARTUP_TRIALS, constant_liar=True)


def _ask_for(study: optuna.Study, space: Space, bounds: Bounds, known: list[FrozenTrial]) -> None:
    """Fix some of the next trial's parameters: a kept build's, most of the time, and some of what is good already."""
    if any(trial.state == TrialState.WAITING for trial in known):
        return  # the start, one that was lost, or one that another process asked for
    chance = random.Random(f"{bounds.seed} {len(known)}")
    fixed = _kept_build(space, bounds, known, chance)
    good = space.start_parameters()
    if len(known) >= STARTUP_TRIALS and start_of(tried := measured_trials(study)) is not None:
        good = best_of(tried).parameters if chance.random() < NEAR_BEST else {}
    near = {name: value for name, value in good.items() if chance.random() < KEPT_OF_GOOD}
    if near and len(near) == len(good):
        del near[chance.choice(list(near))]  # not the same once more
    if near or fixed:
        study.enqueue_trial({**near, **fixed})


def _kept_build(space: Space, bounds: Bounds, known: list[FrozenTrial], chance: random.Random) -> dict[str, Any]:
    """The parameters of a build that is there, half of the time the best trial's; none when another may be made."""
    built = [trial for trial in known if trial.user_attrs.get(BUILD) and space.built_by(trial.params)]
    builds = {trial.user_attrs[BUILD]: trial for trial in built}
    every = max(1, bounds.trials // max(1, bounds.builds))
    if not builds or (len(known) % every == 0 and len(builds) < bounds.builds):
        return {}
    complete = [trial for trial in built if trial.state == TrialState.COMPLETE]
    best = max(complete, key=lambda trial: trial.values[0], default=built[0])
    kept = best if chance.random() < 0.5 else chance.choice(list(builds.values()))
    return space.built_by(kept.params)


def _objective(
    study: optuna.Study, at: Bench, reference: OpenRelease, tracker: Tracker
) -> Callable[[Trial], tuple[float, float]]:
    def objective(trial: Trial) -> tuple[float, float]:
        trial.set_user_attr(PROCESS, this_process())
        started = time.monotonic()
        choice = at.space.choose(trial)
        trial.set_user_attr(CHOICE, choice.to_json())
        try:
            with tracker.run(
                EXPERIMENT,
                f"trial {trial.number}",
                kind="trial",
                parent=study.user_attrs.get(RUN),
                tags={"study": study.study_name, "version": str(choice.version)},
                parameters={**trial.params, "passage_template": choice.template},
            ) as run:
                outcome = _measure(study, trial, choice, at, reference)
                run.metrics({**outcome.measures, "milliseconds": outcome.milliseconds, "queries": outcome.seen})
                run.tags({"state": "pruned" if outcome.is_pruned else "complete"})
        except Exception as error:
            # The sentences of our own errors name no person; others' may.
            trial.set_user_attr(FAILURE, str(error)[:500] if isinstance(error, VivierError) else type(error).__name__)
            raise
        trial.set_user_attr(SECONDS, round(time.monotonic() - started, 1))
        if outcome.is_pruned:
            raise optuna.TrialPruned
        return outcome.measures["ndcg@10"], outcome.milliseconds

    return objective


@dataclass(frozen=True, slots=True)
class _Outcome:
    measures: dict[str, float]
    milliseconds: float
    seen: int  # queries
    is_pruned: bool


def _measure(study: optuna.Study, trial: Trial, choice: Choice, at: Bench, reference: OpenRelease) -> _Outcome:
    trial.set_user_attr(BUILD, build_key(at.model_of(choice)))
    others = measured_trials(study)
    queries = at.halves.tuned_on
    with at.opened(choice) as opened:
        cost = search_cost([judgement.query for judgement in queries], opened, reference)
        milliseconds = cost.ratio * _reference(study, cost.reference_milliseconds)

        def is_lost(values: Values) -> bool:
            is_early = len(values) < RACE_FROM * len(queries)
            return not is_early and is_dominated_already(ndcg(values), milliseconds, others)

        values = measured(queries, opened, is_lost=is_lost)
    means = dict(zip(MEASURE_NAMES, map(float, values.mean(axis=0)), strict=True))
    trial.set_user_attr(BY_QUERY, [round(float(value), 6) for value in values[:, NDCG]])
    trial.set_user_attr(MEASURES, means)
    return _Outcome(means, milliseconds, len(values), is_pruned=len(values) < len(queries))


def _reference(study: optuna.Study, milliseconds: float) -> float:
    """What the start costs, as the first trial found it: each trial multiplies its own ratio with one number."""
    known = study.user_attrs.get(REFERENCE)
    if known is None:
        study.set_user_attr(REFERENCE, milliseconds)
        return milliseconds
    return float(known)
