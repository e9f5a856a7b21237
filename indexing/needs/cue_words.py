"""The words and phrases that steer how a need is read, in French and English, and where a text has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from indexing.skills.lexicon import fold

# A word with the feminine ending that inclusive writing hangs on: "développeur·se", "ingénieur(e)s", "motivé.e.s".
_ENDING: Final = r"(?:e|se|euse|ne|rice|trice|fe|es|s)"
WORD: Final = re.compile(rf"[^\W_]+(?:(?:[·⋅•.]{_ENDING}|\({_ENDING}\))(?![^\W_]))?(?:[·⋅•.]?s(?![^\W_]))?")
_WRITTEN_ENDING: Final = re.compile(r"[·⋅•.(].*")
_ADVERBS: Final = frozenset("also already really actually truly aussi deja vraiment reellement egalement bien".split())
_NOT_PHRASES: Final = frozenset({"refused_skills", "do_forms", "do_verbs"})
_ONLY_SETS: Final = frozenset(
    "compound project ignored optional_remote skip unrefusable dull "
    "heading_required heading_preferred heading_tasks heading_place heading_drop".split()
)


class _Node:
    """A place in the trie of words: what may follow, and the kind of the phrase that ends here."""

    __slots__ = ("following", "kind")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.kind: str | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CueWords:
    """The phrases by kind; `sets` are kinds that are only looked up, never cut out of a text."""

    root: _Node
    sets: Mapping[str, frozenset[str]]
    refused_skills: Mapping[str, str]

    def longest(self, keys: Sequence[str], breaks: Sequence[int], at: int) -> tuple[str, int] | None:
        """The kind and the length in words of the longest phrase that starts at a word and crosses no punctuation."""
        node = self.root.following.get(keys[at])
        best: tuple[str, int] | None = None
        last = at
        while node is not None:
            if node.kind is not None:
                best = (node.kind, last + 1 - at)
            last += 1
            while last < len(keys) and keys[last] in _ADVERBS and keys[last] not in node.following and not breaks[last]:
                last += 1  # "who also knows", "qui connaît vraiment bien"
            if last >= len(keys) or breaks[last]:
                return best
            node = node.following.get(keys[last])
        return best


def keys_of(phrase: str) -> tuple[str, ...]:
    """The folded words of a phrase."""
    return tuple(key_of(word) for word in WORD.findall(fold(phrase)))


def key_of(word: str) -> str:
    """A folded word without the endings of inclusive writing."""
    return word if word.isalnum() else _WRITTEN_ENDING.sub("", word)


@cache
def cue_words() -> CueWords:
    """The phrases shipped with the package, read once."""
    raw = json.loads((files("indexing.needs") / "cues.json").read_text(encoding="utf-8"))
    root = _Node()
    sets = {}
    for kind, entries in raw.items():
        if kind in _NOT_PHRASES:
            continue
        phrases = [keys_of(phrase) for entry in entries for phrase in entry.split(";")]
        if kind == "do":
            phrases += [keys_of(phrase) for phrase in _conjugated(raw["do_forms"], raw["do_verbs"])]
        sets[kind] = frozenset(" ".join(phrase) for phrase in phrases)
        if kind not in _ONLY_SETS:
            for phrase in phrases:
                _add(root, phrase, kind)
    return CueWords(root, sets, {" ".join(keys_of(word)): name for word, name in raw["refused_skills"].items()})


def _conjugated(forms: Sequence[str], verbs: Sequence[str]) -> Iterator[str]:
    """Every verb in every form, language by language: "who has {3}" of "write/writes/wrote/written/writing"."""
    for patterns, tables in zip(forms, verbs, strict=True):
        for table in tables.split(";"):
            words = table.strip().split("/")
            yield from (pattern.format(*words) for pattern in patterns.split(";"))


def _add(root: _Node, phrase: Sequence[str], kind: str) -> None:
    node = root
    for word in phrase:
        node = node.following.setdefault(word, _Node())
    if node.kind is None:
        node.kind = kind
