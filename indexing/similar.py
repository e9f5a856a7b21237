"""One person's profile, and the people who built similar things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexing.candidates import Candidate, Conditions, Matched, ScoreParts
from indexing.encoder import FloatArray
from indexing.errors import ProfileNotFound
from indexing.evidence import QueryWords, evidence_of_person, evidence_of_work
from indexing.index import Filters, Payload
from indexing.open_release import OpenRelease
from indexing.passages import PASSAGE_BITS, point_id, work_text
from indexing.payloads import place_of_marker, read_marker, read_work
from indexing.profiles import Profile, Work
from indexing.query import resolve
from indexing.skills import Catalogue

OWN_PASSAGES = 12  # of the person: the profile's order puts the telling ones first
HITS_PER_PASSAGE = 150
MAX_WORKS = 1_000  # shown of one profile
EVIDENCE_PER_PERSON = 3
SHARED = 10  # skills, languages and topics told of each


@dataclass(frozen=True, slots=True)
class Similar:
    """Who is similar to whom."""

    login: str
    candidates: tuple[Candidate, ...]
    matched: int  # people the conditions keep, the person apart


def read_profile(
    login: str, opened: OpenRelease, *, hidden: frozenset[int] = frozenset()
) -> tuple[Profile, list[Work]]:
    """A person and their works. ProfileNotFound when the login is not in this release, or hidden."""
    person = find_person(login, opened, hidden=hidden)
    payload = opened.read([point_id(person, 0)])[0]
    if payload is None:
        raise ProfileNotFound(login)
    count = min(int(payload.get("works", 0)), MAX_WORKS)
    payloads = opened.read([point_id(person, number) for number in range(1, count + 1)])
    return read_marker(payload), [read_work(work) for work in payloads if work is not None]


def similar_people(
    login: str,
    opened: OpenRelease,
    catalogue: Catalogue,
    conditions: Conditions,
    limit: int,
    offset: int,
    *,
    hidden: frozenset[int] = frozenset(),
) -> Similar:
    """People near to a person's own passages: each passage votes for its nearest people, and the votes add up."""
    person = find_person(login, opened, hidden=hidden)
    filters = resolve(conditions, opened.index, catalogue, within="")
    filters = replace(filters, exclude_people=tuple(sorted({*filters.exclude_people, person, *hidden})))
    own = [
        vector
        for vector in opened.index.read_dense([point_id(person, number) for number in range(OWN_PASSAGES + 1)])
        if vector is not None
    ]
    compared = _compared(person, opened, catalogue)
    votes = _votes(own, opened, filters)
    ranked = sorted(votes.items(), key=lambda vote: (-sum(score for _, score in vote[1]), vote[0]))
    page = ranked[offset : offset + limit]
    markers = opened.read([point_id(other, 0) for other, _ in page])
    candidates = tuple(
        _candidate(rank, marker, nearest, compared, opened)
        for rank, ((_, nearest), marker) in enumerate(zip(page, markers, strict=True), start=offset + 1)
        if marker is not None
    )
    return Similar(login, candidates, opened.index.count_people(filters))


def find_person(login: str, opened: OpenRelease, *, hidden: frozenset[int] = frozenset()) -> int:
    """A person's ordinal. ProfileNotFound when the login is not in this release, or hidden."""
    person = opened.index.find_people([login]).get(login)
    if person is None or person in hidden:
        raise ProfileNotFound(login)
    return person


def _votes(own: Sequence[FloatArray], opened: OpenRelease, filters: Filters) -> dict[int, list[tuple[int, float]]]:
    """For each person found, the nearest passage to each own passage: (point id, cosine above the query's lowest)."""
    votes: dict[int, list[tuple[int, float]]] = {}
    for vector in own:
        hits = opened.index.search_dense(vector, limit=HITS_PER_PASSAGE, filters=filters)
        if not len(hits):
            continue
        # Encoders differ in where their cosines start, so a vote counts from the lowest of its own search.
        floor = float(hits.scores[-1]) if len(hits) == HITS_PER_PASSAGE else 0.0
        seen: set[int] = set()
        for point, score in zip(hits.points.tolist(), hits.scores.tolist(), strict=True):
            other = point >> PASSAGE_BITS
            if other not in seen and score > floor:
                seen.add(other)
                votes.setdefault(other, []).append((point, (score - floor) / len(own)))
    return votes


@dataclass(frozen=True, slots=True)
class _Compared:
    """Whom others are compared with: the profile, and the words of the works that vote."""

    profile: Profile
    words: QueryWords


def _compared(person: int, opened: OpenRelease, catalogue: Catalogue) -> _Compared:
    marker, *works = opened.read([point_id(person, number) for number in range(OWN_PASSAGES + 1)])
    if marker is None:
        raise ProfileNotFound(str(person))
    profile = read_marker(marker)
    texts = [profile.bio, *(work_text(read_work(work)) for work in works if work is not None)]
    return _Compared(profile, QueryWords("\n".join(texts), profile.skills[:SHARED], opened.release, catalogue))


def _candidate(
    rank: int, marker: Payload, nearest: list[tuple[int, float]], compared: _Compared, opened: OpenRelease
) -> Candidate:
    """One similar person: what both have, what this one lacks, and the works nearest to the other's, quoted."""
    profile = read_marker(marker)
    score = sum(vote for _, vote in nearest)
    by_point: dict[int, float] = {}
    for point, vote in nearest:
        by_point[point] = by_point.get(point, 0.0) + vote
    best = sorted(by_point.items(), key=lambda entry: (-entry[1], entry[0]))[:EVIDENCE_PER_PERSON]
    payloads = opened.read([point for point, _ in best])
    claims = []
    for (point, vote), payload in zip(best, payloads, strict=True):
        if payload is None:
            continue
        own_words = point & ((1 << PASSAGE_BITS) - 1) == 0
        claim = (
            evidence_of_person(profile, compared.words, score=vote)
            if own_words
            else evidence_of_work(read_work(payload), compared.words, score=vote, said=payload.get("said"))
        )
        if claim is not None:
            claims.append(claim)
    return Candidate(
        rank=rank,
        profile=profile,
        score=score,
        parts=ScoreParts(dense=score),
        matched=Matched(
            skills=tuple(skill for skill in profile.skills if skill in compared.profile.skills)[:SHARED],
            languages=tuple(one for one in profile.languages if one in compared.profile.languages)[:SHARED],
            topics=tuple(topic for topic in profile.topics if topic in compared.profile.topics)[:SHARED],
        ),
        missing=tuple(skill for skill in compared.profile.skills[:SHARED] if skill not in profile.skills),
        evidence=tuple(claims),
        place=place_of_marker(marker),
    )
