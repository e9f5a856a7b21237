"""Evidence: every claim about a person stands on that person's own words, quoted to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import fsum

from indexing.candidates import Evidence
from indexing.highlights import SearchedWords
from indexing.profiles import Profile, Work, person_url, repository_url
from indexing.releases import Release
from indexing.skills import Catalogue
from indexing.terms import inverse_document_frequency, skill_term, term_ids

# A sentence ends at a mark followed by a space, or at a line's end; `v1.2` and `node.js` are left whole.
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?…](?=\s)|(?=\n)|$)")
REMEMBERED_PIECES = 50_000  # whose skills are known; some 20 MB when full
MAX_QUOTE = 280  # characters: what a reader takes in at a glance

Fields = Sequence[tuple[str, str]]  # (name, text)


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim piece of one field."""

    field: str
    text: str


class QueryWords:
    """The words and skills of a query by their rarity, to see which of them a piece of text holds."""

    def __init__(self, query: str, skills: Iterable[str], release: Release, catalogue: Catalogue) -> None:
        def rarity(term: int) -> float:
            return inverse_document_frequency(term, release.bm25, release.ranking)

        self._words = {term: rarity(term) for term in term_ids(query)}
        self._skills = {skill: release.ranking.skill_weight * rarity(skill_term(skill)) for skill in skills}
        self._catalogue = catalogue
        self._searched = SearchedWords(self._words, self._skills, catalogue)

    def weight(self, said: Iterable[int]) -> float:
        """How much of the query's words is among the terms of a piece of text; each counts once."""
        return fsum(self._words[term] for term in self._words.keys() & said)

    def skill_weight(self, piece: str) -> float:
        """How much of the query's skills a piece of text names, by whatever name."""
        if not self._skills:
            return 0.0
        return fsum(self._skills[skill] for skill in self._skills.keys() & _skills_of(piece, self._catalogue))

    def within(self, quote: str) -> tuple[str, ...]:
        """The words of a quote that were searched for, as they stand there."""
        return self._searched.within(quote)


@lru_cache(maxsize=REMEMBERED_PIECES)
def _skills_of(piece: str, catalogue: Catalogue) -> frozenset[str]:
    return frozenset(mention.skill.name for mention in catalogue.find(piece))


def terms_said(fields: Fields) -> list[list[int]]:
    """The terms of every piece that may be quoted, in order."""
    return [sorted(set(term_ids(piece.text))) for piece in _pieces(fields)]


def best_quote(fields: Fields, words: QueryWords | None, said: Sequence[Iterable[int]] | None = None) -> Quote | None:
    """The piece that holds most of the query's words, else of its skills; the first field's first sentence at last.

    `fields` come in the order a reader prefers; `said` are the terms of their pieces, if somebody kept them. Skills are
    looked for only where no word is: it takes as long again.
    """
    if words is not None:
        place = _heaviest(map(words.weight, terms_said(fields) if said is None else said))
        if place is None:
            place = _heaviest(words.skill_weight(piece.text) for piece in _pieces(fields))
        if place is not None:
            return next(islice(_pieces(fields), place, None))
    return next(_pieces(fields), None)


def _heaviest(weights: Iterable[float]) -> int | None:
    """The first place of the largest weight; None when nothing weighs anything."""
    known = list(weights)
    most = max(known, default=0.0)
    return known.index(most) if most > 0 else None


def _pieces(fields: Fields) -> Iterator[Quote]:
    for name, text in fields:
        for match in _SENTENCE.finditer(text):
            sentence = match[0].strip()
            if len(sentence) > MAX_QUOTE:
                cut = sentence.rfind(" ", 0, MAX_QUOTE)
                sentence = sentence[: cut if cut > 0 else MAX_QUOTE]
            if sentence:
                yield Quote(name, sentence)


def fields_of_work(work: Work) -> Fields:
    """What of a repository may be quoted: its description, topics and name."""
    return [("description", work.description), *(("topics", topic) for topic in work.topics), ("name", work.name)]


def evidence_of_work(
    work: Work, words: QueryWords | None, *, score: float, said: Sequence[Iterable[int]] | None = None
) -> Evidence:
    """What one repository shows."""
    quote = best_quote(fields_of_work(work), words, said) or Quote("name", work.name)
    return Evidence(
        claim=_claim(work),
        repo=work.full_name,
        url=repository_url(work),
        field=quote.field,
        quote=quote.text,
        words=words.within(quote.text) if words is not None else (),
        score=score,
        fetched_at=work.fetched_at.isoformat() if work.fetched_at else None,
    )


def evidence_of_person(profile: Profile, words: QueryWords | None, *, score: float) -> Evidence | None:
    """What the person says of themself; None without own words."""
    quote = best_quote([("bio", profile.bio)], words)
    if quote is None:
        return None
    return Evidence(
        claim="Says so in their own profile",
        repo=None,
        url=person_url(profile),
        field=quote.field,
        quote=quote.text,
        words=words.within(quote.text) if words is not None else (),
        score=score,
        fetched_at=profile.fetched_at.isoformat() if profile.fetched_at else None,
    )


def _claim(work: Work) -> str:
    verb = {"owner": "Owns", "maintainer": "Maintains", "member": "Works on"}.get(work.role, "Contributed to")
    details = [work.language or ""]
    if work.stars:
        details.append(f"{work.stars} stars")
    if work.commits:
        details.append(f"{work.commits} commits")
    known = ", ".join(detail for detail in details if detail)
    return f"{verb} {work.name}" + (f" ({known})" if known else "")
