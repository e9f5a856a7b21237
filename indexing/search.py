"""Search: a need in, people out, from one open release. The service and the offline evaluation both run this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from time import perf_counter

import numpy as np

from indexing.candidates import Answer, Conditions, Need, Plan, Pool, ScoreParts, Timings
from indexing.encoder import FloatArray
from indexing.errors import InvalidNeed
from indexing.explanation import Ranked, explain
from indexing.index import Filters
from indexing.legs import Asked, Legs, join_legs, search_legs, sparse_leg
from indexing.open_release import OpenRelease
from indexing.passages import PASSAGE_BITS, point_id
from indexing.query import understand
from indexing.relaxation import Relaxed, Tier, never_loosened, relax
from indexing.skills import Catalogue
from indexing.standing import Judge, judge_of
from indexing.terms import query_vector
from indexing.wanted import Wanted, resolve_plan

NEAR_TIER = 100  # people whom the person-level stage judges, whatever the page; with conditions alone, FAR_DEPTH
FAR_DEPTH = 1_200  # people a leg brings when somebody pages further than that
READ_AHEAD = 12  # markers read at a time: a page of ten needs eighteen on average, read by eight or by twelve
MAX_REFUSED_PASSAGES = 2_000  # looked at for a word that nobody found may have written
SKILLS_OF_LIKE = 5  # of somebody to be like: what others are compared by
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
    if not need.query.strip():
        raise InvalidNeed("query is empty; say in a few words who is looked for.", field="query")
    started = perf_counter()
    plan = understand(need, catalogue, today=today or datetime.now(UTC).date())
    plan, asked, wanted = _prepared(plan, need, opened, catalogue, hidden)
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
        count=lambda filters: _count(opened, filters, hidden),
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


def _prepared(
    plan: Plan, need: Need, opened: OpenRelease, catalogue: Catalogue, hidden: frozenset[int]
) -> tuple[Plan, Asked, Wanted]:
    """The plan with what this release knows of it: who is to be like, and who wrote what is refused."""
    wanted = resolve_plan(plan, need.conditions, opened.index, catalogue)
    if need.conditions != Conditions():
        plan = replace(plan, steps=(*plan.steps, "apply the filters given"))
    found = opened.index.find_people(plan.like) if plan.like else {}
    like = {login: person for login, person in found.items() if person not in hidden}
    unknown = [login for login in plan.like if login not in like]
    if unknown:
        names = " and ".join(f"@{login}" for login in unknown)
        if not like and not plan.words:
            raise InvalidNeed(f"query: {names} cannot be compared with, being in no profile here.", field="query")
        plan = replace(
            plan,
            like=tuple(like),
            ignored=(*plan.ignored, *(f"@{login}" for login in unknown)),
            steps=(*plan.steps, f"did not compare with {names}, who is in no profile here"),
        )
    if not plan.words.strip() and not like:
        plan = replace(plan, steps=(*plan.steps, "order by activity and followers"))
    if like:
        skills = dict.fromkeys((*wanted.skills, *_skills_of(tuple(like.values()), opened)))
        wanted = replace(wanted, skills=tuple(skills))
    if wanted.refused_words:
        wrote = _who_wrote(wanted.refused_words, opened, wanted.filters)
        if need.relax:  # who may be let in is looked at too
            wrote |= _who_wrote(wanted.refused_words, opened, never_loosened(wanted.filters))
        excluded = tuple(sorted({*wanted.filters.exclude_people, *wrote}))
        wanted = replace(wanted, filters=replace(wanted.filters, exclude_people=excluded))
    asked = Asked(need.mode, plan.words.strip(), wanted.skills, tuple(like.values()), opened.release.ranking.depth)
    if asked.says_nothing:
        asked = replace(asked, depth=FAR_DEPTH)  # the standing alone decides, so that all must be judged
    return plan, asked, wanted


def _skills_of(people: Sequence[int], opened: OpenRelease) -> list[str]:
    markers = opened.index.read([point_id(person, 0) for person in people])
    return [skill for marker in markers if marker for skill in marker.get("skills", ())[:SKILLS_OF_LIKE]]


def _who_wrote(refused: Sequence[str], opened: OpenRelease, filters: Filters) -> set[int]:
    """The people with a passage that holds all words of a refusal."""
    wrote: set[int] = set()
    for words in refused:
        terms = query_vector(words, (), opened.release.bm25, opened.release.ranking)
        holding: set[int] | None = None
        for term, weight in zip(terms.indices, terms.values, strict=True):
            one = replace(terms, indices=(term,), values=(max(weight, _ROUNDING),))
            hits = opened.index.search_sparse(one, limit=MAX_REFUSED_PASSAGES, filters=filters)
            points = set(hits.points.tolist())
            holding = points if holding is None else holding & points
        wrote.update(point >> PASSAGE_BITS for point in holding or ())
    return wrote


def _count(opened: OpenRelease, filters: Filters, hidden: frozenset[int]) -> int:
    """How many people the filters keep, the hidden ones apart: a hidden person may not be among the kept."""
    if filters.is_empty:
        return opened.people - len(hidden)
    return opened.index.count_people(_excluding(filters, hidden))


def _excluding(filters: Filters, people: frozenset[int]) -> Filters:
    if not people:
        return filters
    return replace(filters, exclude_people=tuple(sorted(people.union(filters.exclude_people))))


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
        filters = _excluding(tier.filters, frozenset(one.person for one in ranked))
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
