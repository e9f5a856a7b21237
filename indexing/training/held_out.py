"""Which texts training must never see: the judged queries, and the projects that they were taken from."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from indexing.evaluation.judgements import Judgement
from indexing.profiles import Work

PROJECT = "project"  # the kind of a judged query that is a hidden project's description
SHINGLE = 3  # words in a row
# Of a query's or of a text's own words in a row: two texts that share this much are one text, written twice.
MOST_SHARED = 0.5
_WORD = re.compile(r"\w+")
# What distributions put before or after a project's own name.
_AROUND = re.compile(
    r"^(r|py|python|lib|go|rust|node|perl|ruby|bioconductor)[-_.]|[-_.](py|python|cpp|r|rs|js|lib|dev|bin)$"
)


class HeldOut:
    """Tells which texts and repositories belong to the judged queries."""

    def __init__(self, judgements: Sequence[Judgement]) -> None:
        self._queries: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self._sizes: list[int] = []
        self._answers: dict[str, bool] = {}  # a repository's text comes once for everybody who works on it
        self._names = {project_name(name) for name in map(_hidden_project, judgements) if name}
        for number, judgement in enumerate(judgements):
            shingles = shingles_of(judgement.query)
            self._sizes.append(len(shingles))
            for shingle in shingles:
                self._queries[shingle].add(number)
        self._short = {len(shingle) for shingle in self._queries} - {SHINGLE}

    def covers_text(self, text: str) -> bool:
        """Whether a text equals a judged query, contains one, is part of one, or says the same in the same words."""
        known = self._answers.get(text)
        if known is None:
            known = self._answers[text] = self._covers(text)
        return known

    def covers_work(self, work: Work) -> bool:
        """Whether a repository is a hidden project under this or another name, or tells what a judged query tells."""
        names = {project_name(work.name), project_name(work.full_name.rpartition("/")[2])}
        return bool(names & self._names) or self.covers_text(work.description)

    def _covers(self, text: str) -> bool:
        found = words(text)
        own = shingles_of(text)
        shingles = {tuple(found[at : at + size]) for size in self._short for at in range(len(found) - size + 1)} | own
        shared = Counter(number for shingle in shingles for number in self._queries.get(shingle, ()))
        return any(count >= MOST_SHARED * min(self._sizes[number], len(own)) for number, count in shared.items())


def words(text: str) -> list[str]:
    """A text's words as they are compared: no case, no punctuation."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def shingles_of(text: str) -> frozenset[tuple[str, ...]]:
    """Every three words in a row; all words of a shorter text."""
    found = words(text)
    if not found:
        return frozenset()
    return frozenset(tuple(found[at : at + SHINGLE]) for at in range(max(1, len(found) - SHINGLE + 1)))


def project_name(name: str) -> str:
    """A project's name without case, punctuation, and what packagers put around it."""
    bare = _AROUND.sub("", name.casefold().strip())
    return re.sub(r"\W|_", "", bare) or name.casefold()


def names_of(judgements: Iterable[Judgement]) -> Mapping[str, str]:
    """The hidden project of each judged query that has one, by the query's id."""
    return {judgement.id: name for judgement in judgements if (name := _hidden_project(judgement))}


def _hidden_project(judgement: Judgement) -> str | None:
    kind, _, name = judgement.id.partition(":")
    return name if judgement.kind == PROJECT == kind and name else None
