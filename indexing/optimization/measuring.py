"""A trial's two numbers: nDCG@10 on the queries that are tuned on, and what a search costs.

Cost is the processor's time of one search, the encoder's and the index's threads with it, not the clock's: on a machine
that others use the clock says who was busy meanwhile. Each query is also asked of the way that is served now, in turn
first and second, and the median of the ratios is kept: what the processor's frequency and caches do, they do to both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from indexing.candidates import Need
from indexing.evaluation.judgements import Judgement
from indexing.evaluation.measures import NDCG, Values, measure
from indexing.evaluation.systems import run_systems
from indexing.open_release import OpenRelease
from indexing.search import search_people
from indexing.skills import Catalogue, load_catalogue

TIMED_QUERIES = 30
ROUNDS = 2
SHOWN = 10  # people on a page, with evidence, as the service answers
CHUNK = 12  # queries between two looks at whether a trial is worth going on


@dataclass(frozen=True, slots=True)
class Cost:
    """What one search costs."""

    ratio: float  # to the way that is served now
    milliseconds: float  # of the processor, median
    reference_milliseconds: float


def search_cost(queries: Sequence[str], opened: OpenRelease, reference: OpenRelease) -> Cost:
    """The cost of a search beside the reference's, encoding included, both warm."""
    catalogue = load_catalogue()
    asked = queries[:TIMED_QUERIES]
    for release in (reference, opened):
        _search(asked[0], release, catalogue)
    mine: list[float] = []
    theirs: list[float] = []
    for turn in range(ROUNDS):
        for release in (reference, opened):
            release.forget_queries()
        for number, query in enumerate(asked):
            pair = [(theirs, reference), (mine, opened)]
            for times, release in pair if (number + turn) % 2 else reversed(pair):
                times.append(_search(query, release, catalogue))
    ratio = float(np.median(np.array(mine) / np.array(theirs)))
    return Cost(ratio, float(np.median(mine)), float(np.median(theirs)))


def _search(query: str, opened: OpenRelease, catalogue: Catalogue) -> float:
    started = time.process_time_ns()
    search_people(Need(query, limit=SHOWN), opened, catalogue)
    return max(time.process_time_ns() - started, 1) / 1e6


def measured(
    judgements: Sequence[Judgement],
    opened: OpenRelease,
    *,
    is_lost: Callable[[Values], bool] = lambda values: False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Values:
    """Every measure of every query by the search that serves; of the first ones only, once `is_lost` says so."""
    parts: list[Values] = []
    for start in range(0, len(judgements), CHUNK):
        chunk = judgements[start : start + CHUNK]
        on_progress(start, len(judgements))
        rankings = run_systems(chunk, opened, systems=("full",), on_progress=lambda done, total: None)["full"]
        parts.append(measure(chunk, rankings))
        if start + CHUNK < len(judgements) and is_lost(np.concatenate(parts)):
            break
    on_progress(len(judgements), len(judgements))
    return np.concatenate(parts)


def ndcg(values: Values) -> list[float]:
    """nDCG@10 of each query."""
    return [float(value) for value in values[:, NDCG]]
