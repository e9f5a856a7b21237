"""How alike two rankings are, their tops counting most: rank-biased overlap."""

from __future__ import annotations

from collections.abc import Sequence


def rank_biased_overlap(
    first: Sequence[str], second: Sequence[str], *, p: float = 0.9, depth: int | None = None
) -> float:
    """The overlap of two lists of distinct names: 1 the same order, 0 nobody in common; symmetric.

    This is the extrapolated RBO of W. Webber, A. Moffat, J. Zobel, "A similarity measure for indefinite rankings"
    (ACM TOIS 28:4, 2010), equation 32, which also takes lists of two lengths: what lies below them is taken to agree
    as far as what was seen. With p = .9 the first ten ranks carry 86 % of the weight. `depth` looks at the top alone.
    Two empty lists are the same; an empty list has nothing in common with any other.
    """
    if not 0 < p < 1:
        raise ValueError(f"p must lie between 0 and 1, not {p}")
    if depth is not None and depth < 1:
        raise ValueError(f"depth must be at least 1, not {depth}")
    short, long = sorted((first[:depth], second[:depth]), key=len)
    if not short:
        return 0.0 if long else 1.0
    seen_short: set[str] = set()
    seen_long: set[str] = set()
    overlap = overlap_at_end_of_short = 0
    weighted = 0.0
    for rank, name in enumerate(long, start=1):
        seen_long.add(name)
        if rank <= len(short):
            other = short[rank - 1]
            seen_short.add(other)
            overlap += (name in seen_short) + (other in seen_long) - (name == other)
            overlap_at_end_of_short = overlap
            agreement = overlap / rank
        else:  # the ranks that the short list lacks are taken to agree as often as those that it has
            overlap += name in seen_short
            agreement = (overlap + overlap_at_end_of_short * (rank - len(short)) / len(short)) / rank
        weighted += agreement * p**rank
    # At the end of the long list `agreement` is what all ranks below it are taken to have.
    return min(1.0, (1 - p) / p * weighted + agreement * p ** len(long))
