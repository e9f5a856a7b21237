"""Search: a need in, people out, from one open release. The service and the offline evaluation both run this."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter

import numpy as np

from indexing.candidates import Answer, Candidate, Evidence, Matched, Need, Plan, Pool, ScoreParts, Timings
from indexing.encoder import FloatArray
from indexing.errors import InvalidNeed
from indexing.evidence import QueryWords, evidence_of_person, evidence_of_work
from indexing.index import Filters, Hits, Payload
from indexing.open_release import OpenRelease
from indexing.passages import PASSAGE_BITS, point_id
from indexing.payloads import read_marker, read_work, written_day
from indexing.profiles import Profile
from indexing.query import resolve, understand
from indexing.ranking import Fused, LegRanking, coverage, fuse, hits_of, marginal_parts, prior, rank_leg
from indexing.releases import RankingConstants
from indexing.skills import Catalogue
from indexing.terms import fold, query_vector, words_of

NEAR_TIER = 100  # people: answers up to here come from the ordinary depth
FAR_DEPTH = 1_200  # people a leg brings when somebody pages further than that
MAX_PASSAGES = 8_000  # of one leg, however few people come back
READ_AHEAD = 32  # markers read at a time: a page of ten usually needs no more
EVIDENCE_PER_PERSON = 3
_ROUNDING = 1e-9
_NONE = Hits(np.empty(0, np.uint64), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Legs:
    """Both legs of one search, and the query they answer."""

    dense: LegRanking | None
    sparse: LegRanking | None
    fused: Fused


def search_people(
    need: Need, opened: OpenRelease, catalogue: Catalogue, *, hidden: frozenset[int] = frozenset()
) -> Answer:
    """The people who fit a need best; `hidden` ordinals (opt-outs) are in no answer and in no count."""
    if not need.query.strip():
        raise InvalidNeed("query is empty; say in a few words who is looked for.", field="query")
    started = perf_counter()
    plan = understand(need, catalogue)
    filters = resolve(need.conditions, opened.index, catalogue)
    planned = perf_counter()
    # ONNX Runtime lets other threads run while it encodes, so the sparse leg is searched meanwhile.
    sparse = opened.beside(_sparse_leg, need, opened, filters, hidden) if need.mode != "dense" else None
    vector = opened.encode_query(need.query) if need.mode != "sparse" else None
    encoded = perf_counter()
    dense = _dense_leg(vector, need, opened, filters, hidden) if vector is not None else None
    legs = _fused(dense, sparse.result() if sparse else None, opened.release.ranking)
    matched = _count(opened, filters, hidden)
    searched = perf_counter()
    ranked = _rank(need, plan, legs, opened)
    page = ranked[need.offset : need.offset + need.limit]
    candidates = _explained(page, need, plan, legs, opened)
    finished = perf_counter()
    return Answer(
        plan=plan,
        candidates=candidates,
        relaxed=(),
        pool=Pool(matched, opened.release.people - len(hidden), opened.release.oldest_fetch),
        timings=Timings(
            *((later - earlier) * 1000 for earlier, later in (
                (started, planned), (planned, encoded), (encoded, searched), (searched, finished)))
        ),
    )  # fmt: skip


def _count(opened: OpenRelease, filters: Filters, hidden: frozenset[int]) -> int:
    """How many people the filters keep, the hidden ones apart: a hidden person may not be among the kept."""
    if filters.is_empty:
        return opened.release.people - len(hidden)
    return opened.index.count_people(
        replace(filters, exclude_people=tuple(sorted(hidden.union(filters.exclude_people)))) if hidden else filters
    )


def _dense_leg(
    vector: FloatArray, need: Need, opened: OpenRelease, filters: Filters, hidden: frozenset[int]
) -> LegRanking:
    return _deep_enough(
        lambda limit: opened.index.search_dense(vector, limit=limit, filters=filters), need, opened, hidden
    )


def _sparse_leg(need: Need, opened: OpenRelease, filters: Filters, hidden: frozenset[int]) -> LegRanking:
    terms = query_vector(need.query, opened.release.bm25)
    return _deep_enough(
        lambda limit: opened.index.search_sparse(terms, limit=limit, filters=filters) if terms.indices else _NONE,
        need,
        opened,
        hidden,
    )


def _fused(dense: LegRanking | None, sparse: LegRanking | None, constants: RankingConstants) -> Legs:
    weights = {"dense_weight": constants.dense_weight, "sparse_weight": constants.sparse_weight}
    return Legs(dense, sparse, fuse(dense, sparse, **weights))


def _deep_enough(search: Callable[[int], Hits], need: Need, opened: OpenRelease, hidden: frozenset[int]) -> LegRanking:
    """One leg, searched deeper while too few people come back: some own sixty passages."""
    constants = opened.release.ranking
    depth = constants.depth if need.offset + need.limit <= NEAR_TIER else FAR_DEPTH
    limit = depth * 5 // 4
    while True:
        hits = search(limit)
        people = len(np.unique(hits.points >> np.uint64(PASSAGE_BITS)))
        if len(hits) < limit or people >= depth // 2 or limit >= MAX_PASSAGES:
            return rank_leg(_without(hits, hidden), decay=constants.decay, depth=depth)
        limit = min(limit * 4, MAX_PASSAGES)


def _without(hits: Hits, hidden: frozenset[int]) -> Hits:
    if not hidden:
        return hits
    owners = (hits.points >> np.uint64(PASSAGE_BITS)).astype(np.int64)
    kept = ~np.isin(owners, np.fromiter(hidden, np.int64))
    return Hits(hits.points[kept], hits.scores[kept])


@dataclass(frozen=True, slots=True)
class _Ranked:
    person: int
    payload: Payload  # the marker's; made a profile of only for the page that is shown
    parts: ScoreParts


def _rank(need: Need, plan: Plan, legs: Legs, opened: OpenRelease) -> list[_Ranked]:
    """People of both legs, best first, with the person-level stage applied; whole as far as the page reaches.

    The stage judges the same tier of people whatever the page, so that pages fit together. It adds no more than its
    weights, so people too far behind to reach the page are not even read: the answer is as if they had been.
    """
    constants = opened.release.ranking
    wanted = frozenset((*plan.required, *plan.preferred))
    most = constants.prior_weight + (constants.rerank_weight if wanted else 0.0) if need.rerank else 0.0
    reach = need.offset + need.limit
    tier = min(len(legs.fused.people), NEAR_TIER if reach <= NEAR_TIER else FAR_DEPTH)
    scores = legs.fused.total
    ranked: list[_Ranked] = []
    for start in range(0, tier, READ_AHEAD):
        if len(ranked) >= reach and scores[start] + most < ranked[reach - 1].parts.total - _ROUNDING:
            break
        ranked += _judged(need, wanted, legs.fused, range(start, min(start + READ_AHEAD, tier)), opened)
        ranked.sort(key=lambda one: (-one.parts.total, one.person))
    return ranked


def _judged(need: Need, wanted: frozenset[str], fused: Fused, places: range, opened: OpenRelease) -> Iterator[_Ranked]:
    """The people at some places of the fused ranking, with what the person-level stage gives them."""
    constants = opened.release.ranking
    today = (date.fromisoformat(opened.release.created[:10]) - date(1970, 1, 1)).days
    payloads = opened.index.read([point_id(int(fused.people[place]), 0) for place in places])
    for place, payload in zip(places, payloads, strict=True):
        if payload is None:
            continue  # erased between the search and the reading
        standing = fit = 0.0
        if need.rerank:
            active_day = written_day(payload.get("last_active_at"))
            standing = constants.prior_weight * prior(payload.get("followers"), active_day, today=today)
            fit = constants.rerank_weight * coverage(wanted, frozenset(payload.get("skills", ())))
        parts = ScoreParts(float(fused.dense[place]), float(fused.sparse[place]), standing, fit)
        yield _Ranked(int(fused.people[place]), payload, parts)


def _explained(page: list[_Ranked], need: Need, plan: Plan, legs: Legs, opened: OpenRelease) -> tuple[Candidate, ...]:
    words = frozenset(words_of(need.query))
    profiles = {one.person: read_marker(one.payload) for one in page}
    evidence = _evidence(profiles, need, legs, opened) if need.explain else {}
    candidates = []
    for rank, one in enumerate(page, start=need.offset + 1):
        profile = profiles[one.person]
        candidates.append(
            Candidate(
                rank=rank,
                profile=profile,
                score=one.parts.total,
                parts=one.parts,
                matched=_matched(profile, plan, words),
                missing=tuple(skill for skill in (*plan.required, *plan.preferred) if skill not in profile.skills),
                evidence=evidence.get(one.person, ()),
            )
        )
    return tuple(candidates)


def _matched(profile: Profile, plan: Plan, words: frozenset[str]) -> Matched:
    wanted = frozenset((*plan.required, *plan.preferred))
    return Matched(
        skills=tuple(skill for skill in profile.skills if skill in wanted),
        languages=tuple(language for language in profile.languages if language in plan.languages),
        topics=tuple(topic for topic in profile.topics if fold(topic) in words),
    )


def _evidence(
    profiles: dict[int, Profile], need: Need, legs: Legs, opened: OpenRelease
) -> dict[int, tuple[Evidence, ...]]:
    """The passages that carried each person, by what the score would lose without them."""
    best = _carrying(profiles.keys(), legs, opened.release.ranking)
    points = [point for carried in best.values() for point, _ in carried]
    payloads = dict(zip(points, opened.index.read(points), strict=True))
    words = QueryWords(need.query, opened.release.bm25)
    found: dict[int, tuple[Evidence, ...]] = {}
    for person, carried in best.items():
        claims = []
        for point, loss in carried:
            payload = payloads[point]
            if point == point_id(person, 0):
                claims.append(evidence_of_person(profiles[person], words, score=loss))
            elif payload is not None:
                claims.append(evidence_of_work(read_work(payload), words, score=loss))
        found[person] = tuple(claim for claim in claims if claim is not None)
    return found


def _carrying(people: Collection[int], legs: Legs, constants: RankingConstants) -> dict[int, list[tuple[int, float]]]:
    """For each person the passages whose loss would cost most, over both legs: (point id, loss)."""
    losses: dict[int, dict[int, float]] = {person: {} for person in people}
    both = legs.dense is not None and legs.sparse is not None
    for leg, weight in ((legs.dense, constants.dense_weight), (legs.sparse, constants.sparse_weight)):
        if leg is None:
            continue
        for person, hits in hits_of(leg, people).items():
            mine = losses[person]
            for point, loss in marginal_parts(leg, hits, decay=constants.decay):
                mine[point] = mine.get(point, 0.0) + loss * (weight if both else 1.0)
    return {
        person: sorted(mine.items(), key=lambda loss: (-loss[1], loss[0]))[:EVIDENCE_PER_PERSON]
        for person, mine in losses.items()
    }
