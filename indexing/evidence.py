"""Evidence: every claim about a person stands on that person's own words, quoted to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import fsum

from indexing.candidates import Evidence
from indexing.profiles import Profile, Work, person_url, repository_url
from indexing.releases import Release
from indexing.skills import Catalogue
from indexing.terms import inverse_document_frequency, skill_term, term_ids

# A sentence ends at a mark followed by a space, or at a line's end; `v1.2` and `node.js` are left whole.
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?…](?=\s)|(?=\n)|$)")
REMEMBERED_PIECES = 50_000  # sentences, topics and names; some 20 MB when full
MAX_QUOTE = 280  # characters: what a reader takes in at a glance


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

    def weight(self, piece: str) -> float:
        """How much of the query's words a piece of text holds; in whatever form, each counts once."""
        return fsum(self._words[term] for term in self._words.keys() & _terms_of(piece))

    def skill_weight(self, piece: str) -> float:
        """How much of the query's skills a piece of text names, by whatever name."""
        if not self._skills:
            return 0.0
        return fsum(self._skills[skill] for skill in self._skills.keys() & _skills_of(piece, self._catalogue))


# The same people come back in many answers; reading their sentences again was a third of a search.
@lru_cache(maxsize=REMEMBERED_PIECES)
def _terms_of(piece: str) -> frozenset[int]:
    return frozenset(term_ids(piece))


@lru_cache(maxsize=REMEMBERED_PIECES)
def _skills_of(piece: str, catalogue: Catalogue) -> frozenset[str]:
    return frozenset(mention.skill.name for mention in catalogue.find(piece))


def best_quote(fields: Iterable[tuple[str, str]], words: QueryWords | None) -> Quote | None:
    """The piece that holds most of the query's words, else of its skills; the first field's first sentence at last.

    `fields` come in the order a reader prefers. Skills are looked for only where no word is: it takes as long again.
    """
    pieces = [Quote(name, piece) for name, text in fields for piece in _pieces(text)]
    if not pieces or words is None:
        return pieces[0] if pieces else None
    for weigh in (words.weight, words.skill_weight):
        weights = [weigh(quote.text) for quote in pieces]
        most = max(weights)
        if most > 0:
            return pieces[weights.index(most)]
    return pieces[0]


def _pieces(text: str) -> Iterable[str]:
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        if len(sentence) > MAX_QUOTE:
            cut = sentence.rfind(" ", 0, MAX_QUOTE)
            sentence = sentence[: cut if cut > 0 else MAX_QUOTE]
        if sentence:
            yield sentence


def evidence_of_work(work: Work, words: QueryWords | None, *, score: float) -> Evidence:
    """What one repository shows; the quote comes from its description, topics or name."""
    fields = [("description", work.description), *(("topics", topic) for topic in work.topics), ("name", work.name)]
    quote = best_quote(fields, words) or Quote("name", work.name)
    return Evidence(
        claim=_claim(work),
        repo=work.full_name,
        url=repository_url(work.full_name),
        field=quote.field,
        quote=quote.text,
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
        url=person_url(profile.login),
        field=quote.field,
        quote=quote.text,
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
