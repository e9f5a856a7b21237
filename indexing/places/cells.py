"""A messy location cell to the one reading it supports: its segments are read apart and must agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from indexing.places.gazetteer import cautious_words, gazetteer
from indexing.places.readings import (
    COUNTRY,
    NO_CITY,
    Reading,
    code_readings,
    combine,
    country_reading,
    prevailing,
    readings_of,
    shared,
)
from indexing.places.spelling import fold

# GitHub's own limit is 255; what comes after belongs to no location.
_LONGEST_CELL = 255
# Below this a lone word is too weak a sign of a town: half the dictionary is a hamlet somewhere.
_SMALLEST_TOWN = 15_000
_SMALLEST_OTHER_SPELLING = 100_000
# A town found inside a phrase ("Working from Lisbon") must be one that people name without explaining it.
_SMALLEST_IN_PHRASE = 50_000
_LONGEST_NAME = 5
_MOST_LEFT_OVER = 3

_REMOTE = re.compile(
    r"\b(?:(?:fully |full |100% ?)?remote(?:ly)?(?: only| first| ok)?|t[ée]l[ée]travail|[àa] distance|distributed|wfh|"
    r"work from home|digital nomad|nomade(?: num[ée]rique)?|anywhere|worldwide)\b",
    re.IGNORECASE,
)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_REGIONAL_A = 0x1F1E6
# "Nantes → Berlin", "from Kenya, now in Toronto": people move towards what comes last.
_MOVED = re.compile(
    r"\s*(?:→|➡️?|⇒|⟶|(?<!<)[-=]+>|\b(?:now|currently|actuellement|maintenant|living|based)\s+(?:in|at|[àa]|en)\b)\s*",
    re.IGNORECASE,
)
_EDGES = re.compile(r"[,;|/\\()\[\]\n•·+、，:!]|\s[-–—~]+\s|[⇄↔⟷]|<-+>|(?<=\w{4})\.\s")
_SIDE_BY_SIDE = re.compile(r"[/|;+&]|\s(?:and|et|und|or|ou|oder)\s")
_LISTS = re.compile(r"\s+(?:and|et|und|y|e|or|ou|oder|o|vs)\s+|\s*&\s*")
_PADDING = frozenset(
    "greater metro metropolitan area region near around in at from the city of downtown central inner suburbs outside "
    "currently based living located somewhere anywhere mostly usually ville de la le les l d pres autour dans en a au "
    "aux du des quelque part vers base basee sur et and cedex working travail agglo agglomeration county province "
    "state prefecture districts district capital beautiful sunny rainy lovely cold hot hello born raised originally "
    "i m am live lives je suis habite vis home work works bei nahe raum aus".split()
)
_ORDINAL = re.compile(r"\d+\w{0,4}|[xiv]+e|e")
_CODE = re.compile(r"\b[A-Z]{2,3}\b")
_LONGEST_SPACELESS = 7
_ACCENTED = re.compile("[\u00c0-\u024f]")
# Whose states people write alone as two letters: "DE" may be Delaware, but nobody means Fribourg by "FR".
_STATES_ALONE = frozenset({"US", "CA", "AU"})
_SPACELESS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class CellReading(NamedTuple):
    """What a cell says: at most one place, and whether its owner works remotely."""

    place: Reading | None
    is_remote: bool


class _Segment(NamedTuple):
    """One part of a cell with its meanings; a doubtful one counts only if the others confirm it."""

    readings: Sequence[Reading]
    is_doubtful: bool


def read_cell(raw: str) -> CellReading:
    """The place a location cell names, None when it names none, several, or one that could be anywhere."""
    text = raw[:_LONGEST_CELL]
    is_remote = _REMOTE.search(text) is not None
    if is_remote:
        text = _REMOTE.sub(" , ", text)
    moved = [part for part in _MOVED.split(text) if part.strip()]
    latest = _read(moved[-1]) if len(moved) > 1 else None
    return CellReading(latest or _read(text), is_remote)


def _read(text: str) -> Reading | None:
    segments = list(_segments(text))
    if not segments:
        return None
    agreed = _agreed(segments)
    if agreed:
        return prevailing(agreed)
    groups = [list(_segments(group, is_all=False)) for group in _SIDE_BY_SIDE.split(text)]
    if len(groups) == 1:
        groups = [[segment] for segment in segments if not segment.is_doubtful]
    each = [prevailing(_agreed(group)) for group in groups if group]
    known = [reading for reading in each if reading is not None]
    return shared(known) if known and len(known) == len(each) else None


def _agreed(segments: list[_Segment]) -> list[Reading]:
    """The readings all segments allow, or all sure ones when the doubtful ones contradict them."""
    agreed = combine([segment.readings for segment in segments])
    sure = [segment.readings for segment in segments if not segment.is_doubtful]
    if agreed and (sure or agreed[0].levels.bit_count() > 1):
        return agreed
    return combine(sure) if sure and len(sure) < len(segments) else []


def _segments(text: str, *, is_all: bool = True) -> Iterator[_Segment]:
    """The parts of a cell that may name a place, in order; what names none is left out."""
    flags = [_flag_code(flag) for flag in _FLAG.findall(text)]
    yield from (_Segment([country_reading(code)], False) for code in flags if code)
    if flags:
        text = _FLAG.sub(" , ", text)
    whole = _name(text, fold(text), is_alone=is_all, is_first=True)
    if whole is not None:
        yield whole
        return
    for number, part in enumerate(part for part in _EDGES.split(text) if part.strip()):
        segment = _name(part, fold(part), is_alone=False, is_first=number == 0) if part != text else None
        if segment is not None:
            yield segment
            continue
        pieces = _LISTS.split(part)
        for piece in pieces:
            segment = _name(piece, fold(piece), is_alone=False, is_first=True) if len(pieces) > 1 else None
            yield from [segment] if segment is not None else _phrase(piece)


def _flag_code(flag: str) -> str | None:
    letters = "".join(chr(ord(letter) - _REGIONAL_A + ord("a")) for letter in flag)
    return gazetteer().country_codes.get(letters)


def _name(part: str, key: str, *, is_alone: bool, is_first: bool) -> _Segment | None:
    """A part that is, as a whole, a name or a code."""
    cautious, readings = cautious_words(), list(readings_of(key))
    is_code = False
    if len(key) <= 3 and (part.strip().isupper() or not is_first):
        codes = code_readings(key)
        if is_alone:
            codes = [code for code in codes if code.levels == COUNTRY or code.country in _STATES_ALONE]
        is_code = bool(codes) and not part.strip().isupper()
        readings = [*readings, *codes]
    if not readings:
        return None
    if not part.isascii():
        readings = [_as_typed(reading, part) for reading in readings]
    is_doubtful = (
        is_code
        or (len(key) == 2 and key.isascii() and not part.strip().isupper())
        or key in cautious.jokes
        or (not is_alone and _means_more(key))
        or not any(_is_known(reading, key) for reading in readings)
    )
    return _Segment(readings, is_doubtful)


def _means_more(key: str) -> bool:
    cautious = cautious_words()
    return key in cautious.words or key in cautious.technologies


def _as_typed(reading: Reading, part: str) -> Reading:
    """A reading that loses weight when its name lacks accents somebody took the trouble to type: "San José"."""
    if reading.city == NO_CITY or not reading.is_own or not _ACCENTED.search(part):
        return reading
    return reading._replace(weight=reading.weight * 0.1) if gazetteer().city_names[reading.city].isascii() else reading


def _is_known(reading: Reading, key: str) -> bool:
    """True unless the reading is a small town that a single word hardly points to."""
    if reading.city == NO_CITY or (reading.is_own and " " in key):
        return True
    floor = _SMALLEST_TOWN if reading.is_own else _SMALLEST_OTHER_SPELLING
    return gazetteer().populations[reading.city] >= floor


def _phrase(piece: str) -> Iterator[_Segment]:
    """The names inside a longer text: all of it, or well-known places among few other words."""
    key, jokes = fold(piece), cautious_words().jokes
    if _SPACELESS.search(piece):
        yield from _spaceless(key)
        return
    words = [word for word in key.split(" ") if not _ORDINAL.fullmatch(word)]
    while words and words[0] in _PADDING:
        del words[0]
    while words and words[-1] in _PADDING:
        del words[-1]
    # In "LYON FRANCE" capitals say nothing: there only the last word may be a code.
    codes = set(words[-1:]) if piece.isupper() else {code.casefold() for code in _CODE.findall(piece)}
    found: list[tuple[str, Sequence[Reading]]] = []
    left_over, at = 0, 0
    while at < len(words):
        name, readings = _longest_name(words, at)
        if not readings and words[at] in codes:
            codes_read = [code for code in code_readings(name) if len(name) == 2 or code.levels != COUNTRY]
            readings = [*readings_of(name), *codes_read]
        if readings and not (len(found) + left_over and name in jokes):
            found.append((name, readings))
        elif name not in _PADDING:
            left_over += 1
        at += name.count(" ") + 1
    if left_over > _MOST_LEFT_OVER:
        return
    for name, readings in found:
        if left_over and not _is_famous(name, readings):
            continue
        is_known = any(_is_known(reading, name) for reading in readings)
        is_cautious = name in jokes or (len(found) > 1 and _means_more(name))
        yield _Segment(readings, is_cautious or not is_known)


def _longest_name(words: list[str], at: int) -> tuple[str, Sequence[Reading]]:
    for end in range(min(len(words), at + _LONGEST_NAME), at, -1):
        name = " ".join(words[at:end])
        readings = readings_of(name) if len(name) > 2 else ()
        if readings:
            return name, readings
    return words[at], ()


def _is_famous(name: str, readings: Sequence[Reading]) -> bool:
    """True for a name that is read as a place though other words stand beside it."""
    if len(name) < 4 or name in cautious_words().jokes or _means_more(name):
        return False
    return any(
        reading.city == NO_CITY or (reading.is_own and gazetteer().populations[reading.city] >= _SMALLEST_IN_PHRASE)
        for reading in readings
    )


def _spaceless(key: str) -> Iterator[_Segment]:
    """The names in a text of a script that puts no spaces between words, the longest first."""
    text = key.replace(" ", "")
    at = 0
    while at < len(text):
        for end in range(min(len(text), at + _LONGEST_SPACELESS), at + 1, -1):
            readings = readings_of(text[at:end])
            if readings:
                yield _Segment(readings, False)
                at = end
                break
        else:
            at += 1
