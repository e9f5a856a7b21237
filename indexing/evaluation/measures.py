"""How good a ranking is, query by query; the arithmetic is trec_eval's, through ir-measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.errors import VivierError
from indexing.evaluation.judgements import Judgement
from indexing.evaluation.systems import Ranking

MEASURES = ("ndcg@10", "recall@10", "recall@100", "mrr")
NDCG = MEASURES.index("ndcg@10")

Values = NDArray[np.float64]  # (queries, measures)


def measure(judgements: Sequence[Judgement], rankings: Sequence[Ranking]) -> Values:
    """Every measure of every query, shape (queries, measures).

    A gain g counts 2^g - 1, so that one person to call first outweighs a handful of so-so ones. Whoever is relevant
    and not in the ranking, be it that the corpus lacks them, was not found.
    """
    library = _library()
    columns = {library.nDCG @ 10: 0, library.R @ 10: 1, library.R @ 100: 2, library.RR: 3}
    # Numbers for ids, since texts of a corpus are nothing to print in an error. trec_eval orders by score and breaks
    # ties by id: scores that fall from rank to rank keep our order.
    rows = {str(number): number for number in range(len(judgements))}
    gains = {
        row: {login: 2**gain - 1 for login, gain in judgements[number].relevant.items()} for row, number in rows.items()
    }
    run = {
        row: {login: float(len(rankings[number]) - place) for place, login in enumerate(rankings[number])}
        for row, number in rows.items()
    }
    values = np.zeros((len(judgements), len(MEASURES)))
    for found in library.iter_calc(list(columns), gains, run):
        values[rows[found.query_id], columns[found.measure]] = found.value
    return values


def _library() -> Any:
    try:
        import ir_measures
    except ModuleNotFoundError as error:
        raise VivierError(
            "The package ir-measures is not installed; `make setup` installs it, except on 64-bit ARM under Linux, "
            "for which there is no build: evaluate on another machine."
        ) from error
    return ir_measures
