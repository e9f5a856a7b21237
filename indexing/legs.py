"""The two legs of a search: the passages nearest in meaning and the passages that share its rarest words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from indexing.candidates import Mode
from indexing.encoder import FloatArray
from indexing.index import Filters, Hits, SparseVector
from indexing.open_release import OpenRelease
from indexing.passages import PASSAGE_BITS, point_id, work_text
from indexing.payloads import read_work
from indexing.ranking import Fused, LegRanking, fuse, rank_leg
from indexing.terms import query_vector

MAX_PASSAGES = 8_000  # of one leg, however few people come back
OWN_PASSAGES = 12  # of somebody to be like: the profile's order puts the telling ones first
OWN_WORDS = 30
LIKE_OUTWEIGHS = 3.0  # times the words beside it: "like @ada but with Kubernetes" is first of all like ada
HITS_PER_OWN_PASSAGE = 150


@dataclass(frozen=True, slots=True)
class Asked:
    """What both legs look for. Without words and anybody to be like, only conditions were given."""

    mode: Mode
    words: str  # "" when somebody to be like says it all
    skills: tuple[str, ...]
    like: tuple[int, ...]  # ordinals
    depth: int  # people that a leg brings

    @property
    def wants_sparse(self) -> bool:
        """Whether there are words for the sparse leg."""
        return self.mode != "dense" and bool(self.words or self.like)

    @property
    def says_nothing(self) -> bool:
        """Whether only conditions were given, so that no passage is a better answer than another."""
        return not (self.words or self.like)


@dataclass(frozen=True, slots=True)
class Legs:
    """Both legs of one search among the people whom some filters keep."""

    dense: LegRanking | None
    sparse: LegRanking | None
    fused: Fused

    @property
    def both(self) -> bool:
        """Whether the fusion's weights apply."""
        return self.dense is not None and self.sparse is not None


def search_legs(
    asked: Asked, vector: FloatArray | None, opened: OpenRelease, filters: Filters, hidden: frozenset[int]
) -> Legs:
    """Both legs, fused, for filters that are known only after the encoding."""
    sparse = sparse_leg(asked, opened, filters, hidden) if asked.wants_sparse else None
    return join_legs(asked, vector, sparse, opened, filters, hidden)


def join_legs(
    asked: Asked,
    vector: FloatArray | None,
    sparse: LegRanking | None,
    opened: OpenRelease,
    filters: Filters,
    hidden: frozenset[int],
) -> Legs:
    """The sparse leg with the dense one searched now."""
    dense = None
    if asked.mode != "sparse" or sparse is None:
        dense = _dense_leg(asked, vector, opened, filters, hidden)
    constants = opened.release.ranking
    if asked.says_nothing and dense is not None:
        # The leg only brings people; nearness to a bare "Lyon" says nothing of them.
        nothing = np.zeros(len(dense.people))
        return Legs(dense, sparse, Fused(np.sort(dense.people), nothing, nothing))
    fused = fuse(dense, sparse, dense_weight=constants.dense_weight, sparse_weight=constants.sparse_weight)
    return Legs(dense, sparse, fused)


def sparse_leg(asked: Asked, opened: OpenRelease, filters: Filters, hidden: frozenset[int]) -> LegRanking:
    """People by the words and skills of their passages."""
    terms = query_vector(asked.words, asked.skills, opened.release.bm25, opened.release.ranking)
    if asked.like:
        terms = _with_words_of(asked.like, terms, opened)
    return _deep_enough(
        partial(_sparse_hits, terms, opened=opened, filters=filters),
        asked,
        opened,
        hidden,
        decay=opened.release.ranking.sparse_decay,
    )


def _with_words_of(people: tuple[int, ...], terms: SparseVector, opened: OpenRelease) -> SparseVector:
    """A query with the telling words of somebody to be like beside its own, which weigh less."""
    points = [point_id(person, number) for person in people for number in range(1, OWN_PASSAGES + 1)]
    texts = [work_text(read_work(payload)) for payload in opened.read(points) if payload is not None]
    whole = query_vector("\n".join(texts), (), opened.release.bm25, opened.release.ranking)
    theirs = dict(sorted(zip(whole.indices, whole.values, strict=True), key=lambda one: -one[1])[:OWN_WORDS])
    own = dict(zip(terms.indices, terms.values, strict=True))
    share = LIKE_OUTWEIGHS * sum(own.values()) / sum(theirs.values()) if own and theirs else 1.0
    weights = {term: own.get(term, 0.0) + share * theirs.get(term, 0.0) for term in sorted({*own, *theirs})}
    return SparseVector(tuple(weights), tuple(weights.values()))


