"""What two texts in one language have in common, taken out of their vectors, so that meaning is left to compare.

A multilingual encoder puts French beside French: on the sample, a French need and its English twin shared 11 % of their
lists by cosine and 47 % once each language's mean was taken off (docs/decisions/0009). Passages are taken against the
means of their corpus, queries against those of fixed texts: both are kept in the release.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from lingua import Language, LanguageDetector, LanguageDetectorBuilder

from indexing.encoder import Encoder, FloatArray
from indexing.releases import TONGUES, LanguageMeans, Tongue
from indexing.terms import ENGLISH_STOP_WORDS, FRENCH_STOP_WORDS

SHRUNK_BY = 50  # vectors: the mean of a few texts says more of them than of their language
_CHUNK = 4_096  # vectors read at a time
_ONLY_FRENCH = FRENCH_STOP_WORDS - ENGLISH_STOP_WORDS
_ONLY_ENGLISH = ENGLISH_STOP_WORDS - FRENCH_STOP_WORDS
_SMALLEST_NORM = 1e-6


def tongues_of(texts: Sequence[str]) -> list[Tongue]:
    """Which of the two languages each passage is in; .1 ms a text on two cores, and memory only while it lasts."""
    detector = LanguageDetectorBuilder.from_languages(Language.ENGLISH, Language.FRENCH).build()
    found = detector.detect_languages_in_parallel_of(list(texts)) if texts else []
    detector.unload_language_models()  # type: ignore[no-untyped-call]
    return ["fr" if language == Language.FRENCH else "en" for language in found]


def tongue_of(text: str) -> Tongue:
    """Which of the two languages a query is in, by its little words, else by models small enough to serve with.

    Names of technologies are English in every language, so the little words tell more of "un dev React avec du CI/CD".
    The large models would take 87 MB in every serving process.
    """
    words = set(text.casefold().split())
    french, english = len(words & _ONLY_FRENCH), len(words & _ONLY_ENGLISH)
    if french != english:
        return "fr" if french > english else "en"
    return "fr" if _small_detector().detect_language_of(text) == Language.FRENCH else "en"


@cache
def _small_detector() -> LanguageDetector:
    languages = LanguageDetectorBuilder.from_languages(Language.ENGLISH, Language.FRENCH)
    return languages.with_low_accuracy_mode().build()


@cache
def query_texts() -> dict[Tongue, tuple[str, ...]]:
    """Needs in both languages, none of them judged anywhere, whose mean stands for any query's language."""
    texts = json.loads((files("indexing") / "centring_texts.json").read_text(encoding="utf-8"))
    return {tongue: tuple(texts[tongue]) for tongue in TONGUES}


def means_of(vectors: FloatArray, rows: Sequence[int], tongues: Sequence[Tongue]) -> dict[Tongue, tuple[float, ...]]:
    """Means by language of some rows of vectors, shrunk towards the mean of all, and that towards nothing."""
    sums = {tongue: np.zeros(vectors.shape[1], np.float64) for tongue in TONGUES}
    of, chosen = np.asarray(tongues), np.asarray(rows, np.int64)
    for start in range(0, len(chosen), _CHUNK):
        chunk, own = vectors[chosen[start : start + _CHUNK]], of[start : start + _CHUNK]
        for tongue in TONGUES:
            sums[tongue] += chunk[own == tongue].sum(axis=0, dtype=np.float64)
    everything = sum(sums.values()) / (len(chosen) + SHRUNK_BY)
    means: dict[Tongue, tuple[float, ...]] = {}
    for tongue in TONGUES:
        mean = (sums[tongue] + SHRUNK_BY * everything) / (np.count_nonzero(of == tongue) + SHRUNK_BY)
        means[tongue] = tuple(round(float(number), 6) for number in mean)
    return means


def language_means(
    encoder: Encoder, vectors: FloatArray, rows: Sequence[int], tongues: Sequence[Tongue]
) -> LanguageMeans:
    """The means of a corpus's passages, and those of this encoder's queries."""
    texts = query_texts()
    spoken = [tongue for tongue in TONGUES for _ in texts[tongue]]
    queries = encoder.encode_queries([text for tongue in TONGUES for text in texts[tongue]])
    return LanguageMeans(means_of(vectors, rows, tongues), means_of(queries, range(len(queries)), spoken))


def centred(vector: FloatArray, mean: FloatArray) -> FloatArray:
    """A unit vector without its language's mean, of unit length again; one that would vanish stays as it is."""
    moved = vector - mean
    norm = float(np.linalg.norm(moved))
    return (moved / np.float32(norm)).astype(np.float32) if norm > _SMALLEST_NORM else vector
