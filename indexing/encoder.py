"""The encoder port: texts in, unit vectors out.

A vector means nothing without the encoder that made it: whatever keeps vectors keeps the `fingerprint` beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into unit vectors. A text's vector depends on that text alone, never on its neighbours."""

    @property
    def fingerprint(self) -> str:
        """Hash of all that decides a vector: weights, tokenizer, pooling, precision, lengths, prefixes, template."""

    @property
    def dimension(self) -> int:
        """Length of every vector."""

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors, shape (len(texts), dimension), of what people ask."""

    def encode_passages(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors, shape (len(texts), dimension), of what people wrote."""

    def close(self) -> None:
        """Free the model's memory."""
