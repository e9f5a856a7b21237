"""Pairs mined from a corpus, in the order in which they are trained on.

A pair is what somebody might ask (a description, a bio) and a passage of a person who answers it: another work of the
same person, or the same work by its name and topics. In a batch every other passage counts as a wrong answer, so no
two pairs of one batch come from one person, or from people who share a repository or a text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from indexing.encoder import FloatArray
from indexing.errors import RawDataError
from indexing.passages import work_text
from indexing.profiles import Profile, Work
from indexing.training.negatives import near_rows

OWN_SHARE = 0.1  # pairs of a work's description with its own name, topics and language
BIO_SHARE = 0.1  # pairs of a bio with a work, of those who wrote one
# A person counts as the square root of their works: who has sixty trains five times as much as who has two.
PERSON_POWER = 0.5
# Other works are drawn by their nearness to the first, exp(cosine / NEARNESS): what a person does beside it teaches
# little of it.
NEARNESS = 0.1
MIN_WORDS = 4  # a description of fewer asks for nothing


@dataclass(frozen=True, slots=True)
class Pair:
    """What is asked, a passage that answers it, and a passage that is near and does not."""

    anchor: str = field(repr=False)
    positive: str = field(repr=False)
    negative: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passages:
    """The distinct passages of the people trained on, and their vectors by the base."""

    texts: Sequence[str] = field(repr=False)
    vectors: FloatArray = field(repr=False)  # (texts, dimension), unit length


class PairMiner:
    """Draws pairs from people; equal people, vectors and seed give equal pairs."""

    def __init__(self, people: Sequence[Profile], passages: Passages, *, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._passages = passages
        row_of = {text: row for row, text in enumerate(passages.texts)}
        self._people = [person for person in people if any(map(_asks, person.works))]
        if len(self._people) < 2:
            raise RawDataError("Fewer than two people have a described repository: there is nothing to train on.")
        self._rows = [[row_of[work_text(work)] for work in person.works] for person in self._people]
        owners: dict[int, set[int]] = defaultdict(set)
        for number, rows in enumerate(self._rows):
            for row in rows:
                owners[row].add(number)
        self._circles = [set().union(*(owners[row] for row in rows)) for rows in self._rows]
        self._owners = owners
        self._near = near_rows(passages.vectors)
        weights = np.array([len(rows) for rows in self._rows], np.float64) ** PERSON_POWER
        self._chances = weights / weights.sum()

    @property
    def people(self) -> int:
        """How many people pairs come from."""
        return len(self._people)

    def batches(self, *, count: int, size: int) -> Iterator[list[Pair]]:
        """So many batches; smaller ones where too few people have nothing to do with each other."""
        for _ in range(count):
            yield self._batch(size)

    def _batch(self, size: int) -> list[Pair]:
        drawn = self._random.choice(len(self._people), min(len(self._people), 2 * size), p=self._chances, replace=False)
        pairs: list[Pair] = []
        taken: set[int] = set()
        for person in drawn.tolist():
            if person in taken or len(pairs) == size:
                continue
            pairs.append(self._pair(person))
            taken |= self._circles[person]
        return pairs

    def _pair(self, person: int) -> Pair:
        profile, rows = self._people[person], self._rows[person]
        asking = [place for place, work in enumerate(profile.works) if _asks(work)]
        first = asking[int(self._random.integers(len(asking)))]
        work = profile.works[first]
        others = [
            place
            for place, other in enumerate(profile.works)
            if rows[place] != rows[first] and other.description != work.description
        ]
        share = float(self._random.random())
        anchor = work.description
        if profile.bio and share > 1 - BIO_SHARE:
            anchor, positive = profile.bio, self._passages.texts[rows[first]]
        elif not others or share < OWN_SHARE:
            positive = work_text(replace(work, description=""))
        else:
            positive = self._passages.texts[rows[self._drawn(rows, first, others)]]
        return Pair(anchor, positive, self._negative(rows[first], person))

    def _drawn(self, rows: Sequence[int], first: int, others: Sequence[int]) -> int:
        vectors = self._passages.vectors
        nearness = vectors[[rows[other] for other in others]] @ vectors[rows[first]] / NEARNESS
        chances = np.exp((nearness - nearness.max()).astype(np.float64))
        return others[int(self._random.choice(len(others), p=chances / chances.sum()))]

    def _negative(self, row: int, person: int) -> str:
        """A near passage of somebody who shares no repository with the person, nor with whoever works with them."""
        circle = self._circles[person]
        strangers = [near for near in self._near[row].tolist() if not self._owners[near] & circle]
        if not strangers:  # a corpus of one circle: anybody's passage but the person's own
            strangers = [near for near in self._near[row].tolist() if near not in self._rows[person]] or [row]
        chosen: str = self._passages.texts[strangers[int(self._random.integers(len(strangers)))]]
        return chosen


def _asks(work: Work) -> bool:
    return len(work.description.split()) >= MIN_WORDS
