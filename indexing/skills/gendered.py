"""French job titles in the feminine and in inclusive writing: développeuse, développeur·se, ingénieur(e)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

# The endings of masculine words, longest first: their feminine, and the endings written after a dot, slash or bracket.
_ENDINGS: Final = (
    ("cteur", "ctrice", ("trice", "rice")),
    ("ateur", "atrice", ("trice", "rice")),
    ("nieur", "nieure", ("e",)),
    ("eur", "euse", ("se", "euse")),
    ("icien", "icienne", ("ne", "enne")),
    ("éen", "éenne", ("ne",)),
    ("tien", "tienne", ("ne",)),
    ("ant", "ante", ("e",)),
    ("chef", "cheffe", ("fe", "ffe")),
    ("expert", "experte", ("e",)),
    ("chargé", "chargée", ("e",)),
    ("ingénieur", "ingénieure", ("e",)),
    ("professeur", "professeure", ("e",)),
)
_INVARIABLE: Final = frozenset("moteur calculateur compilateur serveur".split())  # things, not people


def gendered(title: str) -> Iterator[str]:
    """The other ways to write a French title; nothing for a title that has no gender."""
    words = title.split()
    for place, word in enumerate(words):
        feminine, suffixes = _forms(word)
        if not feminine:
            continue
        head, tail = words[:place], words[place + 1 :]
        yield " ".join([*head, feminine, *(_forms(other)[0] or other for other in tail)])
        yield " ".join([*head, feminine, *tail])
        for suffix in suffixes:
            yield " ".join([*head, word, suffix, *tail])
        return


def _forms(word: str) -> tuple[str, tuple[str, ...]]:
    if word in _INVARIABLE:
        return "", ()
    for ending, feminine, suffixes in sorted(_ENDINGS, key=lambda entry: -len(entry[0])):
        if word.endswith(ending):
            return word[: len(word) - len(ending)] + feminine, suffixes
    return "", ()
