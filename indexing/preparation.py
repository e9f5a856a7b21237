"""Preparing a search: what a need asks of one release, understood alike whether people are found or only counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from indexing.candidates import Conditions, Need, Plan
from indexing.errors import InvalidNeed
from indexing.index import Filters
from indexing.legs import Asked
from indexing.open_release import OpenRelease
from indexing.passages import PASSAGE_BITS, point_id
from indexing.query import understand
from indexing.relaxation import never_loosened
from indexing.skills import Catalogue
from indexing.terms import query_vector
from indexing.wanted import Wanted, resolve_plan

FAR_DEPTH = 1_200  # people a leg brings when somebody pages far, or when conditions alone were given
MAX_REFUSED_PASSAGES = 2_000  # looked at for a word that nobody found may have written
SKILLS_OF_LIKE = 5  # of somebody to be like: what others are compared by
_ROUNDING = 1e-9


def prepare(
    need: Need,
    opened: OpenRelease,
    catalogue: Catalogue,
    *,
    hidden: frozenset[int],
    today: date | None = None,
) -> tuple[Plan, Asked, Wanted]:
    """The plan with what this release knows of it: who is to be like, and who wrote what is refused.

    InvalidNeed names the part of the need that is not understood.
    """
    if not need.query.strip():
        raise InvalidNeed("query is empty; say in a few words who is looked for.", field="query")
    plan = understand(need, catalogue, today=today or datetime.now(UTC).date())
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


def count_unhidden(opened: OpenRelease, filters: Filters, hidden: frozenset[int]) -> int:
    """How many people the filters keep, the hidden ones apart: a hidden person may not be among the kept."""
    if filters.is_empty:
        return opened.people - len(hidden)
    return opened.index.count_people(excluding(filters, hidden))


def excluding(filters: Filters, people: frozenset[int]) -> Filters:
    """The filters, without these people too."""
    if not people:
        return filters
    return replace(filters, exclude_people=tuple(sorted(people.union(filters.exclude_people))))
