"""Search: a need in, people out, from one open release. The service and the offline evaluation both run this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from time import perf_counter

import numpy as np

from indexing.candidates import Answer, Need, Pool, ScoreParts, Timings
from indexing.encoder import FloatArray
from indexing.explanation import Ranked, explain
from indexing.index import Filters
from indexing.legs import Asked, Legs, join_legs, search_legs, sparse_leg
from indexing.open_release import OpenRelease
from indexing.passages import point_id
from indexing.preparation import FAR_DEPTH, count_unhidden, excluding, prepare
from indexing.relaxation import Relaxed, Tier, relax
from indexing.skills import Catalogue
from indexing.standing import Judge, judge_of

NEAR_TIER = 100  # people whom the person-level stage judges, whatever the page; with conditions alone, FAR_DEPTH
READ_AHEAD = 12  # markers read at a time: a page of ten needs eighteen on average, read by eight or by twelve
_ROUNDING = 1e-9


def search_people(
    need: Need,
    opened: OpenRelease,
    catalogue: Catalogue,
    *,
    hidden: frozenset[int] = frozenset(),
    today: date | None = None,
) -> Answer:
    """The people who fit a need best; `hidden` ordinals (opt-outs) are in no answer and in no count.

    `today` is what "this year" is counted from; the actual day when it is not given.
    """
    started = perf_counter()
    plan, asked, wanted = prepare(need, opened, catalogue, hidden=hidden, today=today)
    planned = perf_counter()
    # ONNX Runtime lets other threads run while it encodes, so the sparse leg is searched meanwhile.
    text = _text_to_encode(asked, need)
    encoding = opened.encode_beside(text) if text else None
    sparse = sparse_leg(asked, opened, wanted.filters, hidden) if asked.wants_sparse else None
    vector = encoding() if encoding else None
    encoded = perf_counter()
    strict = join_legs(asked, vector, sparse, opened, wanted.filters, hidden)
    relaxed = relax(
        wanted.filters,
        enough=need.offset + need.limit,
        count=lambda filters: count_unhidden(opened, filters, hidden),
        allowed=need.relax,
    )
    searched = perf_counter()
    judge = judge_of(plan, wanted, opened.release.ranking, opened.release.created)
    ranked = _all_tiers(_Search(need, asked, judge, vector, opened, hidden), relaxed, strict)
    page = ranked[need.offset : need.offset + need.limit]
    candidates = explain(
        page, plan, wanted.skills, opened, catalogue, first_rank=need.offset + 1, with_evidence=need.explain
    )
    finished = perf_counter()
    moments = (started, planned, encoded, searched, finished)
    return Answer(
        plan=plan,
        candidates=candidates,
        relaxed=relaxed.said,
        pool=Pool(
            relaxed.matched,
            opened.people - len(hidden),
            opened.release.oldest_fetch,
            opened.release.population,
        ),
        timings=Timings(*((later - earlier) * 1000 for earlier, later in pairwise(moments))),
        nearest=relaxed.nearest,
    )


def _text_to_encode(asked: Asked, need: Need) -> str | None:
    """What the dense leg looks for: the words; the text as it stands when there are only conditions."""
    if asked.says_nothing:
        return need.query
    return asked.words if asked.mode != "sparse" else None


@dataclass(frozen=True, slots=True)
class _Search:
    """One search under way: what does not change from tier to tier."""

    need: Need
    asked: Asked
    judge: Judge
    vector: FloatArray | None
    opened: OpenRelease
    hidden: frozenset[int]

    @property
    def reach(self) -> int:
        return self.need.offset + self.need.limit

    def legs(self, filters: Filters, *, depth: int) -> Legs:
        return search_legs(replace(self.asked, depth=depth), self.vector, self.opened, filters, self.hidden)


def _all_tiers(search: _Search, relaxed: Relaxed, strict: Legs) -> list[Ranked]:
    """People best first: those who meet every condition, then those let in by each relaxation."""
    ranked: list[Ranked] = []
    for step, tier in enumerate(relaxed.tiers):
        filters = excluding(tier.filters, frozenset(one.person for one in ranked))
        legs = search.legs(filters, depth=search.asked.depth) if step else strict
        penalty = step * search.opened.release.ranking.unmet_weight
        near = _near(search, legs, tier, penalty)
        ranked += near
        if search.reach > NEAR_TIER and len(near) == NEAR_TIER:
            ranked += _far(search, filters, tier, near, penalty)
    return ranked


def _near(search: _Search, legs: Legs, tier: Tier, penalty: float) -> list[Ranked]:
    """People of both legs, best first, with the person-level stage applied; whole as far as the page reaches.

    The stage judges the same people whatever the page, so that pages fit together. It adds no more than its weights,
    so people too far behind to reach the page are not even read: the answer is as if they had been.
    """
    most = search.judge.most if search.need.rerank else 0.0
    tier_size = FAR_DEPTH if search.asked.says_nothing else NEAR_TIER
    deepest, reach = min(len(legs.fused.people), tier_size), min(search.reach, tier_size)
    scores = legs.fused.total
    ranked: list[Ranked] = []
    for start in range(0, deepest, READ_AHEAD):
        last = ranked[reach - 1].parts.total + penalty if len(ranked) >= reach else -np.inf
        if scores[start] + most < last - _ROUNDING:
            break
        places = range(start, min(start + READ_AHEAD, deepest))
        ranked += _judged(search, legs, tier, places, penalty)
        ranked.sort(key=lambda one: (-one.parts.total, one.person))
    return ranked


def _judged(search: _Search, legs: Legs, tier: Tier, places: range, penalty: float) -> Iterator[Ranked]:
    """The people at some places of the fused ranking, with what the person-level stage gives them."""
    fused = legs.fused
    payloads = search.opened.index.read([point_id(int(fused.people[place]), 0) for place in places])
    for place, payload in zip(places, payloads, strict=True):
        if payload is None:
            continue  # erased between the search and the reading
        standing, fit = search.judge.parts(payload) if search.need.rerank else (0.0, 0.0)
        parts = ScoreParts(float(fused.dense[place]), float(fused.sparse[place]), standing, fit - penalty)
        scale = 0.0 if search.asked.says_nothing else 1.0
        yield Ranked(int(fused.people[place]), payload, parts, legs, tier, scale)


def _far(search: _Search, filters: Filters, tier: Tier, near: Sequence[Ranked], penalty: float) -> list[Ranked]:
    """Who comes after the judged hundred, for those who page on; on a scale that goes on where the hundred ends."""
    legs = search.legs(filters, depth=FAR_DEPTH)
    seen = {one.person for one in near}
    places = [place for place, person in enumerate(legs.fused.people.tolist()) if person not in seen]
    if not places:
        return []
    worst, best = near[-1].parts.total + penalty, float(legs.fused.total[places[0]])
    scale = min(1.0, max(0.0, worst) / best) if best > 0 else 0.0
    payloads = search.opened.index.read([point_id(int(legs.fused.people[place]), 0) for place in places])
    ranked = []
    for place, payload in zip(places, payloads, strict=True):
        if payload is not None:
            dense, sparse = scale * float(legs.fused.dense[place]), scale * float(legs.fused.sparse[place])
            person = int(legs.fused.people[place])
            ranked.append(Ranked(person, payload, ScoreParts(dense, sparse, 0.0, -penalty), legs, tier, scale))
    return ranked
