"""Where the forms of a vocabulary stand in a text: one pass over its words, longest form first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Reading = Literal["sure", "cased", "weak", "strict"]

_SPECIAL: Final = {"œ": "o", "Œ": "o", "æ": "a", "Æ": "a", "ß": "s", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d"}
_PLAIN: Final = {"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "\u00a0": " ", "\u202f": " "}
_MARKS: Final = "\u0300-\u036f"
_MARK: Final = re.compile("[\u0300-\u034e\u0350-\u036f]+")  # U+034F joins graphemes and is no mark
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")
# c++, c#, f#, q#, .net where no word ends before it, and words. What may come first stands first, and so do the plain
# characters of each alternative: looking behind is what takes time.
_WORD: Final = re.compile(
    r"[a-z0-9.](?:\+\+(?<=c\+\+)|#(?<=[cfq]#)|net(?<=\.net)(?<![a-z0-9]\.net)(?![a-z0-9])"
    rf"|(?<!\.)[a-z0-9]*(?:[{_MARKS}]+[a-z0-9]*)*)",
)
_GAP: Final = re.compile(r"\s{0,3}|[-_./'&+]| & ")
INCLUSIVE_GAP: Final = re.compile(r"\s{0,3}|[-_./'&·•(]|\) ?")  # développeur·se, ingénieur(e) données
_HUMPS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_INNER_HUMP: Final = re.compile(r"[A-Z](?<=[a-z][A-Z])")
_SHORTEST_HUMP: Final = 4  # "GitHub" is not about Git, "RustDesk" hardly about Rust
_SHORTEST_NUMBERED: Final = 3  # "java17" is Java, "r2" is not R


def _fold_table() -> dict[int, str]:
    """One plain character for each accented Latin letter, so that folding keeps every position."""
    table = {ord(char): plain for char, plain in (_SPECIAL | _PLAIN).items()}
    for code in (*range(0x00C0, 0x0250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFKD", chr(code))[0]
        if base.isascii() and base.isalpha():
            table.setdefault(code, base.lower())
    return table


_FOLDED: Final = _fold_table()


def fold(text: str) -> str:
    """The text in lower case without accents, of the same length: position i is still position i."""
    if not text.isascii():
        # Each accented letter at once: translating character by character takes three times as long.
        for char in set(_BEYOND_ASCII.findall(text)):
            plain = _FOLDED.get(ord(char))
            if plain is not None:
                text = text.replace(char, plain)
    return text.lower()


def words_of(text: str) -> list[str]:
    """The folded words of a text, as forms are compared."""
    return _bare(_WORD.findall(fold(text)))


def _bare(words: list[str]) -> list[str]:
    """The words without marks that stand apart from their letters."""
    joined = "\n".join(words)
    return words if joined.isascii() else _MARK.sub("", joined).split("\n")


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write something: `owner` is what it names, `reading` how far it may be trusted alone."""

    owner: int
    text: str
    reading: Reading = "sure"


