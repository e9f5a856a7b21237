"""Why a person was found: what of the plan they have and lack, and the passages that carried them, quoted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from indexing.candidates import Candidate, Evidence, Matched, Plan, ScoreParts
from indexing.evidence import QueryWords, evidence_of_person, evidence_of_work
from indexing.index import Payload
from indexing.legs import Legs
from indexing.open_release import OpenRelease
from indexing.passages import point_id
from indexing.payloads import place_of_marker, read_marker, read_work
from indexing.profiles import Profile
from indexing.ranking import hits_of, marginal_parts
from indexing.relaxation import Tier
from indexing.releases import RankingConstants
from indexing.skills import Catalogue
from indexing.standing import lacking
from indexing.terms import fold, words_of

EVIDENCE_PER_PERSON = 3


@dataclass(frozen=True, slots=True)
class Ranked:
    """One person of a ranking, before the page is explained."""

    person: int
    payload: Payload  # the marker's; made a profile of only for the page that is shown
    parts: ScoreParts
    legs: Legs
    tier: Tier
    scale: float = 1.0  # of what its legs gave


def explain(
    page: Sequence[Ranked],
    plan: Plan,
    skills: Sequence[str],
    opened: OpenRelease,
    catalogue: Catalogue,
    *,
    first_rank: int,
    with_evidence: bool,
) -> tuple[Candidate, ...]:
    """The candidates of one page; `skills` are those wanted, by the catalogue's names."""
    said = frozenset(words_of(plan.words))
    profiles = {one.person: read_marker(one.payload) for one in page}
    words = QueryWords(plan.words, skills, opened.release, catalogue)
    evidence = _evidence(page, profiles, words, opened) if with_evidence else {}
    candidates = []
    for rank, one in enumerate(page, start=first_rank):
        profile = profiles[one.person]
        unskilled = tuple(skill for skill in skills if skill not in profile.skills)
        candidates.append(
            Candidate(
                rank=rank,
                profile=profile,
                score=one.parts.total,
                parts=one.parts,
                matched=_matched(profile, plan, frozenset(skills), said),
                missing=(*unskilled, *lacking(one.person, one.payload, one.tier.lacks)),
                evidence=evidence.get(one.person, ()),
                place=place_of_marker(one.payload),
            )
        )
    return tuple(candidates)


def _matched(profile: Profile, plan: Plan, skills: frozenset[str], said: frozenset[str]) -> Matched:
    return Matched(
        skills=tuple(skill for skill in profile.skills if skill in skills),
        languages=tuple(language for language in profile.languages if language in plan.languages),
        topics=tuple(topic for topic in profile.topics if fold(topic) in said),
    )


def _evidence(
    page: Sequence[Ranked], profiles: dict[int, Profile], words: QueryWords, opened: OpenRelease
) -> dict[int, tuple[Evidence, ...]]:
    """The passages that carried each person, by what the score would lose without them."""
    best = _carrying(page, opened.release.ranking)
    points = [point for carried in best.values() for point, _ in carried]
    payloads = dict(zip(points, opened.read(points), strict=True))
    found: dict[int, tuple[Evidence, ...]] = {}
    for person, carried in best.items():
        claims = []
        for point, loss in carried:
            payload = payloads[point]
            if point == point_id(person, 0):
                claims.append(evidence_of_person(profiles[person], words, score=loss))
            elif payload is not None:
                claims.append(evidence_of_work(read_work(payload), words, score=loss, said=payload.get("said")))
        found[person] = tuple(claim for claim in claims if claim is not None)
    return found


def _carrying(page: Sequence[Ranked], constants: RankingConstants) -> dict[int, list[tuple[int, float]]]:
    """For each person the passages whose loss would cost most, over both legs: (point id, loss)."""
    losses: dict[int, dict[int, float]] = {one.person: {} for one in page}
    scales = {one.person: one.scale for one in page}
    for legs in {id(one.legs): one.legs for one in page}.values():
        people = [one.person for one in page if one.legs is legs]
        for person, point, loss in _losses(legs, people, constants):
            losses[person][point] = losses[person].get(point, 0.0) + loss * scales[person]
    best = {
        person: sorted(mine.items(), key=lambda loss: (-loss[1], loss[0]))[:EVIDENCE_PER_PERSON]
        for person, mine in losses.items()
    }
    # What costs nothing to lose proves nothing; the first is kept, so that there is something to read.
    return {person: [*mine[:1], *(one for one in mine[1:] if one[1] > 0)] for person, mine in best.items()}


def _losses(legs: Legs, people: Collection[int], constants: RankingConstants) -> list[tuple[int, int, float]]:
    found = []
    for leg, weight in ((legs.dense, constants.dense_weight), (legs.sparse, constants.sparse_weight)):
        if leg is None:
            continue
        share = weight if legs.both else 1.0
        for person, hits in hits_of(leg, people).items():
            found += [(person, point, loss * share) for point, loss in marginal_parts(leg, hits)]
    return found
