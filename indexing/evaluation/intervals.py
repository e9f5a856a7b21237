"""How sure a mean over queries is, and whether a difference of two could be chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.evaluation.measures import Values

RESAMPLES = 10_000
SEED = 20_101
CHUNK = 500  # resamples at a time: 40 MB at 10,000 queries
INTERVAL = (2.5, 97.5)  # percentiles: 95 %
METHOD = {
    "intervals": "95 % percentile bootstrap over queries; of differences, over the paired differences",
    "test": "paired randomisation test (signs of the differences flipped), two-sided, not corrected for many tests",
    "resamples": RESAMPLES,
    "seed": SEED,
}

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Intervals:
    """Means over queries and where 95 % of the resampled means lie; one number for each column."""

    mean: Column
    low: Column
    high: Column


def bootstrap(values: Values) -> Intervals:
    """The mean of each column and its interval."""
    count = len(values)
    random = np.random.default_rng(SEED)
    # How often a query is drawn, instead of which: the means of all columns are then one product.
    drawn = (random.multinomial(count, np.full(count, 1 / count), size=size) @ values for size in _chunks())
    low, high = np.percentile(np.concatenate(list(drawn)) / count, INTERVAL, axis=0)
    return Intervals(values.mean(axis=0), low, high)


def chance(differences: Values) -> Column:
    """For each column, how likely a mean at least as far from 0 is when either system could have been the other.

    Smucker, Allan and Carterette (CIKM 2007) found this test the one to use for retrieval, and Wilcoxon's not.
    """
    random = np.random.default_rng(SEED)
    observed = np.abs(differences.sum(axis=0)) - 1e-9  # the same sum in another order is the same
    as_far = np.zeros(differences.shape[1])
    for size in _chunks():
        signs = random.integers(0, 2, size=(size, len(differences))) * 2.0 - 1.0
        as_far += (np.abs(signs @ differences) >= observed).sum(axis=0)
    likely: Column = (as_far + 1) / (RESAMPLES + 1)
    return likely


def _chunks() -> Iterator[int]:
    for start in range(0, RESAMPLES, CHUNK):
        yield min(CHUNK, RESAMPLES - start)
