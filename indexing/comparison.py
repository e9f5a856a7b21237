"""What differs between two answers to one need, person by person, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from indexing.candidates import Answer, Candidate, Need, ScoreParts
from indexing.open_release import OpenRelease
from indexing.rank_overlap import rank_biased_overlap

REACH = 100  # people of each release among whom somebody is looked for
PERSISTENCE = 0.9  # of the overlap: the first ten ranks carry 86 % of it
PartName = Literal["dense", "sparse", "prior", "rerank"]
_PARTS: tuple[PartName, ...] = ("dense", "sparse", "prior", "rerank")
_SMALLEST = 0.0005  # what three decimals show
_SAME_SCORE = 1e-6


@dataclass(frozen=True, slots=True)
class Side:
    """One release's answer, and the first people of the same search that it is a page of."""

    label: str  # how sentences call the release
    answer: Answer
    first: tuple[Candidate, ...]  # rank 1 onwards, REACH people at most
    depth: int  # people each leg brings at most
    is_whole: bool = False  # whether nobody comes after them
    lacks: frozenset[str] = frozenset()  # people of the other answer whom this release does not have

    @property
    def logins(self) -> list[str]:
        """The people of the answer, best first."""
        return [one.profile.login for one in self.answer.candidates]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who is in one answer and not in the other."""

    login: str
    rank: int
    other_rank: int | None  # None: not among the first of the other release
    part: PartName | None  # the part of the score that differs most, None when no part does or one is unknown
    repo: str | None  # the strongest evidence in the answer that has them
    why: str


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody who is in both answers, at another place."""

    login: str
    before: int
    after: int
    part: PartName | None
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """From the first answer to the second."""

    entered: tuple[Arrival, ...]
    left: tuple[Arrival, ...]
    moved: tuple[Move, ...]
    rbo: float


def look(need: Need, opened: OpenRelease, search: Callable[[Need, OpenRelease], Answer], *, label: str) -> Side:
    """A release's answer to a need and the people around it."""
    answer = search(need, opened)
    first = search(replace(need, limit=REACH, offset=0, explain=False), opened).candidates
    end = need.offset + len(answer.candidates)
    # Conditions may be loosened further for a hundred people than for ten: then the two are not one list.
    if [one.profile.login for one in first[need.offset : end]] != [one.profile.login for one in answer.candidates]:
        return Side(label, answer, answer.candidates, opened.release.ranking.depth)
    return Side(label, answer, first, opened.release.ranking.depth, is_whole=len(first) < REACH)


def lacking(side: Side, other: Side, opened: OpenRelease) -> Side:
    """The side with the people of the other answer whom its release does not have."""
    here = {one.profile.login for one in side.first}
    asked = [login for login in other.logins if login not in here]
    known = opened.index.find_people(asked) if asked else {}
    return replace(side, lacks=frozenset(asked).difference(known))


def compare(first: Side, second: Side) -> Comparison:
    """Who entered, who left and who moved from the first answer to the second."""
    before, after = _ranks(first.answer.candidates), _ranks(second.answer.candidates)
    moves = []
    for login, rank in after.items():
        if before.get(login, rank) != rank:
            better, worse = (second, first) if rank < before[login] else (first, second)
            part, why = _why(login, better, worse)
            moves.append(Move(login, before[login], rank, part, why))
    return Comparison(
        entered=_arrivals(second, first),
        left=_arrivals(first, second),
        moved=tuple(moves),
        rbo=rank_biased_overlap(first.logins, second.logins, p=PERSISTENCE),
    )


def _arrivals(here: Side, there: Side) -> tuple[Arrival, ...]:
    in_other, ranks = set(there.logins), _ranks(there.first)
    found = []
    for one in here.answer.candidates:
        login = one.profile.login
        if login not in in_other:
            part, why = _why(login, here, there)
            found.append(Arrival(login, one.rank, ranks.get(login), part, _strongest(one), why))
    return tuple(found)


def _ranks(candidates: Sequence[Candidate]) -> dict[str, int]:
    return {one.profile.login: one.rank for one in candidates}


def _strongest(candidate: Candidate) -> str | None:
    return candidate.evidence[0].repo if candidate.evidence else None


