"""Whether a need finds the same people in French as in English."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexing.errors import RawDataError
from indexing.evaluation.comparison import DIGITS, Section
from indexing.evaluation.intervals import bootstrap
from indexing.evaluation.judgements import Judgement
from indexing.evaluation.measures import NDCG, measure
from indexing.evaluation.systems import Ranking
from indexing.rank_overlap import rank_biased_overlap

LANGUAGES = ("en", "fr")
DEPTH = 20
ALIKE = 0.7  # two lists that a reader would call the same answer

Pair = tuple[int, int]  # rows of the English and of the French query


def language_pairs(judgements: Sequence[Judgement]) -> dict[str, Pair]:
    """The needs asked in both languages. RawDataError when there is none."""
    rows: dict[str, dict[str, int]] = {}
    for row, judgement in enumerate(judgements):
        if judgement.language in LANGUAGES:
            rows.setdefault(judgement.pair, {})[str(judgement.language)] = row
    pairs = {name: (asked["en"], asked["fr"]) for name, asked in rows.items() if len(asked) == len(LANGUAGES)}
    if not pairs:
        raise RawDataError(
            "No query is asked in both English and French, so there is no parity to measure: "
            'give the two the ids "x:en" and "x:fr", or one "pair" and a "language" each.',
            field="judgements",
        )
    return pairs


def compare_languages(judgements: Sequence[Judgement], rankings: Sequence[Ranking]) -> Section:
    """How alike the two languages' lists are, and how good each is."""
    pairs = language_pairs(judgements)
    rows = np.array(list(pairs.values()))
    overlaps = {
        name: rank_biased_overlap(rankings[english], rankings[french], p=0.9, depth=DEPTH)
        for name, (english, french) in pairs.items()
    }
    ndcg = measure(judgements, rankings)[:, NDCG]
    english, french = ndcg[rows[:, 0]], ndcg[rows[:, 1]]
    found = np.array(list(overlaps.values()))
    # In this order: overlap, share of pairs alike, nDCG in each language, and the difference.
    columns = np.column_stack([found, found >= ALIKE, english, french, french - english])
    sure = bootstrap(columns)
    mean, low, high = (np.round(column, DIGITS).tolist() for column in (sure.mean, sure.low, sure.high))
    return {
        "pairs": len(pairs),
        "rbo@20": mean[0],
        "rbo@20_interval": [low[0], high[0]],
        f"share_of_pairs_at_least_{ALIKE}": mean[1],
        "ndcg@10": {"en": mean[2], "fr": mean[3]},
        "ndcg@10_intervals": {"en": [low[2], high[2]], "fr": [low[3], high[3]]},
        "fr_minus_en": {"difference": mean[4], "interval": [low[4], high[4]]},
        "rbo@20_by_pair": {name: round(overlap, DIGITS) for name, overlap in overlaps.items()},
    }
