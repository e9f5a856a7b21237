"""Fakes: they implement the ports for real, in memory, and remember what they were asked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from indexing.encoder import FloatArray


class HashEncoder:
    """Hashes words, so that texts that share words get like vectors, and a test can say who comes first.

    `encoded` holds every text it was given, prefix included, in order; `is_closed` tells whether it was closed.
    """

    def __init__(
        self,
        *,
        dimension: int = 256,
        fingerprint: str = "hashed-words",
        query_prefix: str = "",
        passage_prefix: str = "",
    ) -> None:
        self.dimension = dimension
        self.fingerprint = fingerprint
        self.encoded: list[str] = []
        self.is_closed = False
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of the words asked for."""
        return self._encode([self._query_prefix + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of the words written."""
        return self._encode([self._passage_prefix + text for text in texts])

    def close(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        if self.is_closed:
            raise RuntimeError("This encoder is closed.")
        self.encoded += texts
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"[^\W_]+", text.casefold()) or [""]:
                digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=12).digest()
                # Three places a word, so that two words that meet in one still differ; all positive, so that no
                # two words cancel out.
                for start in (0, 4, 8):
                    vectors[row, int.from_bytes(digest[start : start + 4]) % self.dimension] += 1
        unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit
