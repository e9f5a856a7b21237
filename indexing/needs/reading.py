"""From a need as people write it to the plan of a search."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from indexing.candidates import Plan
from indexing.needs.activity import find_activity, find_hireable
from indexing.needs.advertisement import SHORTEST_LONG_TEXT, Piece, pieces_of, sentences_of
from indexing.needs.cue_words import cue_words
from indexing.needs.likeness import find_likenesses
from indexing.needs.polarity import read_listed, read_polarity
from indexing.needs.quantities import find_durations, find_followers, find_titles, find_years
from indexing.needs.refusals import drop_comparisons, read_refusals
from indexing.needs.residence import is_whole
from indexing.needs.search_words import search_words, shortened
from indexing.needs.seniority import read_seniority
from indexing.needs.stances import Stances
from indexing.needs.stated import Stated, in_order
from indexing.needs.steps import steps_of
from indexing.needs.subject import subject_of
from indexing.needs.tokens import SENTENCE, Token, cut, with_listed_skills
from indexing.needs.whereabouts import read_whereabouts
from indexing.places import place_label, read_label
from indexing.skills import Catalogue
from indexing.skills.lexicon import fold

_MOST_IGNORED: Final = 20
_LONGEST_PLACE: Final = 60
_CODES: Final = frozenset(("US", "USA", "UK", "EU", "UE", "UAE"))  # others mean more: "IT", "ML", "CI"
_WISHES: Final = ("preferred", "wish", "")


def read_need(text: str, catalogue: Catalogue, *, today: date) -> Plan:
    """The plan of a need: what it demands, wishes and refuses, and the words that are left to search."""
    folded = fold(text)
    stated = in_order(
        find_likenesses(text, folded),
        find_followers(folded),
        find_activity(folded, today),
        find_hireable(folded),
        find_years(folded),
        find_durations(folded),
        find_titles(folded),
    )
    tokens = cut(text, catalogue, stated)
    pieces = pieces_of(folded)
    subject = "person" if pieces else subject_of(tokens)
    place = _only_place(text, tokens)
    if place:
        plan = Plan(places=(place,))
        return replace(plan, steps=steps_of(plan, is_whole=False))
    if subject == "work":
        return _plan_of_work(text, tokens)
    tokens = with_listed_skills(tokens, text, catalogue)
    if not pieces and len(text) > SHORTEST_LONG_TEXT:
        pieces = sentences_of(folded)
    return _plan_of_person(text, folded, tokens, pieces, catalogue, is_person=subject == "person")


def _plan_of_work(text: str, tokens: Sequence[Token]) -> Plan:
    """A description of some work: its skills are wishes, and all of it is searched."""
    stances = Stances(text, tokens)
    drop_comparisons(tokens, stances)
    named = _named(tokens, stances, _WISHES)
    plan = Plan(preferred=named, languages=_languages(tokens, named), words=text)
    return replace(plan, steps=steps_of(plan, is_whole=True))


def _only_place(text: str, tokens: Sequence[Token]) -> str:
    """The label of the place that a text is as a whole, "" when it is more or something else."""
    if len(text) > _LONGEST_PLACE or any(token.kind == "skill" for token in tokens):
        return ""
    if not is_whole(tokens) and text.strip() not in _CODES:
        return ""
    places = read_label(text.strip())
    return place_label(places[0]) if len(places) == 1 else text.strip() if places else ""


def _plan_of_person(
    text: str,
    folded: str,
    tokens: Sequence[Token],
    pieces: Sequence[Piece],
    catalogue: Catalogue,
    *,
    is_person: bool,
) -> Plan:
    parts: dict[int, str] = {}
    if pieces:
        tokens, parts = _kept(tokens, pieces)
    stances = Stances(text, tokens)
    read_refusals(tokens, stances, catalogue)
    read_polarity(tokens, stances)
    read_listed(tokens, stances, parts)
    whereabouts = read_whereabouts(tokens, stances, folded, is_person=is_person)
    seniority = read_seniority(tokens, stances)
    stated = [token.stated for token in tokens if token.stated is not None]
    excluded = _excluded(tokens, stances, whereabouts.refused)
    required = tuple(name for name in _named(tokens, stances, ("required",)) if name not in excluded)
    wished = [name for name in _named(tokens, stances, _WISHES) if name not in required]
    preferred = tuple(name for name in (*wished, *_once(whereabouts.wishes)) if name not in excluded)
    asked = {
        token.skill.name
        for at, token in enumerate(tokens)
        if token.skill and stances.of.get(at) in (None, "required", "wish", "preferred")
    }
    words = search_words(text, tokens, stances, is_whole=not pieces)
    plan = Plan(
        required=required,
        preferred=preferred,
        excluded=excluded,
        languages=_languages(tokens, (*required, *preferred)),
        places=_once(whereabouts.conditions),
        seniority=seniority,
        active_since=_latest(stated),
        min_followers=_largest(stated),
        hireable=True if any(one.kind == "hireable" for one in stated) else None,
        like=_like(tokens, stances),
        words=shortened(words) if pieces else words,
        ignored=_ignored(text, tokens, stances),
    )
    contradicted = [name for name in excluded if name in asked]
    steps = steps_of(plan, left_out=stances.left_out, contradicted=contradicted, is_whole=plan.words == text.strip())
    return replace(plan, steps=steps)


def _kept(tokens: Sequence[Token], pieces: Sequence[Piece]) -> tuple[list[Token], dict[int, str]]:
    """The tokens inside the pieces, with the part of the advertisement that each stands in."""
    starts = [piece.start for piece in pieces]
    kept: list[Token] = []
    parts: dict[int, str] = {}
    last = -1
    for token in tokens:
        number = bisect_right(starts, token.start) - 1
        if number < 0 or token.end > pieces[number].end:
            continue
        parts[len(kept)] = pieces[number].part
        kept.append(token if number == last or not kept else token._replace(breaks=max(token.breaks, SENTENCE)))
        last = number
    return kept, parts


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _named(tokens: Sequence[Token], stances: Stances, wanted: Sequence[str]) -> tuple[str, ...]:
    """The skills on which one of these stances was taken, "" for none."""
    return _once(
        token.skill.name for at, token in enumerate(tokens) if token.skill and stances.of.get(at, "") in wanted
    )


def _languages(tokens: Sequence[Token], names: Sequence[str]) -> tuple[str, ...]:
    languages = {token.skill.name for token in tokens if token.skill and token.skill.kind == "language"}
    return tuple(name for name in names if name in languages)


def _excluded(tokens: Sequence[Token], stances: Stances, places: Sequence[str]) -> tuple[str, ...]:
    """The skills, places, people and words refused, in this order."""
    skills = _named(tokens, stances, ("excluded",))
    return _once(
        (*skills, *stances.refused_skills, *places, *_logins(tokens, stances, refused=True), *stances.refused_words)
    )


def _logins(tokens: Sequence[Token], stances: Stances, *, refused: bool) -> Iterator[str]:
    for at, token in enumerate(tokens):
        if token.stated is not None and (stances.of.get(at) == "excluded") == refused:
            yield from (f"@{login}" if refused else login for login in token.stated.logins)


def _like(tokens: Sequence[Token], stances: Stances) -> tuple[str, ...]:
    """The people to compare with; a login that stands in the text for no reason is one too when no other is given."""
    found = [
        login
        for at, token in enumerate(tokens)
        if token.kind == "like" and token.stated and stances.of.get(at) not in ("excluded", "neutral")
        for login in token.stated.logins
    ]
    if not found and any(token.stated and token.stated.logins for token in tokens) and len(tokens) == 1:
        found = list(_logins(tokens, stances, refused=False))
    return _once(found)


def _latest(stated: Sequence[Stated]) -> str | None:
    return max((str(one.value) for one in stated if one.kind == "active"), default=None)


def _largest(stated: Sequence[Stated]) -> int | None:
    counts = [one.value for one in stated if one.kind == "followers" and isinstance(one.value, int)]
    return max(counts, default=None)


def _ignored(text: str, tokens: Sequence[Token], stances: Stances) -> tuple[str, ...]:
    """Words as written that changed nothing."""
    useless = cue_words().sets["ignored"]
    found = list(stances.ignored)
    for token in tokens:
        is_useless = (
            token.kind == "contract"
            or token.key in useless
            or (token.stated is not None and token.stated.value is None and not token.stated.logins)
        )
        if is_useless:
            found.append(text[token.start : token.end].strip())
    return _once(found)[:_MOST_IGNORED]