class Words:
    """A text cut into folded words with their places in it.

    The places are found when the first one is asked for: most texts name nothing, and are read for nothing else.
    """

    __slots__ = ("_spans", "folded", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self.words: Sequence[str] = _bare(_WORD.findall(self.folded))
        self._spans: Sequence[tuple[int, int]] | None = None

    @property
    def spans(self) -> Sequence[tuple[int, int]]:
        """Where each word starts and ends."""
        if self._spans is None:
            self._spans = [match.span() for match in _WORD.finditer(self.folded)]
        return self._spans


@dataclass(frozen=True, slots=True)
class Candidate:
    """A form met in a text: words `first` to `last`, not yet judged when its reading is not sure."""

    owner: int
    reading: Reading
    first: int
    last: int
    start: int
    end: int
    is_exact: bool  # written with the very letters of the form


_End = tuple[int, Reading, frozenset[str]]


class _Node:
    """A place in the trie of words: what may follow, and what ends here."""

    __slots__ = ("end", "following")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.end: _End | None = None


class Lexicon:
    """A trie of forms by words; `scan` is linear in the text whatever the number of forms."""

    def __init__(self, forms: Iterable[Form], gap: re.Pattern[str] = _GAP) -> None:
        self._gap = gap
        self._root = _Node()
        self._labels: dict[str, int] = {}
        for form in forms:
            words = words_of(form.text)
            self._add(words, form)
            if len(words) > 1:
                self._add(["".join(words)], form)

    def _add(self, words: Sequence[str], form: Form) -> None:
        node = self._root
        for word in words:
            node = node.following.setdefault(word, _Node())
        spellings = frozenset((form.text,))
        if node.end is not None and node.end[0] == form.owner:
            spellings |= node.end[2]
        if node.end is None or node.end[0] == form.owner:
            node.end = (form.owner, form.reading, spellings)
            self._labels.setdefault(" ".join(words), form.owner)

    def owner_of(self, label: str) -> int | None:
        """Who a whole label names ("k8s", "machine-learning", "Python 3"), ambiguous forms included."""
        words = words_of(label)
        key = " ".join(words)
        if len(key) == 1 and label.strip().lower() != key:
            return None  # "C*" and "R/" are not C and R
        if key in self._labels:
            return self._labels[key]
        while words and words[-1].isdigit():
            words.pop()  # "Qt 6", "Python 3.11"
        key = " ".join(words)
        stem = key.rstrip("0123456789")
        return self._labels.get(stem if len(stem) >= _SHORTEST_NUMBERED else key)

    def scan(self, text: str) -> tuple[Words, list[Candidate]]:
        """The words of a text and, left to right without overlap, the longest forms among them."""
        cut = Words(text)
        if _INNER_HUMP.search(text) is not None:
            return cut, self._scan_humps(cut)
        starts, words, last = self._root.following, cut.words, len(cut.words) - 1
        found: list[Candidate] = []
        free = 0
        # Only what may be a form is looked at: most words start none, and most that could are followed by others.
        for position in [at for at, word in enumerate(words) if word in starts or word[-1] <= "9"]:
            if position < free:
                continue
            node = starts.get(words[position])
            if (
                node is None
                or node.end is not None
                or words[position][-1] <= "9"
                or (position < last and words[position + 1] in node.following)
            ):
                candidate = self._at(cut, position)
                if candidate is not None:
                    found.append(candidate)
                    free = candidate.last + 1
        return cut, found

    def _scan_humps(self, cut: Words) -> list[Candidate]:
        """The same for a text with identifiers in it, which is read word by word."""
        found: list[Candidate] = []
        position, count = 0, len(cut.words)
        while position < count:
            candidate = self._at(cut, position)
            if candidate is not None:
                found.append(candidate)
                position = candidate.last + 1
                continue
            found.extend(self._inside(cut, position))
            position += 1
        return found

    def _at(self, cut: Words, position: int) -> Candidate | None:
        """The longest form that starts with this word."""
        word = cut.words[position]
        node = self._root.following.get(word)
        candidate = self._longest(node, cut, position) if node is not None else None
        return self._numbered(cut, position) if candidate is None and word[-1].isdigit() else candidate

    def _longest(self, node: _Node, cut: Words, first: int) -> Candidate | None:
        words, count = cut.words, len(cut.words)
        best: _End | None = None
        best_last = last = first
        while True:
            if node.end is not None:
                best, best_last = node.end, last
            following = node.following.get(words[last + 1]) if last + 1 < count else None
            if following is None or not self._gap.fullmatch(cut.folded, cut.spans[last][1], cut.spans[last + 1][0]):
                return None if best is None else _candidate(best, cut, first, best_last)
            node, last = following, last + 1

    def _numbered(self, cut: Words, position: int) -> Candidate | None:
        """A form with a version stuck to it: "python3", "java17"."""
        stem = cut.words[position].rstrip("0123456789")
        node = self._root.following.get(stem) if len(stem) >= _SHORTEST_NUMBERED else None
        if node is None or node.end is None or node.end[1] in {"weak", "strict"}:
            return None
        start, end = cut.spans[position]
        return Candidate(node.end[0], "sure", position, position, start, end, True)

    def _inside(self, cut: Words, position: int) -> list[Candidate]:
        """The sure forms inside an identifier written with humps: "myKubernetesOperator"."""
        offset, stop = cut.spans[position]
        word = cut.text[offset:stop]
        if not _INNER_HUMP.search(word):
            return []
        inner = [match for match in _HUMPS.finditer(word) if len(match.group()) >= _SHORTEST_HUMP]
        found = []
        for match in inner:
            node = self._root.following.get(match.group().lower())
            if node is not None and node.end is not None and node.end[1] == "sure":
                start, end = offset + match.start(), offset + match.end()
                found.append(Candidate(node.end[0], "sure", position, position, start, end, True))
        return found


def _candidate(end: _End, cut: Words, first: int, last: int) -> Candidate:
    owner, reading, spellings = end
    start, stop = cut.spans[first][0], cut.spans[last][1]
    is_exact = reading == "sure" or cut.text[start:stop] in spellings
    return Candidate(owner, reading, first, last, start, stop, is_exact)
