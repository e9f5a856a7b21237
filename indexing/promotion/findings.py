"""What a contest found, as JSON has it: quality, parity, speed, overlap, changes, exposure; counts and ids only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from indexing.errors import RawDataError
from indexing.evaluation.comparison import summarise, summarise_groups
from indexing.evaluation.intervals import METHOD
from indexing.evaluation.judgements import Judgement
from indexing.evaluation.measures import NDCG, Values, measure
from indexing.evaluation.parity import compare_languages
from indexing.open_release import OpenRelease
from indexing.promotion.contest import BOTH, Contest, Outcome, Which
from indexing.promotion.exposure import compare_exposure, everybody
from indexing.promotion.latency import compare_latency
from indexing.registry import ModelVersion

Section = dict[str, Any]
VERSUS = "candidate_vs_champion"
DIGITS = 6
TENTHS = 10


@dataclass(frozen=True, slots=True)
class Change:
    """One judged query whose answer changed: for readers inside, since it names people."""

    outcome: Outcome
    before: float  # nDCG@10
    after: float


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that is said of a candidate beside the champion."""

    sections: Section  # may leave the house: counts, ids and hashes
    changes: tuple[Change, ...]  # may not; the most changed query first

    @property
    def names(self) -> tuple[str, str]:
        """Release ids of the champion and of the candidate."""
        champion, candidate = (str(self.sections["releases"][which]["id"]) for which in BOTH)
        return champion, candidate


def find(
    contest: Contest,
    releases: Mapping[Which, OpenRelease],
    versions: Sequence[ModelVersion],
    *,
    files: Sequence[str] = (),
) -> Findings:
    """Draw up what a contest found; `files` are the names of the judgements' files."""
    judgements = [outcome.asked.judgement for outcome in contest.judged if outcome.asked.judgement is not None]
    rankings = {which: [outcome.rankings[which] for outcome in contest.judged] for which in BOTH}
    values: dict[str, Values] = {which: measure(judgements, rankings[which]) for which in BOTH}
    sections: Section = {
        "releases": {which: _described(releases[which], versions) for which in BOTH},
        "judged": _judged(judgements, releases, files),
        "quality": summarise(values, range(len(judgements)), subject="candidate"),
        "by_kind": summarise_groups(values, judgements, lambda one: one.kind, subject="candidate"),
        "by_language": summarise_groups(values, judgements, lambda one: one.language, subject="candidate"),
        "ndcg@10_by_query": {
            judgement.id: {which: round(float(values[which][row, NDCG]), DIGITS) for which in BOTH}
            for row, judgement in enumerate(judgements)
        },
        "parity": _parity(judgements, rankings),
        "latency": compare_latency(contest.timings),
        "overlap": _overlap(contest.judged),
        "changes": _changes(contest.judged),
        "kept_searches": {**_overlap(contest.kept), **_changes(contest.kept), "refused": contest.refused},
        "exposure": compare_exposure((*contest.judged, *contest.kept), list(everybody(releases["candidate"]))),
        "method": {**METHOD, "gain": "2^g - 1", "people_asked_for": 100},
    }
    changes = [
        Change(outcome, float(values["champion"][row, NDCG]), float(values["candidate"][row, NDCG]))
        for row, outcome in enumerate(contest.judged)
        if outcome.entered or outcome.left
    ]
    changes.sort(key=lambda one: (-abs(one.after - one.before), one.outcome.overlap, one.outcome.asked.id))
    return Findings(sections, tuple(changes))


def _described(opened: OpenRelease, versions: Sequence[ModelVersion]) -> Section:
    release = opened.release
    known = next((one for one in versions if one.version == release.model_version), None)
    return {
        "id": release.id,
        "version": release.model_version,
        "model": known.name if known else release.model_name,
        "fingerprint": release.fingerprint,
        "people": opened.people,
        "passages": release.passages,
        "created": release.created,
        "data_rev": release.data_rev,
    }


def _judged(judgements: Sequence[Judgement], releases: Mapping[Which, OpenRelease], files: Sequence[str]) -> Section:
    """How much the judgements can say of each release."""
    logins = sorted({login for judgement in judgements for login in judgement.relevant})
    found: Section = {"files": list(files), "queries": len(judgements), "people": len(logins)}
    for which, opened in releases.items():
        known = opened.index.find_people(logins)
        found[which] = {
            "people_lacking": len(logins) - len(known),
            "queries_nobody_can_answer": sum(1 for one in judgements if not known.keys() & one.relevant),
        }
    return found


def _parity(judgements: Sequence[Judgement], rankings: Mapping[Which, Sequence[Any]]) -> Section | None:
    try:
        return {which: compare_languages(judgements, rankings[which]) for which in BOTH}
    except RawDataError:
        return None  # no need is asked in both languages


def _overlap(outcomes: Sequence[Outcome]) -> Section:
    overlaps = np.array([outcome.overlap for outcome in outcomes])
    if not len(overlaps):
        return {"searches": 0}
    tenths = np.minimum((overlaps * TENTHS).astype(int), TENTHS - 1)
    return {
        "searches": len(overlaps),
        "rbo@10": round(float(overlaps.mean()), DIGITS),
        "rbo@10_lowest_tenth": round(float(np.percentile(overlaps, 10)), DIGITS),
        "unchanged": int((overlaps > 1 - 1e-9).sum()),
        "histogram": np.bincount(tenths, minlength=TENTHS).tolist(),
        "by_search": {outcome.asked.id: round(outcome.overlap, 4) for outcome in outcomes},
    }


def _changes(outcomes: Sequence[Outcome]) -> Section:
    """Why people entered and left, counted: the part of the score that made the difference."""
    return {
        name: {
            "people": sum(len(getattr(outcome, name)) for outcome in outcomes),
            "by_part": dict(
                Counter(
                    one.arrival.part or "other" for outcome in outcomes for one in getattr(outcome, name)
                ).most_common()
            ),
        }
        for name in ("entered", "left")
    }
