"""How much the words of a text are the rare words of each of a set of documents, inflections aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexing.skills.lexicon import words_of

# The first letters stand for all inflections of a word in French and English: "automates", "automatisation".
STEM_LETTERS: Final = 6
SHORTEST_WORD: Final = 3
# An advert of 1,000 words shares some word with every document: beyond this many stems each counts for less.
FULL_WEIGHT_STEMS: Final = 40
_EVERYDAY: Final = frozenset(
    """the and for with from that this its into over are our you your they their has have not but all any can
    les des une pour sur par dans avec aux que qui sans cette ces ses son notre nos vos votre mes mon est sont plus
    pas tout tous nous vous elle ils leur leurs""".split()
)


class WordOverlap:
    """An inverted index of a few hundred short documents; `scores` sums the inverse document frequencies shared."""

    def __init__(self, documents: Sequence[str]) -> None:
        holders: dict[str, list[int]] = {}
        for number, document in enumerate(documents):
            for stem in sorted(stems(document)):
                holders.setdefault(stem, []).append(number)
        self._count = len(documents)
        self._holders = {stem: np.array(numbers, dtype=np.intp) for stem, numbers in holders.items()}
        frequencies = Counter({stem: len(numbers) for stem, numbers in holders.items()})
        self._weights = {
            stem: log(1 + (self._count - frequency + 0.5) / (frequency + 0.5))
            for stem, frequency in frequencies.items()
        }

    def scores(self, text: str) -> NDArray[np.float64]:
        """One score per document; 0 where no word is shared."""
        scores = np.zeros(self._count)
        found = stems(text)
        for stem in sorted(found):
            if stem in self._holders:
                scores[self._holders[stem]] += self._weights[stem]
        return scores * min(1.0, FULL_WEIGHT_STEMS / max(1, len(found)))


def stems(text: str) -> set[str]:
    """The distinct stems of a text's words, everyday words left out."""
    return {word[:STEM_LETTERS] for word in words_of(text) if len(word) >= SHORTEST_WORD and word not in _EVERYDAY}
