"""Who is shown: countries and account sizes among the first ten of all searches, against their share of the pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from indexing.open_release import OpenRelease
from indexing.passages import point_id
from indexing.promotion.contest import BOTH, Outcome, Which

BANDS = ((10, "under 10"), (100, "10 to 99"), (1_000, "100 to 999"), (10_000, "1,000 to 9,999"))
LARGEST, UNKNOWN, OTHER = "10,000 or more", "unknown", "other"
COUNTRIES = 8  # named; the others are counted together
_READ_AT_ONCE = 1_000
DIGITS = 5
Shown = tuple[str | None, int | None]  # country and followers


def compare_exposure(outcomes: Sequence[Outcome], pool: Sequence[Shown]) -> dict[str, Any]:
    """Shares by country and by band of followers: of the pool and of the places that each release shows."""
    shown = {which: [one for outcome in outcomes for one in outcome.shown[which]] for which in BOTH}
    common = [name for name, _ in Counter(country or UNKNOWN for country, _ in pool).most_common()]
    named = [name for name in common if name != UNKNOWN][:COUNTRIES]

    def country_of(one: Shown) -> str:
        country = one[0] or UNKNOWN
        return country if country in (*named, UNKNOWN) else OTHER

    bands = [*(name for _, name in BANDS), LARGEST, UNKNOWN]
    return {
        "places": {which: len(shown[which]) for which in BOTH},
        "countries": _shares([*named, OTHER, UNKNOWN], country_of, pool, shown),
        "followers": _shares(bands, lambda one: band(one[1]), pool, shown),
    }


def everybody(opened: OpenRelease) -> Iterator[Shown]:
    """Country and followers of everybody in a release."""
    people = len(opened.release.works)
    for start in range(0, people, _READ_AT_ONCE):
        points = [point_id(person, 0) for person in range(start, min(start + _READ_AT_ONCE, people))]
        for payload in opened.index.read(points):
            if payload is not None:
                yield payload.get("country"), payload.get("followers")


def band(followers: int | None) -> str:
    """The band of a number of followers."""
    if followers is None:
        return UNKNOWN
    return next((name for below, name in BANDS if followers < below), LARGEST)


def _shares(
    groups: Sequence[str],
    group_of: Callable[[Shown], str],
    pool: Sequence[Shown],
    shown: Mapping[Which, Sequence[Shown]],
) -> dict[str, Any]:
    counted: dict[str, Counter[str]] = {
        "pool": Counter(map(group_of, pool)),
        **{which: Counter(map(group_of, shown[which])) for which in BOTH},
    }
    sizes = {name: max(1, counts.total()) for name, counts in counted.items()}
    return {
        group: {name: round(counts[group] / sizes[name], DIGITS) for name, counts in counted.items()}
        for group in groups
        if any(counts[group] for counts in counted.values())
    }
