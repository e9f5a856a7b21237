"""One spelling for a place name, whatever its case, accents, hyphens and abbreviations."""

from __future__ import annotations

import re
import unicodedata

# Letters that no Unicode decomposition takes apart, though readers and keyboards do.
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ə": "a"}
    | dict.fromkeys("ʼʻ", "'")  # to Unicode these two are letters
)
# Apostrophes vanish inside names ("Xi'an" is written "Xian"), but French elisions keep a gap ("Côte d'Azur").
_ELISION = re.compile(r"\b([dl])['’`]")
_APOSTROPHES = re.compile(r"['’`´]")
_GAPS = re.compile(r"[\W_]+")
_MARKS = re.compile("[\u0300-\u036f]+")
_SAINTS = {"st": "saint", "ste": "sainte", "sankt": "saint", "mt": "mount", "ft": "fort"}


def fold(text: str) -> str:
    """The key under which a name is looked up: no case, no accents, single spaces, "St" spelled out."""
    text = text.casefold()
    if not text.isascii():
        # Only Latin accents go: the same step would merge Japanese and Indic letters that differ.
        text = unicodedata.normalize("NFD", text).translate(_LETTERS)
        text = unicodedata.normalize("NFC", _MARKS.sub("", text))
    if not text.isalnum():
        text = " ".join(text.split())
        if not text.replace(" ", "").isalnum():  # the substitutions are the slow part, and most names need none
            text = _GAPS.sub(" ", _APOSTROPHES.sub("", _ELISION.sub(r"\1 ", text))).strip()
    first, gap, rest = text.partition(" ")
    if gap and first in _SAINTS:
        return f"{_SAINTS[first]} {rest}"
    return text
