"""How long the two releases take for the same searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from indexing.candidates import Timings
from indexing.promotion.contest import BOTH, Which

STAGES = ("total", "encode", "search")
PERCENTILES = (50, 95)
DIGITS = 3


def compare_latency(timings: Mapping[Which, Sequence[Timings]]) -> dict[str, Any]:
    """Median and slow end (p95) of each release in milliseconds, whole, encoding and searching apart, and the ratios.

    Searching is what is left beside encoding and planning: the index, the fusion, the ranking, the evidence.
    """
    found: dict[str, Any] = {"searches": len(timings["champion"])}
    columns = {which: {stage: _column(timings[which], stage) for stage in STAGES} for which in BOTH}
    for stage in STAGES:
        spread = {
            which: {
                f"p{point}": round(float(np.percentile(columns[which][stage], point)), DIGITS) for point in PERCENTILES
            }
            for which in BOTH
        }
        ratios = {
            f"p{point}": _ratio(spread["candidate"][f"p{point}"], spread["champion"][f"p{point}"])
            for point in PERCENTILES
        }
        found[stage] = {**spread, "ratio": ratios}
    return found


def _column(timings: Sequence[Timings], stage: str) -> list[float]:
    if stage == "search":
        return [one.search + one.rank for one in timings]
    return [float(getattr(one, stage)) for one in timings]


def _ratio(candidate: float, champion: float) -> float | None:
    return round(candidate / champion, DIGITS) if champion > 0 else None
