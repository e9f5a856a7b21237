"""Whether a short or everyday word really names a technology here: Go the language, or "go" the verb."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from indexing.skills.lexicon import Candidate, Words

NEAR_WORDS: Final = 2  # "Java coffee", "coffee from Java"; further away the word is about something else
WINDOW_WORDS: Final = 12  # about one sentence
SMALLEST_LOWER_CASE_LIST: Final = 3  # "go, rust, elixir" is a list of languages, "go, run" is not
_LIST_GAP: Final = re.compile(r"\s*[,;/|+&·•-]\s*(?:(?:and|et|or|ou) )?|\s(?:and|et|or|ou|y|und|plus|puis|then)\s")
_SENTENCE_END: Final = re.compile(r"[.!?\n•]")
_GLUE_BEFORE: Final = frozenset("'-&°$@_.[*")
_GLUE_AFTER: Final = frozenset("'&^_=:]*")
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Cues:
    """Words that speak for a technology beside an ambiguous form."""

    before: frozenset[str]
    before_cased: frozenset[str]
    after: frozenset[str]
    after_strong: frozenset[str]
    technical: frozenset[str]
    written: frozenset[str]


@cache
def cues() -> Cues:
    """The cue words shipped with the catalogue."""
    raw = json.loads((files("indexing.skills.catalogue_data") / "cues.json").read_text(encoding="utf-8"))
    return Cues(**{name: frozenset(words.split()) for name, words in raw.items()})


def judged(cut: Words, found: Sequence[Candidate], denied_near: Mapping[int, frozenset[str]]) -> list[Candidate]:
    """The candidates that hold, in order: sure ones unless denied, ambiguous ones with evidence."""
    open_ones = [one for one in found if not _is_denied(cut, one, denied_near)]
    if all(one.reading == "sure" for one in open_ones):
        return open_ones
    accepted = [one.reading == "sure" or _stands_alone(cut, one) for one in open_ones]
    _accept_neighbours(cut, open_ones, accepted)
    for chain in _chains(cut, open_ones):
        _accept_list(cut, open_ones, accepted, chain)
    return [one for one, holds in zip(open_ones, accepted, strict=True) if holds]


def _is_denied(cut: Words, one: Candidate, denied_near: Mapping[int, frozenset[str]]) -> bool:
    denied = denied_near.get(one.owner)
    if not denied:
        return False
    before = cut.words[max(0, one.first - NEAR_WORDS) : one.first]
    after = cut.words[one.last + 1 : one.last + 1 + NEAR_WORDS]
    return not denied.isdisjoint(before) or not denied.isdisjoint(after)


def _stands_alone(cut: Words, one: Candidate) -> bool:
    """Whether the words right beside it are enough."""
    is_letter = one.end - one.start == 1
    if is_letter and (not one.is_exact or _is_initial_or_compound(cut, one)):
        return False
    if cut.text.strip() == cut.text[one.start : one.end]:
        return True
    known = cues()
    before = cut.words[one.first - 1] if one.first else ""
    after = cut.words[one.last + 1] if one.last + 1 < len(cut.words) else ""
    if not one.is_exact:
        return one.reading != "strict" and (
            after in (known.after if one.reading == "cased" else known.after_strong) or _is_written_in(cut, one)
        )
    if one.reading == "strict" and _starts_sentence(cut, one):
        return False
    if after in known.after or (one.first and before in known.before):
        return True
    if _starts_sentence(cut, one):
        return one.reading == "cased" and _has_technical_word(cut, one)
    if one.reading == "cased":
        return True
    return not is_letter and (_NUMBER.fullmatch(after) is not None or _has_technical_word(cut, one))


def _is_written_in(cut: Words, one: Candidate) -> bool:
    """ "written in go", "développé en rust"."""
    if one.first < 2:
        return False
    verb, preposition = cut.words[one.first - 2 : one.first]
    return preposition in {"in", "en"} and verb in cues().written


def _is_initial_or_compound(cut: Words, one: Candidate) -> bool:
    """A single letter that is an initial, part of "R&D", "USB-C", "d'accord", "20 °C" or "C:"."""
    before = cut.folded[max(0, one.start - 1) : one.start]
    after = cut.folded[one.end : one.end + 1]
    if before in _GLUE_BEFORE or after in _GLUE_AFTER:
        return True
    following = cut.words[one.last + 1] if one.last + 1 < len(cut.words) else ""
    if after == "-":
        return following not in cues().after
    preceding = cut.words[one.first - 1] if one.first else ""
    return after == "." and bool(following) and preceding not in cues().before


def _starts_sentence(cut: Words, one: Candidate) -> bool:
    """Whether a capital proves nothing here. One inside the word ("iOS", "SAS") proves something everywhere."""
    if not cut.text[one.start + 1 : one.end].islower() and one.end - one.start > 1:
        return False
    if one.first == 0:
        return True
    return _SENTENCE_END.search(cut.folded, cut.spans[one.first - 1][1], one.start) is not None


def _has_technical_word(cut: Words, one: Candidate) -> bool:
    technical = cues().technical
    around = range(max(0, one.first - WINDOW_WORDS), min(len(cut.words), one.last + 1 + WINDOW_WORDS))
    return any(cut.words[place] in technical for place in around if not one.first <= place <= one.last)


def _accept_neighbours(cut: Words, found: Sequence[Candidate], accepted: list[bool]) -> None:
    """A capitalised form in mid-sentence holds when a sure one stands within a sentence of it."""
    sure_places = [one.first for one, holds in zip(found, accepted, strict=True) if holds]
    for number, one in enumerate(found):
        if accepted[number] or not one.is_exact or (one.end - one.start == 1 and _is_initial_or_compound(cut, one)):
            continue
        if one.reading != "cased" and _starts_sentence(cut, one):
            continue
        if one.end - one.start == 1 and one.first and cut.text[cut.spans[one.first - 1][0]].isupper():
            continue  # "Lüdecke D", "Plan C": part of a name
        nearest = bisect_left(sure_places, one.first - WINDOW_WORDS)
        accepted[number] = nearest < len(sure_places) and sure_places[nearest] <= one.last + WINDOW_WORDS


def _chains(cut: Words, found: Sequence[Candidate]) -> Iterator[range]:
    """Runs of candidates that stand in one enumeration."""
    start = 0
    for number in range(1, len(found) + 1):
        is_joined = number < len(found) and _LIST_GAP.fullmatch(cut.folded, found[number - 1].end, found[number].start)
        if not is_joined:
            if number - start > 1:
                yield range(start, number)
            start = number


def _accept_list(cut: Words, found: Sequence[Candidate], accepted: list[bool], chain: range) -> None:
    """An enumeration vouches for all its members once one is sure or enough of them look alike."""
    members = [found[number] for number in chain]
    names = {one.owner for one in members if one.end - one.start > 1}
    exact_names = {one.owner for one in members if one.is_exact}
    holds = any(accepted[number] for number in chain) or (
        bool(names) and (len(exact_names) > 1 or len({one.owner for one in members}) >= SMALLEST_LOWER_CASE_LIST)
    )
    if not holds:
        return
    for number in chain:
        one = found[number]
        if one.reading == "strict" and not one.is_exact:
            continue
        if one.end - one.start > 1 or not _is_initial_or_compound(cut, one):
            accepted[number] = True
