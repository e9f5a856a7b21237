"""What came out of a study: the front, the trial to take, and whether it is better on the queries set apart.

The set-apart half is searched only here, after the choice: the numbers that chose are too good by as much as choosing
among many is lucky.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from indexing.evaluation.intervals import METHOD, Column, bootstrap, chance
from indexing.evaluation.measures import NDCG
from indexing.open_release import OpenRelease
from indexing.optimization.choices import Choice
from indexing.optimization.front import Tried, best_of, front_of, measured_trials, start_of
from indexing.optimization.measuring import measured
from indexing.optimization.studies import Study
from indexing.optimization.trials import Bench

Section = dict[str, Any]
CHECKED = 6  # of the front, best first, beside the start and the chosen one: seconds each
DIGITS = 5


def findings(study: Study, at: Bench, reference: OpenRelease) -> Section:
    """The report on a study, as JSON has it. NotFound while the start was not measured."""
    tried = measured_trials(study.kept)
    best, start, front = best_of(tried), start_of(tried), front_of(tried)
    assert start is not None  # noqa: S101  # best_of has refused
    apart = {start.number: _apart(study, reference, at)}
    for one in (best, *front[:CHECKED]):
        if one.number not in apart:
            with at.opened(one.choice) as opened:
                apart[one.number] = _apart(study, opened, at)
    states = Counter(trial.state.name.lower() for trial in study.kept.get_trials(deepcopy=False))
    return {
        "study": study.kept.study_name,
        "space": study.space.kind,
        "start": {"version": start.choice.version, "name": study.start_name, "trial": start.number},
        "corpus": {"name": study.question.corpus_name, "data_rev": study.data_rev},
        "queries": {"tuned_on": len(study.halves.tuned_on), "set_apart": len(study.halves.set_apart)},
        "trials": dict(sorted(states.items())),
        "front": [_row(one, start, best, apart) for one in front],
        "best": {
            "trial": best.number,
            "changes": changes(start.choice, best.choice),
            "tuned_on": compared(np.asarray(best.by_query) - np.asarray(start.by_query)),
            "set_apart": compared(apart[best.number] - apart[start.number]),
        },
        "method": METHOD,
    }


def changes(start: Choice, choice: Choice) -> dict[str, list[Any]]:
    """What a choice has other than the start: name -> [before, after]."""
    before, after = _flat(start), _flat(choice)
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


def compared(differences: Column) -> Section:
    """A paired comparison of nDCG@10: the mean difference, its interval, and how likely chance alone is."""
    column = differences[:, np.newaxis]
    spread, likely = bootstrap(column), chance(column)
    return {
        "difference": _rounded(spread.mean[0]),
        "interval": [_rounded(spread.low[0]), _rounded(spread.high[0])],
        "p": _rounded(likely[0]),
        "won": int((differences > 0).sum()),
        "lost": int((differences < 0).sum()),
    }


def _apart(study: Study, opened: OpenRelease, at: Bench) -> Column:
    column: Column = measured(study.halves.set_apart, opened, on_progress=at.said("apart"))[:, NDCG]
    return column


def _row(one: Tried, start: Tried, best: Tried, apart: dict[int, Column]) -> Section:
    return {
        "trial": one.number,
        "is_start": one is start,
        "is_best": one is best,
        "ndcg@10": _rounded(one.ndcg),
        "milliseconds": round(one.milliseconds, 3),
        "set_apart_ndcg@10": _rounded(apart[one.number].mean()) if one.number in apart else None,
        "changes": changes(start.choice, one.choice),
    }


def _flat(choice: Choice) -> dict[str, Any]:
    values = asdict(choice)
    tuning = values.pop("tuning")
    words = {f"{name}_words": weight for name, weight in tuning["field_weights"].items()}
    return {**values, **tuning["ranking"], **words, "hnsw_m": tuning["hnsw_m"]}


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
