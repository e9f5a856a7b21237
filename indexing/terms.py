"""Words as the sparse leg sees them: folded, split, stemmed, hashed to 32-bit term ids, and weighed by BM25."""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import filterfalse
from typing import NamedTuple

import Stemmer
import xxhash

from indexing.index import SparseVector
from indexing.profiles import Work
from indexing.releases import Bm25Statistics, FieldWeights, RankingConstants
from indexing.skills import Catalogue
from indexing.templates import USUAL_TEMPLATE

# A word, or a name such as c++, c#, f#: the marks belong to it.
_PART = re.compile(r"[^\W_]+(?:\+\+|#)?")
# An identifier is one word first of all: `scikit-learn`, `node.js`, `tide_tables`.
_WORD = re.compile(rf"{_PART.pattern}(?:[-_.]{_PART.pattern})*")
# The same before folding, where an accent may be a character of its own.
_WRITTEN_PART = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*(?:\+\+|#)?")
_WRITTEN = re.compile(rf"{_WRITTEN_PART.pattern}(?:[-_.]{_WRITTEN_PART.pattern})*")
_JOINT = re.compile(r"\w[-_.]\w|_")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What a part of an identifier counts: "learn" should find `scikit-learn`, but less than somebody who wrote it. Counting
# parts whole cost .005 nDCG@10 on experts dev and brought nothing on the sample (docs/decisions/0008).
PART_WEIGHT = 0.25
# Words that carry no need in either language; "c", "r" and "go" are not here on purpose.
ENGLISH_STOP_WORDS = frozenset(
    """a an and are as at be but by can do for from has have how i if in into is it its my no not of on or our so that
    the their them then there these they this to up us was we what when which who will with you your""".split()
)
FRENCH_STOP_WORDS = frozenset(
    """au aux avec ce ces cet cette dans de des du elle elles en est et être eu il ils je la le les leur leurs lui
    mais me même mes moi mon ne nos notre nous on ou où par pas pour qu que qui sa se ses si son sont sur ta te tes toi
    ton tu un une vos votre vous à été plus""".split()
)
MAX_TERMS = 2_000  # of one text: a longer one is a dump, and BM25's length norm has long silenced it


def fold(text: str) -> str:
    """Lower case without accents, so that `systèmes` and `SYSTEMES` are one word."""
    lowered = text.casefold()
    if lowered.isascii():
        return lowered
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", lowered)))


_FOLDED_STOP_WORDS = frozenset(fold(word) for word in ENGLISH_STOP_WORDS | FRENCH_STOP_WORDS)


@lru_cache(maxsize=200_000)
def stem_of(word: str) -> tuple[str, int | None]:
    """The stem of one folded word and its term id; None for a stop word."""
    # A stemmer of its own for each call would cost more than the stemming; lru_cache makes misses rare.
    stem: str = Stemmer.Stemmer("english").stemWord(word)
    if word in _FOLDED_STOP_WORDS:
        return stem, None
    return stem, xxhash.xxh32_intdigest(stem.encode(errors="replace"))


def words_of(text: str) -> Sequence[str]:
    """Folded words in order; `camelCase` and `kebab-case` give themselves and then their parts."""
    return [word for word, _ in _weighed_words(text, has_humps=_has_humps(text))]


def _has_humps(text: str) -> bool:
    rest = text[1:]  # a sentence begins with a capital; most have no other, and to see that takes no looking around
    return rest != rest.lower() and _CAMEL.search(text) is not None


def _weighed_words(text: str, *, has_humps: bool) -> Iterator[tuple[str, float]]:
    for word in _WORD.findall(text if has_humps else fold(text)):
        yield fold(word), 1.0
        parts = _PART.findall(word)
        if has_humps:
            parts = [piece for part in parts for piece in _CAMEL.split(part)]
        if len(parts) > 1:
            for part in parts:
                yield fold(part), PART_WEIGHT


def term_ids(text: str) -> list[int]:
    """Term ids in order, stop words left out, cut after MAX_TERMS."""
    if _CAMEL.search(text) is None and _JOINT.search(text) is None:  # most texts; evidence reads a hundred a search
        found = [term for _, term in map(stem_of, _PART.findall(fold(text))) if term is not None]
        return found[:MAX_TERMS]
    return [term for term, _ in _weighed_terms([(text, 1.0)])]


class WrittenWord(NamedTuple):
    """A word as it stands in a text with its term, None for a stop word; an identifier has its parts beside it."""

    text: str
    term: int | None
    parts: tuple[WrittenWord, ...] = ()


def written_words(text: str) -> list[WrittenWord]:
    """The words of a text in order, as they are written, with the terms that `term_ids` gives them."""
    has_humps = _has_humps(text)
    if not has_humps and _JOINT.search(text) is None:  # most quotes, in a third of the time
        plain, folded = _PART.findall(text), _PART.findall(fold(text))
        if len(plain) == len(folded):  # else an accent of its own stands inside a word
            return [WrittenWord(word, stem_of(other)[1]) for word, other in zip(plain, folded, strict=True)]
    words = []
    for word in _WRITTEN.findall(text):
        parts = _WRITTEN_PART.findall(word)
        if has_humps:
            parts = [piece for part in parts for piece in _CAMEL.split(part)]
        inner = tuple(WrittenWord(part, stem_of(fold(part))[1]) for part in parts) if len(parts) > 1 else ()
        words.append(WrittenWord(word, stem_of(fold(word))[1], inner))
    return words


WeighedTexts = Sequence[tuple[str, float]]  # parts of one text, and what a word of each counts


def _weighed_terms(parts: WeighedTexts) -> Iterator[tuple[int, float]]:
    count = 0
    has_humps = any(_has_humps(text) for text, _ in parts)  # a text is read in one way from beginning to end
    for text, counts in parts:
        for word, weight in _weighed_words(text, has_humps=has_humps):
            _, term = stem_of(word)
            if term is not None and count < MAX_TERMS:
                count += 1
                yield term, weight * counts


def count_terms(text: str) -> dict[int, float]:
    """How often each term is said, a part of an identifier as PART_WEIGHT; in ascending order of the ids."""
    return _count([(text, 1.0)])


def _count(parts: WeighedTexts) -> dict[int, float]:
    counts: dict[int, float] = {}
    for term, weight in _weighed_terms(parts):
        counts[term] = counts.get(term, 0.0) + weight
    return dict(sorted(counts.items()))


@dataclass(frozen=True, slots=True)
class PassageTerms:
    """The distinct term ids of one passage in ascending order, how often each is said, and the skills it names."""

    words: array[int]
    counts: array[float]
    skills: array[int]

    @property
    def length(self) -> float:
        """How many words the passage has."""
        return sum(self.counts)


def skill_term(name: str) -> int:
    """The term id of a catalogue skill, whatever it was called in the text: one for "k8s" and "Kubernetes"."""
    return xxhash.xxh32_intdigest(f"skill:{name}".encode())


def passage_terms(text: str, catalogue: Catalogue) -> PassageTerms:
    """What the sparse leg knows of a text."""
    return weighed_terms([(text, 1.0)], catalogue)


def work_terms(work: Work, catalogue: Catalogue, weights: FieldWeights) -> PassageTerms:
    """What the sparse leg knows of a work: its usual words, each as often as its field counts (BM25F's way).

    The passage's length grows and shrinks with them. A field of weight 0 says nothing, also no skills.
    """
    pieces = [(piece.of(work), float(getattr(weights, piece.field))) for piece in USUAL_TEMPLATE.pieces]
    return weighed_terms([(text, weight) for text, weight in pieces if text and weight], catalogue)


def weighed_terms(parts: WeighedTexts, catalogue: Catalogue) -> PassageTerms:
    """What the sparse leg knows of a text in parts that do not count the same."""
    text = " ".join(part for part, _ in parts)
    skills = sorted({skill_term(mention.skill.name) for mention in catalogue.find(text)})
    counts = _count(parts)
    return PassageTerms(array("L", counts), array("f", counts.values()), array("L", skills))


def collect_statistics(people: Iterable[Sequence[PassageTerms]]) -> Bm25Statistics:
    """In how many people's passages each term is, and the average length of passages that have words.

    People are counted, not passages: a term that one person repeats in sixty repositories still tells them apart.
    """
    frequencies: Counter[int] = Counter()
    count = passages = 0
    total = 0.0
    for own in people:
        said: set[int] = set()
        for terms in own:
            passages += bool(terms.words)
            total += terms.length
            said.update(terms.words, terms.skills)
        count += bool(said)
        frequencies.update(said)
    # Terms of one person only are left out: their weight follows from their absence, and they are half the table.
    kept = {term: seen for term, seen in sorted(frequencies.items()) if seen > 1}
    return Bm25Statistics(count, total / passages if passages else 1.0, kept)


def passage_vector(terms: PassageTerms, statistics: Bm25Statistics, constants: RankingConstants) -> SparseVector:
    """BM25's document side: term frequency, saturated, against the passage's length; skills count once."""
    relative = terms.length / statistics.average_length
    norm = constants.bm25_k1 * (1 - constants.bm25_b + constants.bm25_b * relative)
    said = zip(terms.words, terms.counts, strict=True)
    weights = {term: n * (constants.bm25_k1 + 1) / (n + norm) for term, n in said}
    weights.update(dict.fromkeys(terms.skills, 1.0))
    return SparseVector(tuple(sorted(weights)), tuple(weights[term] for term in sorted(weights)))


def query_vector(
    text: str, skills: Iterable[str], statistics: Bm25Statistics, constants: RankingConstants
) -> SparseVector:
    """BM25's query side: how rare each term is, as often as it is said, and the skills named in it."""
    weights = {
        term: said * inverse_document_frequency(term, statistics, constants) for term, said in count_terms(text).items()
    }
    for term in map(skill_term, skills):
        weights[term] = constants.skill_weight * inverse_document_frequency(term, statistics, constants)
    return SparseVector(tuple(sorted(weights)), tuple(weights[term] for term in sorted(weights)))


def inverse_document_frequency(term: int, statistics: Bm25Statistics, constants: RankingConstants) -> float:
    """How much a term tells; never negative. The power above 1 lets the rare words of a long need decide."""
    seen = statistics.document_frequencies.get(term, 1)
    return float(math.log1p(max(0.0, statistics.people - seen + 0.5) / (seen + 0.5)) ** constants.rarity)
