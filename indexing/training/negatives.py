"""Hard negatives: for each passage, the passages that the base puts near it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexing.encoder import FloatArray

NEAR = 60  # passages looked at
SKIPPED = 10  # the very nearest are often the same thing under another name
MOST_ALIKE = 0.9  # cosine from which two passages tell the same
_AT_ONCE = 512


def near_rows(vectors: FloatArray) -> list[NDArray[np.int64]]:
    """For each row the rows near it, without the nearest few and what tells the same; exact, block by block."""
    found: list[NDArray[np.int64]] = []
    wanted = min(NEAR + SKIPPED + 1, len(vectors))
    for start in range(0, len(vectors), _AT_ONCE):
        cosines = vectors[start : start + _AT_ONCE] @ vectors.T
        best = np.argpartition(-cosines, wanted - 1, axis=1)[:, :wanted]
        for place, rows in enumerate(best):
            own = cosines[place, rows]
            ordered = rows[np.lexsort((rows, -own))]
            kept = [row for row in ordered.tolist() if row != start + place]
            skipped = min(SKIPPED, max(0, len(kept) - 1))
            far = [row for row in kept[skipped:] if cosines[place, row] < MOST_ALIKE]
            found.append(np.array(far or kept[skipped:], np.int64))
    return found
