"""The words of a need that are worth searching: as written, without its conditions, refusals and courtesies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from indexing.needs.cue_words import WORD, cue_words
from indexing.needs.polarity import is_sought
from indexing.needs.stances import Stances
from indexing.needs.subject import is_head
from indexing.needs.tokens import CLAUSE, COMMA, SENTENCE, Token
from indexing.skills.lexicon import fold

LONGEST_WORDS: Final = 700  # a few hundred tokens is all that encoders read
_LOOSE_BEFORE_CUT: Final = frozenset(
    ("and", "or", "nor", "but", "in", "with", "who", "near", "of", "article", "for", "residence", "refuse")
)
_LOOSE_AFTER_CUT: Final = frozenset(("and", "or", "nor", "but", "in", "with", "who", "of", "article", "for"))
_JOINTS: Final = frozenset(("and", "or", "nor", "but"))
_SUBSTANCE: Final = frozenset(("word", "skill", "place", "person", "someone", "company", "junior", "senior", "lead"))
_GAPS: Final = {0: " ", COMMA: ", ", CLAUSE: ", ", SENTENCE: ". "}
_ENDS: Final = ",;:-–—(/&[*•·|"
_LEADING: Final = re.compile(r"^(?:[\s,;:)\]&|•·]|[.\-–—/*!?](?=\s))+")  # but not the dot of ".NET"


def search_words(text: str, tokens: Sequence[Token], stances: Stances, *, is_whole: bool) -> str:
    """What is kept of the tokens, those of the whole text or of an advertisement's pieces, as the text has them.

    Loose ends of what was cut go too, and empty titles if other words remain.
    """
    kept = {at for at, token in enumerate(tokens) if at not in stances.dropped and token.stated is None}
    _drop_courtesies(tokens, kept)
    _drop_useless(text, tokens, kept, stances)
    if is_whole and len(kept) == len(tokens):
        return text.strip()
    _trim(tokens, kept)
    _drop_empty_people(tokens, kept)
    if not any(tokens[at].kind in _SUBSTANCE for at in kept):
        return ""
    return _joined(text, tokens, kept, is_whole=is_whole)


def _drop_courtesies(tokens: Sequence[Token], kept: set[int]) -> None:
    """Drop greetings, and "I am looking for someone who" where a clause opens with it."""
    is_opening = True
    start = 0
    for at, token in enumerate(tokens):
        start = at if token.breaks >= COMMA else start
        is_opening = is_opening or token.breaks >= COMMA or at == 0
        if token.kind in ("courtesy", "contract", "like"):
            kept.discard(at)
        elif token.kind in ("seek", "weak_seek") and (is_opening or " " in token.key):
            kept.discard(at)
            is_opening = True
            if any(one.kind == "company" for one in tokens[start:at]) and not any(
                one.skill for one in tokens[start:at]
            ):
                kept.difference_update(range(start, at))  # "a startup in Lyon looking for": who searches
        elif is_opening and token.kind in ("someone", "who") and at in kept:
            kept.discard(at)
        elif is_opening and not (token.kind == "article" or at not in kept):
            is_opening = False


def _drop_useless(text: str, tokens: Sequence[Token], kept: set[int], stances: Stances) -> None:
    """Drop the clauses about the contract alone: "CDI", "salary 60k"."""
    useless = cue_words().sets["ignored"]
    starts = [at for at, token in enumerate(tokens) if at == 0 or token.breaks >= COMMA]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        clause = range(start, end)
        if any(tokens[at].key in useless for at in clause) and all(
            at not in kept or tokens[at].key in useless or _says_nothing(tokens[at]) for at in clause
        ):
            kept.difference_update(clause)
            stances.ignored.append(text[tokens[start].start : tokens[end - 1].end])


def _says_nothing(token: Token) -> bool:
    return token.key[:1].isdigit() or token.kind in ("for", "article")


def _trim(tokens: Sequence[Token], kept: set[int]) -> None:
    """Drop what hangs loose beside a cut, and what joined two parts of which one is gone."""
    for at in range(1, len(tokens)):
        loose = _JOINTS if tokens[at].breaks else _LOOSE_AFTER_CUT
        if at in kept and tokens[at].kind in loose and at - 1 not in kept and not _is_idiom(tokens, at, kept):
            kept.discard(at)
    for at in reversed(range(len(tokens) - 1)):
        loose = _JOINTS if tokens[at + 1].breaks else _LOOSE_BEFORE_CUT
        if at in kept and tokens[at].kind in loose and at + 1 not in kept:
            kept.discard(at)


def _is_idiom(tokens: Sequence[Token], at: int, kept: set[int]) -> bool:
    """ "Someone at home with maps" keeps its "at"; "ideally in Rust" needs no "in"."""
    return tokens[at].kind == "in" and at + 1 in kept and tokens[at + 1].kind not in ("skill", "article", "in")


def _drop_empty_people(tokens: Sequence[Token], kept: set[int]) -> None:
    """Drop "developer" and "someone" where nothing but skills stands beside them, if anything else remains."""
    empty = {at for at in kept if is_head(tokens[at]) and not _has_subject(tokens, at, kept) and is_sought(tokens, at)}
    if empty and any(tokens[at].kind in _SUBSTANCE for at in kept - empty):
        kept -= empty
        kept -= {at - 2 for at in empty if at > 1 and tokens[at - 2].kind == "article" and not tokens[at - 1].breaks}
        _trim(tokens, kept)


def _has_subject(tokens: Sequence[Token], at: int, kept: set[int]) -> bool:
    """Whether the title says what the work is: "audio programmer", "développeur de moteurs"."""
    if tokens[at].kind == "someone" or tokens[at].skill is not None:
        return tokens[at].skill is not None  # "data scientist"
    beside = (
        at - 1 if not tokens[at].breaks else -1,
        at + 1 if at + 1 < len(tokens) and not tokens[at + 1].breaks else -1,
    )
    if tokens[at].in_role and any(
        other >= 0 and tokens[other].in_role and not is_head(tokens[other]) for other in beside
    ):
        return True
    for other, kinds in zip(beside, (("word",), ("word", "of", "for")), strict=True):
        if other < 0 or other not in kept:
            continue
        skill = tokens[other].skill
        if tokens[other].kind in kinds or (skill is not None and skill.kind in ("domain", "method")):
            return True
    return False


def _joined(text: str, tokens: Sequence[Token], kept: set[int], *, is_whole: bool) -> str:
    """The kept tokens with the gaps of the text; where something was cut, only its punctuation."""
    parts: list[str] = []
    last, strongest, is_cut = -1, 0, not is_whole
    for at, token in enumerate(tokens):
        strongest = max(strongest, token.breaks)
        if at not in kept:
            is_cut = True
            continue
        if parts:
            between = text[tokens[last].end : token.start]
            if between.startswith(")") and (last < at - 1 or "\n" in between):
                parts.append(")")
                between = between[1:]
            if last == at - 1 and token.gap.endswith(fold(between)):
                parts.append(between if "\n" not in between else _across_lines(between))
            else:
                parts.append(_GAPS[strongest])
        elif not is_cut:
            parts.append(text[: token.start])
        parts.append(text[token.start : token.end])
        last, strongest, is_cut = at, 0, False
    if last == len(tokens) - 1 and WORD.search(text, tokens[last].end) is None:
        parts.append(text[tokens[last].end :])
    words = "".join(parts).strip().rstrip(_ENDS).rstrip()
    if words.endswith(")") and words.count("(") < words.count(")"):
        words = words[:-1].rstrip()
    if words.count("(") > words.count(")"):
        words += ")"
    return _LEADING.sub("", words)


def _across_lines(gap: str) -> str:
    """One space or full stop for a line break with its bullet."""
    mark = gap.strip()[:1]
    return f"{mark} " if mark and mark in ".,;:!?" else ". "


def shortened(words: str) -> str:
    """The beginning of long words, cut after a sentence or an entry if one ends in its second half."""
    if len(words) <= LONGEST_WORDS:
        return words
    head = words[:LONGEST_WORDS]
    end = max(head.rfind(mark) for mark in (". ", "; ", "! ", "? "))
    if end < LONGEST_WORDS // 2:
        end = head.rfind(" ")
    return head[:end].rstrip(" ,;:-") if end > 0 else head
