"""What a study has found: its trials in our words, the front of those that nothing beats, and the one to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from indexing.errors import NotFound
from indexing.optimization.choices import Choice

CHOICE, BUILD, BY_QUERY, MEASURES, SECONDS = "choice", "build", "ndcg@10 by query", "measures", "seconds"
MARGIN = 0.005  # nDCG@10 that a trial must be behind to be given up
MAX_SLOWER = 1.1  # of what is chosen unless somebody says which


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial that was measured to its end."""

    number: int
    ndcg: float  # on the half that is tuned on
    milliseconds: float
    by_query: tuple[float, ...]
    choice: Choice
    parameters: dict[str, Any]
    is_start: bool  # the way that was served when the study began

    def beats(self, other: Tried) -> bool:
        """Whether it is at least as good in both and better in one."""
        as_good = self.ndcg >= other.ndcg and self.milliseconds <= other.milliseconds
        return as_good and (self.ndcg, self.milliseconds) != (other.ndcg, other.milliseconds)


def measured_trials(study: optuna.Study) -> list[Tried]:
    """Every complete trial, oldest first."""
    start = study.user_attrs.get("start")
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return [_tried(trial, start) for trial in complete]


def front_of(tried: Sequence[Tried]) -> list[Tried]:
    """Those that no other beats and the start, whether or not it is one of them; best nDCG first."""
    start = start_of(tried)
    kept = [one for one in tried if one is start or not any(other.beats(one) for other in tried)]
    return sorted(kept, key=lambda one: (-one.ndcg, one.milliseconds, one.number))


def start_of(tried: Sequence[Tried]) -> Tried | None:
    """The trial of the way that was served when the study began, None before it was measured."""
    return next((one for one in tried if one.is_start), None)


def best_of(tried: Sequence[Tried]) -> Tried:
    """The highest nDCG@10 on the front that is at most a tenth slower than the start. NotFound without trials."""
    start = start_of(tried)
    if start is None:
        raise NotFound("The study has not measured the way that is served yet; run `vivier optimize` on.")
    return next(one for one in front_of(tried) if one.milliseconds <= start.milliseconds * MAX_SLOWER)


def trial_of(study: optuna.Study, number: int) -> Tried:
    """A trial by its number. NotFound when there is none that was measured to its end."""
    found = next((one for one in measured_trials(study) if one.number == number), None)
    if found is None:
        states = {trial.number: trial.state.name.lower() for trial in study.get_trials(deepcopy=False)}
        known = f"is {states[number]}, not complete" if number in states else "does not exist"
        raise NotFound(f"Trial {number} of the study {study.study_name!r} {known}; `vivier optimize front` lists them.")
    return found


def is_dominated_already(by_query: Sequence[float], milliseconds: float, tried: Sequence[Tried]) -> bool:
    """Whether a trial that has seen some of the queries is worse than one no slower, and not by chance.

    On the same queries, in pairs: the mean difference less two standard errors is above the margin. Seen every dozen
    queries it is looked at often, so that some good trials are lost; none is lost that would have been far ahead.
    """
    seen = len(by_query)
    mine = np.asarray(by_query)
    for other in tried:
        if other.milliseconds > milliseconds or len(other.by_query) < seen:
            continue
        ahead = np.asarray(other.by_query[:seen]) - mine
        if ahead.mean() - 2 * ahead.std(ddof=1) / np.sqrt(seen) > MARGIN:
            return True
    return False


def _tried(trial: FrozenTrial, start: object) -> Tried:
    noted = trial.user_attrs
    ndcg, milliseconds = trial.values
    return Tried(
        trial.number,
        ndcg,
        milliseconds,
        tuple(noted[BY_QUERY]),
        Choice.from_json(noted[CHOICE]),
        dict(trial.params),
        is_start=noted[CHOICE] == start,
    )
