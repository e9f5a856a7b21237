"""The measures of one model's scores on labelled pairs, each with a bootstrap interval over the pairs of `test`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from indexing.evaluation.comparison import DIGITS, Section
from indexing.evaluation.intervals import INTERVAL, RESAMPLES, SEED
from indexing.evaluation.similarity.calibration import Calibration, Column, calibrate
from indexing.evaluation.similarity.labelled_pairs import HIGHEST, RELATED, LabelledPair

MEASURES = ("spearman", "pearson", "mae", "accuracy")
METHOD = {
    "grades": f"0 (nothing in common) to {HIGHEST} (the same said again); {RELATED} and more count as related",
    "spearman, pearson": "raw cosines against grades",
    "mae": "mean distance between grades and calibrated cosines: isotonic regression fitted on dev, measured on test",
    "accuracy": "related or not, told by one cosine threshold chosen on dev, measured on test",
    "intervals": "95 % percentile bootstrap over the pairs of test",
    "resamples": RESAMPLES,
    "seed": SEED,
}

Drawn = NDArray[np.intp]  # (resamples, pairs)


def measure_similarity(pairs: Sequence[LabelledPair], cosines: Column) -> Section:
    """What the report says of one model, whose cosines are in the order of the pairs."""
    grades = np.array([pair.grade for pair in pairs])
    related = np.array([pair.is_related for pair in pairs])
    is_dev = np.array([pair.split == "dev" for pair in pairs])
    calibration = calibrate(cosines[is_dev], grades[is_dev], is_related=related[is_dev])
    test = [number for number, pair in enumerate(pairs) if pair.split == "test"]

    def of(rows: Sequence[int], *, correlated: bool) -> Section:
        at = list(rows)
        return _measured(cosines[at], grades[at], related[at], calibration, correlated=correlated)

    languages = _groups(pairs, test, lambda pair: pair.language)
    kinds = _groups(pairs, test, lambda pair: pair.kind)
    return {
        "overall": of(test, correlated=True),
        "by_language": {name: of(rows, correlated=True) for name, rows in languages.items()},
        # A kind has one grade or two: how scores rise with grades cannot be told within it.
        "by_kind": {name: of(rows, correlated=False) for name, rows in kinds.items()},
        "calibration": {
            "threshold": _rounded(calibration.threshold),
            "cosines": np.round(calibration.cosines, DIGITS).tolist(),
            "grades": np.round(calibration.grades, DIGITS).tolist(),
        },
        "by_pair": {
            pair.id: {"cosine": _rounded(cosine), "grade": pair.grade, "split": pair.split}
            for pair, cosine in zip(pairs, cosines, strict=True)
        },
    }


def measure_blind(pairs: Sequence[LabelledPair]) -> dict[str, float]:
    """What is reached without looking at the texts: always the middle grade of dev, and its likelier answer."""
    dev, test = ([pair for pair in pairs if pair.split == split] for split in ("dev", "test"))
    middle = float(np.median([pair.grade for pair in dev]))
    likelier = sum(pair.is_related for pair in dev) * 2 >= len(dev)
    return {
        "mae": _rounded(float(np.mean([abs(pair.grade - middle) for pair in test]))),
        "accuracy": _rounded(float(np.mean([pair.is_related == likelier for pair in test]))),
    }


def _measured(
    cosines: Column, grades: Column, related: NDArray[np.bool_], calibration: Calibration, *, correlated: bool
) -> Section:
    errors = np.abs(calibration.grade(cosines) - grades)
    right = (calibration.is_related(cosines) == related).astype(np.float64)
    count = len(grades)
    drawn: Drawn = np.random.default_rng(SEED).integers(0, count, size=(RESAMPLES, count))
    found: Section = {"pairs": count, "related": int(related.sum()), "mean_grade": _rounded(grades.mean())}
    found["mean_cosine"] = _rounded(cosines.mean())
    if correlated:
        found["spearman"] = _interval(_correlations(_ranks(cosines), _ranks(grades), drawn))
        found["pearson"] = _interval(_correlations(lambda rows: cosines[rows], lambda rows: grades[rows], drawn))
    found["mae"] = _interval((errors.mean(), errors[drawn].mean(axis=1)))
    found["accuracy"] = _interval((right.mean(), right[drawn].mean(axis=1)))
    return found


def _ranks(values: Column) -> Callable[[NDArray[np.intp]], Column]:
    """Ranks among those drawn, ties at their mean."""
    return lambda rows: np.asarray(rankdata(values[rows], axis=-1), dtype=np.float64)


def _correlations(
    left: Callable[[NDArray[np.intp]], Column], right: Callable[[NDArray[np.intp]], Column], drawn: Drawn
) -> tuple[float, Column]:
    """The correlation over all pairs, and over each resample."""
    everybody = np.arange(drawn.shape[1], dtype=np.intp)[np.newaxis]
    # In pieces: 10,000 resamples of 300 pairs are 24 MB a column, of 3,000 a tenth of a small machine's memory.
    resampled = [_correlate(left(rows), right(rows)) for rows in np.array_split(drawn, 20)]
    return float(_correlate(left(everybody), right(everybody))[0]), np.concatenate(resampled)


def _correlate(left: Column, right: Column) -> Column:
    """Pearson's correlation of each row; 0 where one of the two does not vary."""
    x = left - left.mean(axis=1, keepdims=True)
    y = right - right.mean(axis=1, keepdims=True)
    length = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    found: Column = np.divide((x * y).sum(axis=1), length, out=np.zeros(len(x)), where=length > 0)
    return found


def _interval(values: tuple[float, Column]) -> Section:
    value, resampled = values
    low, high = np.percentile(resampled, INTERVAL)
    return {"value": _rounded(value), "interval": [_rounded(low), _rounded(high)]}


def _groups(
    pairs: Sequence[LabelledPair], rows: Sequence[int], name_of: Callable[[LabelledPair], str]
) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(name_of(pairs[row]), []).append(row)
    return dict(sorted(found.items()))


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
