"""How alike texts are, to one encoder: the scores of `/predict/similarity`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexing.prediction.scoring import Encode, Scores


def similarities(pairs: Sequence[Sequence[str]], encode_queries: Encode) -> Scores:
    """The cosine of each pair's two texts, from -1 to 1, in order; a text that comes again is encoded once.

    Both sides are encoded as queries, so that the order of the two does not matter.
    """
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    vectors = encode_queries(texts)
    row = {text: place for place, text in enumerate(texts)}
    left, right = (vectors[[row[pair[side]] for pair in pairs]] for side in (0, 1))
    cosines: Scores = np.clip(np.einsum("ij,ij->i", left, right), -1.0, 1.0).astype(np.float64)
    return cosines
