"""From cosines to grades: what a model's scores mean, learnt on one half of the pairs and judged on the other.

A cosine means something else with every model: unrelated texts get .0 from MiniLM and .8 from E5. So nothing absolute
is measured on raw scores; they are first mapped to grades by the rising line that fits best (isotonic regression), and
cut into related and not related where that is right most often. Both are fitted on `dev` only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a model's cosines mean."""

    cosines: Column  # rising; between two of them grades are interpolated
    grades: Column  # never falling
    threshold: float  # the lowest cosine of two related texts

    def grade(self, cosines: Column) -> Column:
        """The grade that a cosine stands for."""
        found: Column = np.interp(cosines, self.cosines, self.grades)
        return found

    def is_related(self, cosines: Column) -> NDArray[np.bool_]:
        """Whether two texts with this cosine are taken to be about the same kind of work."""
        return cosines >= self.threshold


def calibrate(cosines: Column, grades: Column, *, is_related: NDArray[np.bool_]) -> Calibration:
    """The calibration that fits some graded pairs best."""
    from sklearn.isotonic import IsotonicRegression  # a second to import

    fitted = IsotonicRegression(out_of_bounds="clip").fit(cosines, grades)
    return Calibration(
        np.asarray(fitted.X_thresholds_, dtype=np.float64),
        np.asarray(fitted.y_thresholds_, dtype=np.float64),
        best_threshold(cosines, is_related),
    )


def best_threshold(cosines: Column, is_related: NDArray[np.bool_]) -> float:
    """The cut that parts related from unrelated pairs with the fewest mistakes; the middle one of equally good cuts."""
    order = np.argsort(cosines, kind="stable")
    rising, related = cosines[order], is_related[order]
    # Cut k calls the first k unrelated: right are the unrelated among them and the related among the rest.
    right = np.concatenate([[0], np.cumsum(~related)]) + related.sum() - np.concatenate([[0], np.cumsum(related)])
    edges = np.concatenate([[rising[0]], (rising[1:] + rising[:-1]) / 2, [np.nextafter(rising[-1], 2.0)]])
    is_cut = np.concatenate([[True], rising[1:] > rising[:-1], [True]])  # no cut between equal cosines
    best = np.flatnonzero(is_cut & (right == right[is_cut].max()))
    return float(edges[best[len(best) // 2]])
