"""Words as the sparse leg sees them: folded, split, stemmed, hashed to 32-bit term ids, and weighed by BM25."""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import Stemmer
import xxhash

from indexing.index import SparseVector
from indexing.releases import Bm25Statistics, RankingConstants
from indexing.skills import Catalogue

# A word, or a name such as c++, c#, f#: the marks belong to it.
_WORD = re.compile(r"[^\W_]+(?:\+\+|#)?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Words that carry no need in either language; "c", "r" and "go" are not here on purpose.
STOP_WORDS = frozenset(
    """a an and are as at be but by can do for from has have how i if in into is it its my no not of on or our so that
    the their them then there these they this to up us was we what when which who will with you your
    au aux avec ce ces cet cette dans de des du elle elles en est et être eu il ils je la le les leur leurs lui mais me
    même mes moi mon ne nos notre nous on ou où par pas pour qu que qui sa se ses si son sont sur ta te tes toi ton tu
    un une vos votre vous à été plus""".split()
)
MAX_TERMS = 2_000  # of one text: a longer one is a dump, and BM25's length norm has long silenced it


def fold(text: str) -> str:
    """Lower case without accents, so that `systèmes` and `SYSTEMES` are one word."""
    lowered = text.casefold()
    if lowered.isascii():
        return lowered
    return "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))


_FOLDED_STOP_WORDS = frozenset(fold(word) for word in STOP_WORDS)


@lru_cache(maxsize=200_000)
def stem_of(word: str) -> tuple[str, int | None]:
    """The stem of one folded word and its term id; None for a stop word."""
    # A stemmer of its own for each call would cost more than the stemming; lru_cache makes misses rare.
    stem: str = Stemmer.Stemmer("english").stemWord(word)
    if word in _FOLDED_STOP_WORDS:
        return stem, None
    return stem, xxhash.xxh32_intdigest(stem.encode(errors="replace"))


def words_of(text: str) -> Sequence[str]:
    """Folded words in order; `camelCase` gives itself and its parts."""
    if _CAMEL.search(text) is None:
        return _WORD.findall(fold(text))
    words = []
    for word in _WORD.findall(text):
        words.append(fold(word))
        parts = _CAMEL.split(word)
        if len(parts) > 1:
            words.extend(map(fold, parts))
    return words


def term_ids(text: str) -> list[int]:
    """Term ids in order, stop words left out, cut after MAX_TERMS."""
    ids: list[int] = []
    for word in words_of(text):
        _, term = stem_of(word)
        if term is not None:
            ids.append(term)
            if len(ids) == MAX_TERMS:
                break
    return ids


@dataclass(frozen=True, slots=True)
class PassageTerms:
    """Term ids of one passage: its words in order, and each catalogue skill it names once."""

    words: array[int]
    skills: array[int]


def skill_term(name: str) -> int:
    """The term id of a catalogue skill, whatever it was called in the text: one for "k8s" and "Kubernetes"."""
    return xxhash.xxh32_intdigest(f"skill:{name}".encode())


def passage_terms(text: str, catalogue: Catalogue) -> PassageTerms:
    """What the sparse leg knows of a passage."""
    skills = sorted({skill_term(mention.skill.name) for mention in catalogue.find(text)})
    return PassageTerms(array("L", term_ids(text)), array("L", skills))


def collect_statistics(people: Iterable[Sequence[PassageTerms]]) -> Bm25Statistics:
    """In how many people's passages each term is, and the average length of passages that have words.

    People are counted, not passages: a term that one person repeats in sixty repositories still tells them apart.
    """
    frequencies: Counter[int] = Counter()
    count = passages = total = 0
    for own in people:
        said: set[int] = set()
        for terms in own:
            passages += bool(terms.words)
            total += len(terms.words)
            said.update(terms.words, terms.skills)
        count += bool(said)
        frequencies.update(said)
    # Terms of one person only are left out: their weight follows from their absence, and they are half the table.
    kept = {term: seen for term, seen in sorted(frequencies.items()) if seen > 1}
    return Bm25Statistics(count, total / passages if passages else 1.0, kept)


def passage_vector(terms: PassageTerms, statistics: Bm25Statistics, constants: RankingConstants) -> SparseVector:
    """BM25's document side: term frequency, saturated, against the passage's length; skills count once."""
    length = len(terms.words)
    norm = constants.bm25_k1 * (1 - constants.bm25_b + constants.bm25_b * length / statistics.average_length)
    weights = {term: n * (constants.bm25_k1 + 1) / (n + norm) for term, n in Counter(terms.words).items()}
    weights.update(dict.fromkeys(terms.skills, 1.0))
    return SparseVector(tuple(sorted(weights)), tuple(weights[term] for term in sorted(weights)))


def query_vector(
    text: str, skills: Iterable[str], statistics: Bm25Statistics, constants: RankingConstants
) -> SparseVector:
    """BM25's query side: how rare each term is, as often as it is said, and the skills named in it."""
    weights = {
        term: said * inverse_document_frequency(term, statistics, constants)
        for term, said in Counter(term_ids(text)).items()
    }
    for term in map(skill_term, skills):
        weights[term] = constants.skill_weight * inverse_document_frequency(term, statistics, constants)
    return SparseVector(tuple(sorted(weights)), tuple(weights[term] for term in sorted(weights)))


def inverse_document_frequency(term: int, statistics: Bm25Statistics, constants: RankingConstants) -> float:
    """How much a term tells; never negative. The power above 1 lets the rare words of a long need decide."""
    seen = statistics.document_frequencies.get(term, 1)
    return float(math.log1p(max(0.0, statistics.people - seen + 0.5) / (seen + 0.5)) ** constants.rarity)