def _why(login: str, better: Side, worse: Side) -> tuple[PartName | None, str]:
    """Why somebody stands higher in one answer than in the other: the part that differs most, and a sentence."""
    one = next(found for found in better.answer.candidates if found.profile.login == login)
    if login in worse.lacks:
        return None, f"missing from {worse.label}"
    other = next((found for found in worse.first if found.profile.login == login), None)
    if other is None:
        return None, _out_of_sight(one, better, worse)
    gains: dict[PartName, float] = {name: _part(one.parts, name) - _part(other.parts, name) for name in _PARTS}
    part = max(gains, key=lambda name: gains[name])
    if gains[part] < _SMALLEST:
        return None, _overtaken(login, one, other, better, worse)
    there = _part(other.parts, part)
    why = f"{part} part {_part(one.parts, part):.3f} in {better.label} against {there:.3f} in {worse.label}"
    if part in ("dense", "sparse") and there == 0:
        why += f" (there not above the last of the people it brings, {worse.depth} at most)"
    repo = _strongest(one)
    return part, why + (f"; strongest evidence in {better.label}: {repo}" if repo else "")


def _out_of_sight(one: Candidate, better: Side, worse: Side) -> str:
    if worse.is_whole:
        return f"not among all {len(worse.first)} people of {worse.label}: left out by a condition, or nothing matches"
    largest = max(_PARTS, key=lambda name: _part(one.parts, name))
    lowest = worse.first[-1].score if worse.first else 0.0
    return (
        f"not among the first {len(worse.first)} of {worse.label}, the last of whom scores {lowest:.3f}; "
        f"scores {one.score:.3f} in {better.label}, most of it by the {largest} part ({_part(one.parts, largest):.3f})"
    )


def _overtaken(login: str, one: Candidate, other: Candidate, better: Side, worse: Side) -> str:
    """No part of the score is larger, so it is the others who stand elsewhere."""
    ahead = {found.profile.login for found in better.first if found.rank < one.rank}
    gone = sum(found.rank < other.rank and found.profile.login not in ahead for found in worse.first)
    return (
        f"scores {one.score:.3f} in {better.label} and {other.score:.3f} in {worse.label}: "
        f"{gone} of those ahead in {worse.label} {'is' if gone == 1 else 'are'} not ahead in {better.label}"
    )


def _part(parts: ScoreParts, name: PartName) -> float:
    return float(getattr(parts, name))


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody at a place of a list."""

    login: str
    rank: int


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody who is at another place of the same list."""

    login: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Differences:
    """What a search answers differently than it did."""

    entered: tuple[Placed, ...]
    left: tuple[Placed, ...]
    moved: tuple[Shift, ...]
    rescored: int  # people at their place with another score
    erased: int  # people who were shown then and must not be shown now: no change of the search

    @property
    def is_change(self) -> bool:
        """Whether anything changed but by erasure, which also moves the scale that scores are on."""
        return bool(self.entered or self.left or self.moved or (self.rescored and not self.erased))


def differences(
    then: Sequence[tuple[str, float]], now: Sequence[Candidate], *, gone: Collection[str], erased: int = 0
) -> Differences:
    """From what was shown (login and score, best first) to what is found now.

    `gone` are people of `then` who were erased or hidden since, `erased` those who were already taken out of it. Others
    move up for them and as many come in at the end: that is no change, so places are counted among those who remain.
    """
    remaining = [(login, score) for login, score in then if login not in gone]
    erased += len(then) - len(remaining)
    found = list(now[: len(remaining)] if erased else now)
    first = found[0].rank if found else 1
    before = {login: place for place, (login, _) in enumerate(remaining, start=first)}
    after = {one.profile.login: one.rank for one in found}
    scores = {one.profile.login: one.score for one in found}
    return Differences(
        entered=tuple(Placed(login, rank) for login, rank in after.items() if login not in before),
        left=tuple(Placed(login, rank) for login, rank in before.items() if login not in after),
        moved=tuple(
            Shift(login, before[login], rank) for login, rank in after.items() if before.get(login, rank) != rank
        ),
        rescored=sum(
            before[login] == after.get(login) and abs(score - scores[login]) > _SAME_SCORE for login, score in remaining
        ),
        erased=erased,
    )
