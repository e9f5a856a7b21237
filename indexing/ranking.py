"""From passages to people: pure functions over arrays, with their constants from the release.

A leg (dense or sparse) brings passages. A person's score in a leg is the decaying sum of that person's hits. The legs
are normalised over their own best people and added. Ties break by ordinal, which is the order of the logins.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.candidates import Seniority
from indexing.index import Hits
from indexing.passages import PASSAGE_BITS

People = NDArray[np.int64]
Scores = NDArray[np.float64]
_SCORE_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class LegRanking:
    """People of one leg, best first, with the hits that made their scores."""

    people: People  # (n,) ordinals
    raw: Scores  # (n,) decaying sums
    floor: float  # the normalisation: (raw - floor) / span, held between 0 and 1
    span: float
    hit_points: NDArray[np.uint64]  # (h,) passages, grouped by nothing, best first
    hit_people: People  # (h,)
    hit_scores: Scores  # (h,) as they were added up
    decay: float

    def normalised(self) -> Scores:
        """Scores between 0 and 1, shape (n,)."""
        return self.normalise(self.raw)

    def normalise(self, raw: Scores) -> Scores:
        """Raw leg scores on this query's scale."""
        return np.clip((raw - self.floor) / self.span, 0.0, 1.0)

    def normalise_one(self, raw: float) -> float:
        """One raw score on this query's scale."""
        return min(1.0, max(0.0, (raw - self.floor) / self.span))


def decaying_sums(people: People, scores: Scores, decay: float) -> tuple[People, Scores]:
    """Distinct people and `sum(decay**k * k-th best score)`; `scores` must come best first.

    Design, "Search": a decaying sum beats the best passage alone by .007 nDCG@10 on 503 judged queries.
    """
    if not len(people):
        return people, scores
    order = np.argsort(people, kind="stable")  # keeps best first inside a person
    grouped = people[order]
    starts = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]])
    lengths = np.diff(np.r_[starts, len(grouped)])
    position = np.arange(len(grouped)) - np.repeat(starts, lengths)
    sums = np.add.reduceat(scores[order] * decay**position, starts)
    return grouped[starts], sums


def rank_leg(hits: Hits, *, decay: float, depth: int, person_weights: Scores | None = None) -> LegRanking:
    """The best `depth` people of one leg, on a scale of their own.

    A cosine below 0 counts nothing. `person_weights` (by ordinal) make up for having much to be hit by chance.
    """
    hit_people = (hits.points >> np.uint64(PASSAGE_BITS)).astype(np.int64)
    # Two equal passages may differ in a vector sum's last bits; rounded, the tie is one, and the login breaks it.
    hit_scores: Scores = np.maximum(hits.scores.astype(np.float64), 0.0)
    hit_scores = hit_scores.round(_SCORE_DECIMALS)
    if person_weights is not None:
        hit_scores *= person_weights[hit_people]
    people, raw = decaying_sums(hit_people, hit_scores, decay)
    order = np.lexsort((people, -raw))[:depth]
    people, raw = people[order], raw[order]
    lowest = float(raw[-1]) if len(raw) else 0.0
    if 0 < len(raw) < depth:
        # Nobody was cut off, so the lowest found is not worth nothing: put the floor a tenth of the way below it.
        lowest -= 0.1 * abs(float(raw[0]))
    span = float(raw[0]) - lowest if len(raw) else 1.0
    return LegRanking(people, raw, lowest, span if span > 0 else 1.0, hits.points, hit_people, hit_scores, decay)


def person_weights(works: NDArray[np.int64], breadth: float) -> Scores:
    """What one hit of each person counts, shape (people,): `works ** -breadth`, 1 for up to one work."""
    weights: Scores = np.maximum(works, 1).astype(np.float64) ** -breadth
    return weights


@dataclass(frozen=True, slots=True)
class Fused:
    """People of both legs, best first, with the weighted part each leg gave."""

    people: People
    dense: Scores
    sparse: Scores

    @property
    def total(self) -> Scores:
        """The parts' sum, shape (n,)."""
        return self.dense + self.sparse


def fuse(dense: LegRanking | None, sparse: LegRanking | None, *, dense_weight: float, sparse_weight: float) -> Fused:
    """Weighted sum of the normalised legs; who is missing from a leg gets 0 from it. One leg alone weighs 1."""
    present = [leg for leg in (dense, sparse) if leg is not None]
    if len(present) == 1:
        dense_weight, sparse_weight = 1.0, 1.0
    people = np.unique(np.concatenate([leg.people for leg in present]))
    parts = []
    for leg, weight in ((dense, dense_weight), (sparse, sparse_weight)):
        part = np.zeros(len(people))
        if leg is not None:
            part[np.searchsorted(people, leg.people)] = weight * leg.normalised()
        parts.append(part)
    order = np.lexsort((people, -(parts[0] + parts[1])))
    return Fused(people[order], parts[0][order], parts[1][order])


def hits_of(leg: LegRanking, people: Collection[int]) -> dict[int, list[tuple[int, float]]]:
    """The hits of some people in one leg, best first: person -> (point id, score)."""
    found: dict[int, list[tuple[int, float]]] = {person: [] for person in people}
    theirs = np.flatnonzero(np.isin(leg.hit_people, list(found)))
    columns = (leg.hit_people[theirs].tolist(), leg.hit_points[theirs].tolist(), leg.hit_scores[theirs].tolist())
    for person, point, score in zip(*columns, strict=True):
        found[person].append((point, score))
    return found


def marginal_parts(leg: LegRanking, hits: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """What a person would lose in this leg without each hit, the normalisation held: (point id, loss), largest first.

    `hits` are the person's, best first. The loss is not the hit's own term: without it, the weaker ones move up.
    """
    terms = [score * leg.decay**place for place, (_, score) in enumerate(hits)]
    whole = sum(terms)
    at_whole, before, losses = leg.normalise_one(whole), 0.0, []
    for (point, _), term in zip(hits, terms, strict=True):
        without = before + (whole - before - term) / leg.decay
        losses.append((point, at_whole - leg.normalise_one(without)))
        before += term
    return sorted(losses, key=lambda loss: (-loss[1], loss[0]))


def prior(followers: int | None, active_day: int | None, *, today: int) -> float:
    """A small standing in [0, 1]: known activity of the last two years and, by its logarithm, known followers.

    Logarithmic and capped at 10,000 so that newcomers are not drowned; unknown counts nothing either way.
    """
    recency = 0.0 if active_day is None else max(0.0, 1 - max(0, today - active_day) / 730)
    known = 0.0 if not followers else min(1.0, math.log10(1 + followers) / 4)
    return 0.6 * recency + 0.4 * known


def coverage(wanted: int, met: float) -> float:
    """Share of what is wanted that the person has, 0 when nothing is wanted."""
    return met / wanted if wanted else 0.0


def experience(seniority: Seniority, first_day: int | None, stars: int | None, *, today: int) -> float:
    """How well a person's known history fits the wish, in [0, 1]; what is unknown fits by 0.

    Years since the account was made, full at 8 for "senior" and running out at 4 for "junior"; "lead" adds, by their
    logarithm, the stars of the person's own repositories, full at 1,000.
    """
    years = None if first_day is None else max(0, today - first_day) / 365.25
    if seniority == "junior":
        return 0.0 if years is None else max(0.0, 1 - years / 4)
    seasoned = 0.0 if years is None else min(1.0, years / 8)
    if seniority == "senior":
        return seasoned
    return 0.5 * seasoned + 0.5 * (min(1.0, math.log10(1 + stars) / 3) if stars else 0.0)
