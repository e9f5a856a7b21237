"""A job advertisement in parts: what it demands, what it wishes, what the work is, and what helps no search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from indexing.needs.cue_words import WORD, cue_words

Part = Literal["title", "text", "required", "preferred", "tasks", "place"]

SHORTEST_LONG_TEXT: Final = 600
_LONGEST_HEADING: Final = 6
_LONGEST_TITLE: Final = 14
_FEWEST_HEADINGS: Final = 2
_LINE: Final = re.compile(r"[^\n\r]+")
_SENTENCE: Final = re.compile(r"[^.!?]+(?:[.!?]+(?!\s)[^.!?]*)*[.!?]*")
_OURS: Final = frozenset("we our nous notre nos".split())  # "we are a startup": who searches
_SEEKS: Final = re.compile(r"cherch|recrut|embauch|besoin|looking|seek|hiring|need|want|voulons|aimerions|would like")
_PARTS: Final[tuple[tuple[str, Part | None], ...]] = (
    ("heading_required", "required"), ("heading_preferred", "preferred"), ("heading_tasks", "tasks"),
    ("heading_place", "place"), ("heading_drop", None),
)  # fmt: skip


_LONGEST_LIKELY_HEADING: Final = 8
_OF_PEOPLE: Final = ("required", "preferred", "place")
_NOT: Final = frozenset("not don no non pas aucun without sans".split())
_DEMANDING: Final = re.compile("requi|mandat|necess|must|oblig|indispens|essenti|exig")
_ADDRESSED: Final = frozenset("toi vous you if si".split())  # "About you", "You'll fit in if"
_BULLETS: Final = frozenset("-*•·–—>+►▪✅✔→")
# The beginnings of words that tell what a heading opens, the first that is found deciding.
_TELLING: Final[tuple[tuple[re.Pattern[str], Part | None], ...]] = (
    (re.compile("bonus|plus$|mieux|better|lovely|love$|thrill|delight|happy|heureu|ravi|adore|aimer|chouette|sympa|great$|plusses|brownie|nice$|prefer|atout|appreci|souhait|optional|optionnel|ideal|cherry|cerise"
                "|extra|desirab"), "preferred"),
    (re.compile("offer|offr|perks?$|benefi|avantage|salar|remuner|pay$|process|apply|postul|candidat|contact|culture|"
                "valeurs|values|pourquoi|why$|contra[ct]|hir|echange|care$"), None),
    (re.compile("requi|must|need$|skill|profil|compet|expect|attend|recherch|cherch|looking|bring|apport|qualif|have$|"
                "exige|exigence|prerequis|indispensab|obligat|bagage|faut$|matters?$|compte$|import|aise$|comfortab|connai|maitris|savez|etes$|avez$|"
                "essential|essentiel"), "required"),
    (re.compile("role|mission|defis?$|challenge|responsib|tasks?$|taches?$|feras|ferez|stack|job$|poste$|quotidien|day|techno|outils|tools|"
                "project|projet|work$"), "tasks"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or list entry that is kept: `text[start:end]`, and the part of the advertisement it stands in."""

    start: int
    end: int
    part: Part


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading met in a line: the part it opens, None for one to leave out, and where its own line goes on."""

    part: Part | None
    end: int


def pieces_of(folded: str) -> list[Piece]:
    """The parts of an advertisement worth reading, in order; empty when the text is none."""
    lines = [match.span() for match in _LINE.finditer(folded) if match[0].strip()]
    headings = [_heading(folded, start, end) for start, end in lines]
    is_known = any(headings)
    for number, span in enumerate(lines):
        if number and headings[number] is None and _stands_above(folded, lines, number):
            headings[number] = _likely_heading(folded, *span)
    found = [heading for heading in headings if heading is not None]
    is_long = is_known and len(folded) > SHORTEST_LONG_TEXT
    if not is_long and (len(found) < _FEWEST_HEADINGS or all(one.part not in _OF_PEOPLE for one in found)):
        return []
    return list(_pieces(folded, lines, headings))


def _stands_above(folded: str, lines: list[tuple[int, int]], number: int) -> bool:
    """Whether a line opens others: it ends with a colon, a list is below it, or a blank line is above it alone."""
    start, end = lines[number]
    if number + 1 == len(lines) or folded[start] in _BULLETS or folded[start:end].rstrip().endswith((".", ",", ";")):
        return False
    following = lines[number + 1][0]
    is_above = folded.count("\n", lines[number - 1][1], start) > 1 and folded.count("\n", end, following) == 1
    return folded[start:end].rstrip().endswith(":") or folded[following] in _BULLETS or is_above


def _likely_heading(folded: str, start: int, end: int) -> _Heading | None:
    """The heading that a line in nobody's list is, by the word in it that tells: "Ce qu'on attend de toi"."""
    words = WORD.findall(folded, start, end)
    if not words or len(words) > _LONGEST_LIKELY_HEADING:
        return None
    if not _NOT.isdisjoint(words):  # "Not required, but lovely" is a wish, "what we don't need" nothing
        is_wish = any(_DEMANDING.match(word) or _TELLING[0][0].match(word) for word in words)
        return _Heading("preferred" if is_wish else None, end)
    for pattern, part in _TELLING:
        if any(pattern.match(word) for word in words):
            return _Heading(part, end)
    return _Heading("required", end) if words[-1] in _ADDRESSED else None


def sentences_of(folded: str) -> list[Piece]:
    """The sentences of a long text without headings, those about money and applying left out."""
    lines = [match.span() for match in _LINE.finditer(folded) if match[0].strip()]
    return [piece for start, end in lines for piece in _sentences(folded, start, end, "text")]


def _pieces(folded: str, lines: list[tuple[int, int]], headings: list[_Heading | None]) -> Iterator[Piece]:
    part: Part | None = "text"
    title = 0
    for number, ((start, end), heading) in enumerate(zip(lines, headings, strict=True)):
        if heading is not None:
            is_inline = bool(folded[heading.end : end].strip(" :*-–—"))
            if heading.part == "place":
                yield Piece(start, end, "place")
                continue
            if number == 0 and heading.part is None and not is_inline:
                title = 1  # "Job offer", and the title below it
                continue
            part = heading.part
            if is_inline and part is not None:
                yield from _sentences(folded, heading.end, end, part)
            continue
        if number == title and len(WORD.findall(folded[start:end])) <= _LONGEST_TITLE:
            yield Piece(start, end, "title")
        elif part is not None:
            yield from _sentences(folded, start, end, part)


def _sentences(folded: str, start: int, end: int, part: Part) -> Iterator[Piece]:
    dull = cue_words().sets["dull"]
    for match in _SENTENCE.finditer(folded, start, end):
        words = WORD.findall(match[0])
        is_about_money = "€" in match[0] or "$" in match[0]
        is_intro = part == "text" and words[:1] and words[0] in _OURS and not _SEEKS.search(match[0])
        if words and not is_about_money and not is_intro and not any(word in dull for word in words):
            yield Piece(match.start(), match.end(), part)


def _heading(folded: str, start: int, end: int) -> _Heading | None:
    """The heading that a line is, or opens with before a colon."""
    line = folded[start:end]
    colon = line.find(":")
    label = line if colon < 0 else line[:colon]
    words = WORD.findall(label)
    if not words or len(words) > _LONGEST_HEADING:
        return None
    for text in (" ".join(words), " ".join(words[:-1]) if words[-1] in ("h", "f") else ""):
        for name, part in _PARTS:
            if text and text in cue_words().sets[name]:
                return _Heading(part, end if colon < 0 else start + colon + 1)
    return None
