"""Commit subjects as words about work: noise dropped, the telling ones chosen, one a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log

from flows.sources.git_history.signatures import decoded

SUBJECT_LENGTH = 160  # characters; longer ones are a whole message without an empty line
FEWEST_WORDS = 2  # that tell something
SHORTEST = 12  # characters: what two words take
COMMON_IN = 2  # subjects; a word that only one has is as likely a slip as a subject of its own

_TYPES = "feat|feature|fix|bugfix|hotfix|perf|refactor|chore|docs?|style|tests?|build|ci|revert|wip|misc|cleanup"
# `feat(search)!: add facets` says what it is about after its type; the scope is a part of that.
_CONVENTIONAL = re.compile(rf"(?i)\[?(?:{_TYPES})\]?(?:\((?P<scope>[^()]*)\))?!?:\s+")
_TICKET = re.compile(r"^(?:\[?[A-Z][A-Z0-9]{1,9}-\d+\]?|\(?#\d+\)?|\[[^\]]{1,20}\])[\s:,-]*")
_REFERENCE = re.compile(
    r"(?i)\s*(?:\(#\d+\)|\[#\d+\]|\[(?:skip ci|ci skip|no ci)\]"
    r"|\b(?:fix(?:es|ed)?|close[sd]?|resolve[sd]?|refs?|see):?\s+#\d+)"
)
# Somebody else, whom these words are not about; @scope/package stays.
_MENTION = re.compile(r"(?<![\w/.-])@[A-Za-z0-9][\w-]*(?![\w/-])")
_ADDRESS_LIKE = re.compile(r"\S*[@＠]\S*\.\S*")
_LINK = re.compile(r"https?://\S+")
_GITMOJI = re.compile(r"^(?::[a-z0-9_+-]+:|[\W_]+(?=\w))\s*")
_NOISE = re.compile(
    r"""(?ix)
    merge[ds]?\b | auto-?merge | revert\b | reapply\b | fixup! | squash! | amend! | sync(?:ed|ing)?\ with | update\ from
    | bump\b | (?:update|upgrade)\ dependenc | update\ \S+\ to\ v?\d | upgrade\ \S+\ (?:to|from)\b
    | initial\ (?:commit|import) | first\ commit | wip\b | work\ in\ progress | te?mp\b
    | (?:release|version)\ v?\d | v?\d[\d.]+\S*$ | prepare\ (?:for\ )?(?:next|release|development|version)
    | \[maven-release-plugin\] | add\ files\ via\ upload | (?:create|update|delete)\ \S+$
    | code\ review | review\ comments | address\ (?:review|comments|feedback) | apply\ suggestions
    | typos?\b | lint\b | clean\ ?up\W*$ | (?:minor|small|more|some|various)\ (?:fix|change|tweak|edit)
    | run\ (?:black|prettier|ruff|isort|gofmt|rustfmt)\b | import(?:ed)?\ translations
    | (?:fix|correct|add|update|remove)[eds]*\ (?:(?:a|some|more|the)\ )*
      (?:typo|lint|linter|linting|whitespace|format|formatting|style|import|comment|test|readme|changelog|bug|doc
      |documentation|copyright|license|version|todo)s?(?:\.\w+)?\W*$
    """
)
_WORD = re.compile(r"[^\W\d_]{3,}")


def cleaned(subject: bytes) -> str | None:
    """What a subject says of the work, None when it says nothing."""
    text = " ".join(decoded(subject).split())
    text = _GITMOJI.sub("", _TICKET.sub("", _GITMOJI.sub("", text)))
    if _NOISE.match(text):
        return None
    scope = ""
    while found := _CONVENTIONAL.match(text):
        scope, text = found["scope"] or scope, _TICKET.sub("", text[found.end() :])
    for unwanted in (_REFERENCE, _MENTION, _ADDRESS_LIKE, _LINK):
        text = unwanted.sub("", text)
    text = " ".join(text.split()).strip(" :;,-–.")
    if _NOISE.match(text) or len(set(_WORD.findall(text))) < FEWEST_WORDS:
        return None
    if (
        scope
        and scope.casefold() not in ("deps", "deps-dev", "release", "*")
        and scope.casefold() not in text.casefold()
    ):
        text = f"{scope}: {text}"
    if len(text) > SUBJECT_LENGTH:
        text = text[:SUBJECT_LENGTH].rpartition(" ")[0] or text[:SUBJECT_LENGTH]
    return text


def words_of(subject: str) -> frozenset[str]:
    """The words of a cleaned subject."""
    return frozenset(_WORD.findall(subject.casefold()))


def cleaned_all(subjects: Iterable[bytes]) -> list[str]:
    """The cleaned subjects, each once whatever its case."""
    texts = (text for subject in subjects if (text := cleaned(subject)))
    return list({text.casefold(): text for text in texts}.values())


def frequencies(everybody: Iterable[Sequence[str]]) -> Counter[str]:
    """In how many subjects of a repository each word is."""
    return Counter(word for subjects in everybody for subject in subjects for word in words_of(subject))


def telling(subjects: Sequence[str], counts: Mapping[str, int], total: int, *, characters: int) -> list[str]:
    """The subjects that say most of what the others do not, most telling first, until there is no more room."""
    weights = {word: log(1 + total / max(COMMON_IN, count)) for word, count in counts.items()}
    left = [(subject, words_of(subject)) for subject in subjects]
    said: set[str] = set()
    chosen: list[str] = []
    while left and characters > SHORTEST:
        gains = [sum(weights[word] for word in sorted(words - said)) / (4 + len(words)) for _, words in left]
        best = max(range(len(left)), key=gains.__getitem__)
        subject, words = left.pop(best)
        if gains[best] <= 0:
            break
        if len(subject) + 1 <= characters:
            characters -= len(subject) + 1
            chosen.append(subject)
            said |= words
    return chosen
