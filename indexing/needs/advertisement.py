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
    count = sum(heading is not None for heading in headings)
    if count < _FEWEST_HEADINGS and not (count and len(folded) > SHORTEST_LONG_TEXT):
        return []
    return list(_pieces(folded, lines, headings))


def sentences_of(folded: str) -> list[Piece]:
    """The sentences of a long text without headings, those about money and applying left out."""
    lines = [match.span() for match in _LINE.finditer(folded) if match[0].strip()]
    return [piece for start, end in lines for piece in _sentences(folded, start, end, "text")]


def _pieces(folded: str, lines: list[tuple[int, int]], headings: list[_Heading | None]) -> Iterator[Piece]:
    part: Part | None = "text"
    for number, ((start, end), heading) in enumerate(zip(lines, headings, strict=True)):
        if heading is not None:
            is_inline = bool(folded[heading.end : end].strip(" :*-–—"))
            if heading.part == "place":
                yield Piece(start, end, "place")
                continue
            part = heading.part
            if is_inline and part is not None:
                yield from _sentences(folded, heading.end, end, part)
            continue
        if number == 0 and len(WORD.findall(folded[start:end])) <= _LONGEST_TITLE:
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
