"""One repository's texts: its language and topics spelt one way, and the skills these and its description name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from indexing.skills import Catalogue

# What lists of repositories write where they know no language.
NOT_A_LANGUAGE = frozenset({"other", "others", "none", "unknown", "misc", "n/a", "null"})
# GitHub's names of languages start with a capital, but for these; a topic that strayed into the column does not.
MARKUP = re.compile(r"<[^>]*>")
LANGUAGE = re.compile(r"[A-Z][\w .+#*'()/-]{0,49}|jq|sed|q|wisp|eC|nesC|xBase|mcfunction|mIRC Script")
# There are far fewer labels than repositories; each is looked up once.
REMEMBERED_LABELS = 1 << 16


class Texts(NamedTuple):
    """The cells that are read."""

    language: str | None
    topics: str | None
    description: str | None


class Reading(NamedTuple):
    """What they say; the skills as they come: language, topics, description."""

    language: str | None
    topics: tuple[str, ...]
    skills: tuple[str, ...]


def text_reader(catalogue: Catalogue) -> Callable[[Texts], Reading]:
    """A function that reads one repository's texts and remembers labels."""

    @lru_cache(maxsize=REMEMBERED_LABELS)
    def skill(label: str) -> str | None:
        found = catalogue.normalise(label)
        return None if found is None else found.name

    @lru_cache(maxsize=REMEMBERED_LABELS)
    def spoken(label: str | None) -> tuple[str | None, str]:
        return canonical_language(label, catalogue), _plain(label)

    def read(texts: Texts) -> Reading:
        language, label = spoken(texts.language)
        topics = _topics(texts.topics) if texts.topics else ()
        named = [found for one in ((label, *topics) if label else topics) if (found := skill(one)) is not None]
        if texts.description:
            named += [mention.skill.name for mention in catalogue.find(texts.description)]
        return Reading(language, topics, tuple(dict.fromkeys(named)))

    return read


def canonical_language(label: str | None, catalogue: Catalogue) -> str | None:
    """The programming language a cell or a filter names, spelt as the catalogue does; None when it names none."""
    plain = _plain(label)
    skill = catalogue.normalise(plain) if plain else None
    if skill is not None and skill.kind == "language":
        return skill.name
    is_name = LANGUAGE.fullmatch(plain) and plain.casefold() not in NOT_A_LANGUAGE
    return plain if is_name else None


def _plain(label: str | None) -> str:
    return MARKUP.sub("", label).strip() if label else ""


def _topics(cell: str) -> tuple[str, ...]:
    topics = [topic.strip() for topic in cell.casefold().replace(",", ";").split(";")]
    return tuple(dict.fromkeys(filter(None, topics)))
