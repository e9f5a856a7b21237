"""How well an encoder finds the people set apart: their hidden projects' descriptions are asked, as search would.

The dense leg alone, exact, over the passages of the people set apart and of others drawn to hide them among. The same
functions rank as those that serve.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexing.encoder import FloatArray
from indexing.index import Hits
from indexing.passages import Passage, all_passages
from indexing.profiles import Profile
from indexing.ranking import person_weights, rank_leg
from indexing.releases import RankingConstants
from indexing.training.split import Split

OTHERS = 3_000  # passages of people who train; an evaluation encodes them all
DEPTH = 100
CUT = 10
Encode = Callable[[Sequence[str]], FloatArray]


@dataclass(frozen=True, slots=True)
class Validation:
    """Hidden projects and the small corpus in which their people are to be found."""

    queries: Sequence[str] = field(repr=False)
    relevant: Sequence[frozenset[int]]  # ordinals
    texts: Sequence[str] = field(repr=False)  # distinct passages
    rows: NDArray[np.int64]  # of each passage, its text
    points: NDArray[np.uint64]
    works: NDArray[np.int64]  # of each person

    def score(self, encode_queries: Encode, encode_passages: Encode) -> float:
        """Mean nDCG@10 over the hidden projects; 0 without any."""
        if not self.queries:
            return 0.0
        values = self.by_query(encode_queries(self.queries), encode_passages(self.texts))
        return float(values.mean())

    def by_query(self, queries: FloatArray, passages: FloatArray) -> NDArray[np.float64]:
        """The nDCG@10 of each hidden project; vectors lose their mean first, as those of an index do."""
        constants = RankingConstants()
        asked, known = _centred(queries), _centred(passages)
        weights = person_weights(self.works, constants.breadth)
        hits = min(constants.hits, len(self.points))
        values = np.zeros(len(asked))
        for number, relevant in enumerate(self.relevant):
            scores = (known @ asked[number])[self.rows]
            best = np.lexsort((self.points, -scores))[:hits]
            found = Hits(self.points[best], scores[best].astype(np.float32))
            leg = rank_leg(found, decay=constants.dense_decay, depth=DEPTH, person_weights=weights)
            values[number] = _ndcg(leg.people[:CUT].tolist(), relevant)
        return values


def make_validation(split: Split, *, seed: int, others: int = OTHERS) -> Validation:
    """The hidden projects among the people set apart and as many others as have some thousands of passages."""
    people: list[Profile] = list(split.searched)
    passages = 0
    for profile in sorted(split.training, key=lambda profile: _shuffled(seed, profile.login)):
        if passages >= others:
            break
        people.append(profile)
        passages += len(profile.works)
    people.sort(key=lambda profile: profile.login)
    shown: list[Passage] = [passage for passage in all_passages(people) if passage.text]
    texts = list(dict.fromkeys(passage.text for passage in shown))
    row_of = {text: row for row, text in enumerate(texts)}
    ordinal = {profile.login: number for number, profile in enumerate(people)}
    return Validation(
        queries=[hidden.query for hidden in split.hidden],
        relevant=[frozenset(ordinal[login] for login in hidden.owners) for hidden in split.hidden],
        texts=texts,
        rows=np.array([row_of[passage.text] for passage in shown], np.int64),
        points=np.array([passage.point_id for passage in shown], np.uint64),
        works=np.array([len(profile.works) for profile in people], np.int64),
    )


def _centred(vectors: FloatArray) -> FloatArray:
    moved = vectors - vectors.mean(axis=0)
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    centred: FloatArray = (moved / np.maximum(norms, 1e-9)).astype(np.float32)
    return centred


def _ndcg(ranked: Sequence[int], relevant: frozenset[int]) -> float:
    gained = sum(1 / math.log2(rank + 2) for rank, person in enumerate(ranked) if person in relevant)
    best = sum(1 / math.log2(rank + 2) for rank in range(min(CUT, len(relevant))))
    return gained / best


def _shuffled(seed: int, login: str) -> bytes:
    return hashlib.blake2b(f"others {seed} {login.casefold()}".encode(), digest_size=8).digest()
