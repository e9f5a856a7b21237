"""Searches cut until each is small enough: GitHub gives at most 1,000 accounts of any, and does not say so.

A cut halves `created` at a day's boundary, a single day at a second, a single second by followers. Nothing is trusted:
the halves must count as many accounts as the whole did, or the whole is counted again and cut another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flows.github.search_query import DAY, Range, SearchQuery

MOST = 1_000  # accounts that GitHub gives of one search
PAGE = 100  # accounts in one answer: a search that fits is seen at one moment, whatever the order
RECOUNTS = 3  # accounts come and go between two counts

Count = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a search; None leaves a bound as it was asked for."""

    query: SearchQuery
    created: Range | None = None
    followers: Range | None = None

    @property
    def text(self) -> str:
        """The search that finds this part."""
        return self.query.within(self.created, self.followers)

    def cuts(self) -> Iterator[tuple[Cell, Cell]]:
        """Every way to cut this in two, the best first; none for one second and one number of followers."""
        for created in dict.fromkeys([self.created or self.query.created, self.created or self.query.created_at_most]):
            middle = _middle(created)
            if middle is not None:
                yield (
                    Cell(self.query, (created[0], middle), self.followers),
                    Cell(self.query, (middle + 1, created[1]), self.followers),
                )
        low, high = self.followers or self.query.followers
        if low < high:
            middle = _middle_of_followers(low, high)
            yield (
                Cell(self.query, self.created, (low, middle)),
                Cell(self.query, self.created, (middle + 1, high)),
            )


def cut(cell: Cell, people: int, count: Count) -> list[tuple[Cell, int]] | None:
    """The halves of a part with how many accounts each holds, empty ones left out; None when it cannot be cut."""
    best: list[tuple[Cell, int]] | None = None
    for halves in cell.cuts():
        for _ in range(RECOUNTS):
            counted = count([half.text for half in halves])
            found = [(half, number) for half, number in zip(halves, counted, strict=True) if number]
            if _is_whole(counted, people):
                return found
            people = count([cell.text])[0]
            if _is_whole(counted, people):
                return found
        if sum(counted) < people and (best is None or sum(counted) > sum(number for _, number in best)):
            best = found
    return best


def cut_many(cells: Sequence[tuple[Cell, int]], count: Count) -> Iterator[list[tuple[Cell, int]] | None]:
    """`cut` for many parts: their first halves are counted together, for as many points as one."""
    first = [next(cell.cuts(), None) for cell, _ in cells]
    texts = [half.text for halves in first if halves for half in halves]
    counted = iter(count(texts)) if texts else iter(())
    for (cell, people), halves in zip(cells, first, strict=True):
        if halves is None:
            yield None
            continue
        found = [(half, next(counted)) for half in halves]
        if _is_whole([number for _, number in found], people):
            yield [(half, number) for half, number in found if number]
        else:
            yield cut(cell, people, count)


def _is_whole(counted: Sequence[int], people: int) -> bool:
    """Whether halves hold as many as the whole, but for newcomers: far more would mean that the bound was ignored."""
    return people <= sum(counted) <= people * 1.2 + 10


def _middle(created: Range) -> int | None:
    low, high = created
    if low >= high:
        return None
    middle = (low + high) // 2
    # Between two days where there are two: plain dates are read alike everywhere.
    boundary = (middle + 1 + DAY // 2) // DAY * DAY - 1
    return boundary if low <= boundary < high else middle


def _middle_of_followers(low: int, high: int) -> int:
    """Not half of ten million: numbers of followers thin out by powers."""
    return min(high - 1, max(low, int(((low + 1) * (high + 1)) ** 0.5) - 1))
