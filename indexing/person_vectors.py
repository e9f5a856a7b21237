"""What each person built, as one vector: the mean of their passages'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indexing.embedding_cache import EmbeddingCache
from indexing.encoder import FloatArray
from indexing.passages import MAX_PASSAGES, passages_of
from indexing.profiles import Profile
from indexing.releases import TONGUES, LanguageMeans, Tongue
from indexing.templates import PassageTemplate

_PASSAGES_AT_ONCE = 4_096
_SMALLEST_NORM = 1e-6


class PersonVectors:
    """Reads people's vectors from the embedding cache, some thousand passages at a time."""

    def __init__(
        self,
        profiles: Sequence[Profile],
        tongues: Sequence[Tongue],
        cache: EmbeddingCache,
        means: LanguageMeans,
        template: PassageTemplate,
    ) -> None:
        self._profiles = profiles
        self._cache = cache
        self._template = template
        self._vectors = cache.vectors()
        self._means = np.array([means.passages[tongue] for tongue in TONGUES], np.float32)
        self._tongues = np.array([TONGUES.index(tongue) for tongue in tongues], np.int8)
        counts = [1 + min(len(profile.works), MAX_PASSAGES) for profile in profiles]
        self._starts = np.concatenate([[0], np.cumsum(counts)])

    def of(self, people: NDArray[np.int64]) -> FloatArray:
        """The unit vectors of these ordinals, each passage without what its language has in common; zeros for none."""
        sums = np.zeros((len(people), self._vectors.shape[1]), np.float64)
        for owners, rows, tongues in self._batches(people):
            passages = self._vectors[rows] - self._means[tongues]
            passages /= np.maximum(np.linalg.norm(passages, axis=1, keepdims=True), _SMALLEST_NORM)
            np.add.at(sums, owners, passages)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        found: FloatArray = np.where(norms > _SMALLEST_NORM, sums / np.maximum(norms, _SMALLEST_NORM), 0.0).astype(
            np.float32
        )
        return found

    def _batches(self, people: NDArray[np.int64]) -> Iterator[tuple[list[int], list[int], NDArray[np.int8]]]:
        owners: list[int] = []
        rows: list[int] = []
        positions: list[int] = []
        for place, person in enumerate(people.tolist()):
            passages = passages_of(self._profiles[person], person, template=self._template)
            for position, passage in enumerate(passages, start=int(self._starts[person])):
                if passage.text:
                    owners.append(place)
                    rows.append(self._cache.row_of(passage.text_hash))
                    positions.append(position)
            if len(rows) >= _PASSAGES_AT_ONCE:
                yield owners, rows, self._tongues[positions]
                owners, rows, positions = [], [], []
        if rows:
            yield owners, rows, self._tongues[positions]
