"""Which words of a quote are those that were searched for, whatever their case, accents or plural."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from indexing.skills import Catalogue
from indexing.terms import WrittenWord, written_words

_REMEMBERED_SKILLS = 1_024
_REMEMBERED_QUOTES = 4_096  # some 7 MB when full; works of many people have the same description

Phrase = tuple[int | None, ...]  # the terms of a name of several words


class SearchedWords:
    """The terms of a need, and the names of the skills that it wants."""

    def __init__(self, terms: Iterable[int], skills: Iterable[str], catalogue: Catalogue) -> None:
        self._terms = set(terms)
        self._as_written: set[str] = set()
        self._phrases: dict[int | None, list[Phrase]] = {}  # by their first word
        for skill in skills:
            terms, as_written, phrases = _names(skill, catalogue)
            self._terms |= terms
            self._as_written |= as_written
            for phrase in phrases:
                self._phrases.setdefault(phrase[0], []).append(phrase)

    def within(self, quote: str) -> tuple[str, ...]:
        """The words of a quote that were searched for, as they stand there, each once, in order."""
        words, texts, terms = _words_of(quote)
        searched, as_written = self._terms, self._as_written
        named = self._named(terms)
        if not named and len(texts) == len(words):  # no identifier, no name of several words: in half of the time
            found = [text for text, term in zip(texts, terms, strict=True) if term in searched or text in as_written]
            return tuple(dict.fromkeys(found))
        found, place = [], 0
        for word in words:
            parts = word.parts or (word,)
            if word.term in searched or word.text in as_written:
                found.append(word.text)
            else:
                found += [
                    part.text
                    for number, part in enumerate(parts, start=place)
                    if number in named or part.term in searched or part.text in as_written
                ]
            place += len(parts)
        return tuple(dict.fromkeys(found))

    def _named(self, terms: Sequence[int | None]) -> frozenset[int]:
        """Where a name of several words stands, all of it."""
        return frozenset(
            place + number
            for place, term in enumerate(terms)
            if term in self._phrases
            for phrase in self._phrases[term]
            if terms[place : place + len(phrase)] == phrase
            for number in range(len(phrase))
        )


@lru_cache(maxsize=_REMEMBERED_QUOTES)
def _words_of(quote: str) -> tuple[Sequence[WrittenWord], Sequence[str], tuple[int | None, ...]]:
    """The words of a quote, and all of their parts: as written, and their terms."""
    words = written_words(quote)
    parts = [part for word in words for part in word.parts or (word,)]
    return words, [part.text for part in parts], tuple(part.term for part in parts)


@lru_cache(maxsize=_REMEMBERED_SKILLS)
def _names(name: str, catalogue: Catalogue) -> tuple[frozenset[int], frozenset[str], frozenset[Phrase]]:
    """What a skill is called: single terms, words that only count as they are written ("Go", "R"), and phrases."""
    skill = catalogue.normalise(name)
    if skill is None:
        return frozenset(), frozenset(), frozenset()
    as_written = frozenset((*skill.cased, *skill.weak, *skill.strict))
    terms: set[int] = set()
    phrases: set[Phrase] = set()
    for form in (skill.name, skill.french, *skill.aliases):
        if form in as_written:
            continue
        words = [part for word in written_words(form) for part in word.parts or (word,)]
        if len(words) > 1:
            phrases.add(tuple(word.term for word in words))
        else:
            terms.update(word.term for word in words if word.term is not None)
    return frozenset(terms), as_written, frozenset(phrases)
