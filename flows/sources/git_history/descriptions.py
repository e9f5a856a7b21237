"""A person's part in a repository in words: what they touched and what they said, for the passage that is searched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flows.sources.git_history.folders import PLAIN
from flows.sources.git_history.languages import LANGUAGES
from flows.sources.git_history.parts import Part, most
from flows.sources.git_history.subjects import cleaned_all, frequencies, telling

DESCRIPTION_LENGTH = 1_500  # characters; an encoder reads some 1,000, the words that count are counted to the end
FOLDERS_NAMED = 5
KINDS_NAMED = 4
TOPIC_FOLDERS = 3
_TOPIC = re.compile(r"[a-z][a-z0-9+#.-]{1,34}")


@dataclass(frozen=True, slots=True)
class Description:
    """What `github_contributions.csv` says of a part beside its counts."""

    text: str
    language: str | None
    topics: tuple[str, ...]


def describe(parts: Mapping[str, Part]) -> dict[str, Description]:
    """The words about everybody's part in one repository, by login: what is said of one depends on what all say."""
    said = {login: cleaned_all(part.sample.kept) for login, part in parts.items()}
    counts = frequencies(said.values())
    total = sum(map(len, said.values()))
    described = {}
    for login, part in parts.items():
        first = _touched(part)
        chosen = telling(said[login], counts, total, characters=DESCRIPTION_LENGTH - len(first))
        written = [kind for kind in most(part.kinds, len(part.kinds)) if kind in LANGUAGES]
        described[login] = Description(
            "\n".join(filter(None, [first, *chosen])), written[0] if written else None, _topics(part)
        )
    return described


def _touched(part: Part) -> str:
    """`Works on parser/lexer, cli and docs, in Rust and Markdown.`"""
    where, what = _listed(most(part.folders, FOLDERS_NAMED)), _listed(most(part.kinds, KINDS_NAMED))
    if where and what:
        return f"Works on {where}, in {what}."
    return f"Works on {where}." if where else f"Works in {what}." if what else ""


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _topics(part: Part) -> tuple[str, ...]:
    names = (name.lower().replace("_", "-") for label in most(part.folders, TOPIC_FOLDERS) for name in label.split("/"))
    return tuple(dict.fromkeys(name for name in names if _TOPIC.fullmatch(name) and name.encode() not in PLAIN))
