"""What a scrape would take, from counts alone: slices, people, points and hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from flows.github import activity, fetch
from flows.github.passes import SliceRow
from flows.github.slices import PAGE

HOURLY_POINTS = 5_000  # what GitHub gives a person's token
LATER_PAGES = 12  # connections a person: one in five owns more than a first page holds
SECONDS_A_CALL = 2.0  # one after the other


@dataclass(frozen=True, slots=True)
class PlannedSlice:
    """A part of the selection that GitHub answers whole; `people` is None where only collecting tells."""

    name: str
    people: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done; counts include organisations, which searches match too and which are left out later."""

    slices: tuple[PlannedSlice, ...]
    people: int
    points: int
    hours: float
    is_estimate: bool  # some slices cannot be counted beforehand

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For people to read."""
        lines = [f"{each.name}: {'?' if each.people is None else f'{each.people:,}'} people" for each in self.slices]
        more = " or more" if self.is_estimate else ""
        lines.append(
            f"{len(self.slices):,} slices, {self.people:,} people{more}, about {self.points:,} points of GitHub's "
            f"budget, {self.hours:.1f} hours."
        )
        return lines


def make_plan(slices: Iterable[SliceRow], *, windows: int, limit: int | None, points_an_hour: int | None) -> Plan:
    """The plan over slices as they are counted."""
    shown = [each for each in slices if each.part_of == each.number and each.state != "cut"]
    people = sum(each.people or 0 for each in shown)
    wanted = people if limit is None else min(people, limit)
    # Cut in halves, pages of up to a hundred hold some seventy; ten counts come for a point.
    pages = sum(1 if (each.people or 0) <= PAGE else (each.people or 0) / 70 * 1.2 for each in shown)
    calls = wanted * (1 / fetch.BATCH + 1 / activity.BATCH + 1 / 100) + pages
    points = wanted * (points_a_person(windows) + 0.01) + pages
    hours = max(points / (points_an_hour or HOURLY_POINTS), calls * SECONDS_A_CALL / 3600)
    return Plan(
        slices=tuple(PlannedSlice(each.name, each.people) for each in shown),
        people=wanted,
        points=round(points),
        hours=round(hours, 2),
        is_estimate=any(each.people is None for each in shown),
    )


def points_a_person(windows: int) -> float:
    """What details cost by GitHub's rule: one point for a hundred connections, counted as if all were full."""
    counted = 3  # followers, following, the latest push
    owned = 1 + fetch.FIRST  # the page, and the topics of each repository on it
    contributed = 1 + activity.FIRST_CONTRIBUTED
    return (counted + owned + contributed + windows + LATER_PAGES) / 100