def _sparse_hits(terms: SparseVector, limit: int, *, opened: OpenRelease, filters: Filters) -> Hits:
    if not terms.indices:
        return Hits(np.empty(0, np.uint64), np.empty(0, np.float32))
    return opened.index.search_sparse(terms, limit=limit, filters=filters)


def _dense_leg(
    asked: Asked, vector: FloatArray | None, opened: OpenRelease, filters: Filters, hidden: frozenset[int]
) -> LegRanking:
    """People by the meaning of their passages: near to the words, to the passages of somebody, or to both."""
    decay = opened.release.ranking.dense_decay
    if vector is not None and not asked.like:
        nearest = partial(_nearest, vector, opened=opened, filters=filters)
        return _deep_enough(nearest, asked, opened, hidden, decay=decay)
    alike = _alike(asked.like, opened, filters)
    if vector is not None:
        near = _nearest(vector, opened.release.ranking.hits, opened=opened, filters=filters)
        alike = _added(_scaled(alike, LIKE_OUTWEIGHS), _scaled(Hits(near.points, np.maximum(near.scores, 0)), 1.0))
    return rank_leg(_without(alike, hidden), decay=decay, depth=asked.depth, person_weights=opened.person_weights)


def _nearest(vector: FloatArray, limit: int, *, opened: OpenRelease, filters: Filters) -> Hits:
    return opened.index.search_dense(vector, limit=limit, filters=filters)


def _alike(people: tuple[int, ...], opened: OpenRelease, filters: Filters) -> Hits:
    """Passages near to some people's own, by their mean nearness; one's own are left out."""
    points = [point_id(person, number) for person in people for number in range(OWN_PASSAGES + 1)]
    own = [vector for vector in opened.index.read_dense(points) if vector is not None]
    others = replace(filters, exclude_people=tuple(sorted({*filters.exclude_people, *people})))
    found = [opened.index.search_dense(vector, limit=HITS_PER_OWN_PASSAGE, filters=others) for vector in own]
    return _added(*(Hits(hits.points, (np.maximum(hits.scores, 0) / len(own)).astype(np.float32)) for hits in found))


def _scaled(hits: Hits, most: float) -> Hits:
    best = float(hits.scores.max()) if len(hits) else 0.0
    return Hits(hits.points, hits.scores * np.float32(most / best)) if best > 0 else hits


def _added(*parts: Hits) -> Hits:
    """Hits of several searches, scores of one passage added up; best first, ties in ascending point id."""
    if not parts:
        return Hits(np.empty(0, np.uint64), np.empty(0, np.float32))
    points, place = np.unique(np.concatenate([hits.points for hits in parts]), return_inverse=True)
    scores = np.zeros(len(points), np.float32)
    np.add.at(scores, place, np.concatenate([hits.scores for hits in parts]))
    order = np.lexsort((points, -scores))
    return Hits(points[order], scores[order])


def _deep_enough(
    search: Callable[[int], Hits],
    asked: Asked,
    opened: OpenRelease,
    hidden: frozenset[int],
    *,
    decay: float,
) -> LegRanking:
    """One leg, searched deeper while too few people come back: some own sixty passages."""
    constants = opened.release.ranking
    depth = asked.depth
    limit = constants.hits * depth // constants.depth
    while True:
        hits = search(limit)
        leg = rank_leg(_without(hits, hidden), decay=decay, depth=depth, person_weights=opened.person_weights)
        if len(hits) < limit or len(leg.people) >= depth // 2 or limit >= MAX_PASSAGES:
            return leg
        limit = min(limit * 4, MAX_PASSAGES)


def _without(hits: Hits, hidden: frozenset[int]) -> Hits:
    if not hidden:
        return hits
    owners = (hits.points >> np.uint64(PASSAGE_BITS)).astype(np.int64)
    kept = ~np.isin(owners, np.fromiter(hidden, np.int64))
    return Hits(hits.points[kept], hits.scores[kept])
