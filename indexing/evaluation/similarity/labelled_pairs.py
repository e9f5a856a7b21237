"""Pairs of texts with a grade from 0 to 5 that says how alike they are; see data/judgements/README.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexing.errors import RawDataError
from indexing.evaluation.json_lines import Row, one_of, read_rows, refuse, shown, words

HIGHEST = 5
RELATED = 3  # the same kind of work, at the least: what somebody who asked for one would want to see of the other
SPLITS = ("dev", "test")
LANGUAGES = ("en", "fr", "mixed")  # mixed: one text in each
FEWEST = 10  # of a split: fewer say nothing of a correlation
_EXAMPLE = (
    '{"id": "one", "split": "test", "language": "mixed", "kind": "translation", "first": "...", "second": "...", '
    '"score": 5}'
)


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two texts and the grade a person gave them."""

    id: str
    split: str
    language: str
    kind: str
    first: str
    second: str
    grade: float

    @property
    def is_related(self) -> bool:
        """Whether the two are about the same kind of work."""
        return self.grade >= RELATED

    @property
    def texts(self) -> tuple[str, str]:
        """Both texts."""
        return self.first, self.second


def read_pairs(files: Sequence[Path]) -> tuple[LabelledPair, ...]:
    """Every labelled pair of some JSONL files, gzip or not. RawDataError names file, line and mend."""
    found: list[LabelledPair] = []
    places: dict[frozenset[str], str] = {}
    splits: dict[str, tuple[str, str]] = {}
    for row, place in read_rows(files, example=_EXAMPLE):
        pair = _pair(row, place)
        same = places.setdefault(frozenset(pair.texts), place)
        if same != place:
            refuse(place, f"the same two texts stand in {same} already")
        for text in pair.texts:
            split, elsewhere = splits.setdefault(text, (pair.split, place))
            if split != pair.split:
                refuse(
                    place, f"a text of it is in split {split!r} in {elsewhere}, so that one split would know of both"
                )
        found.append(pair)
    counts = Counter(pair.split for pair in found)
    for split in SPLITS:
        grades = {pair.is_related for pair in found if pair.split == split}
        if counts[split] < FEWEST or len(grades) < 2:
            names = ", ".join(str(file) for file in files)
            raise RawDataError(
                f"{names} has {counts[split]} pairs of split {split!r}: at least {FEWEST} are needed, some of them "
                f"graded {RELATED} or more and some less. Add pairs such as {_EXAMPLE}.",
                field="split",
            )
    return tuple(found)


def _pair(row: Row, place: str) -> LabelledPair:
    grade = row.get("score")
    if isinstance(grade, bool) or not isinstance(grade, int | float) or not 0 <= grade <= HIGHEST:
        refuse(place, f'"score" must be a number from 0 to {HIGHEST}; found {shown(grade)}')
    return LabelledPair(
        id=words(row, "id", place),
        split=one_of(row, "split", SPLITS, place),
        language=one_of(row, "language", LANGUAGES, place),
        kind=words(row, "kind", place),
        first=words(row, "first", place),
        second=words(row, "second", place),
        grade=float(grade),
    )
