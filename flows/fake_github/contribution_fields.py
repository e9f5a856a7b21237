"""What somebody did between two moments: totals, the calendar, and to which repositories they committed most."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from graphql import GraphQLResolveInfo

from flows.fake_github import objects
from flows.fake_github.account_fields import Fields, seconds
from flows.fake_github.accounts import stamp
from flows.fake_github.activity import is_busy, is_heaviest, opened_repositories, per_day
from flows.fake_github.asking import Asking
from flows.fake_github.pages import GitHubError
from flows.fake_github.population import DAY

_HALF_YEAR = 184 * DAY
_YEAR = 366 * DAY
_LEVELS = ("NONE", "FIRST_QUARTILE", "SECOND_QUARTILE", "THIRD_QUARTILE", "FOURTH_QUARTILE")
_COLOURS = ("#ebedf0", "#9be9a8", "#40c463", "#30a14e", "#216e39")


def contributions(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """Contributions from one moment to another, a year at most; the last year when nothing is said."""
    asking: Asking = info.context
    population, ordinal = asking.world.population, source["_ordinal"]
    begin, end = _span(asking, arguments)
    if asking.refuses_heavy and end > begin:
        is_long = end - begin > _HALF_YEAR and is_busy(population, ordinal)
        if is_long or is_heaviest(population, ordinal):
            raise GitHubError("RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded.")
    days = per_day(population, ordinal, begin // DAY, end // DAY)
    commits, issues, pull_requests, reviews = (int(total) for total in days.sum(axis=0))
    opened = opened_repositories(population, ordinal, begin, end)
    anything = commits + issues + pull_requests + reviews + opened
    first_year, last_year = (datetime.fromtimestamp(int(column[ordinal]), UTC).year for column in (
        population.created, population.active))  # fmt: skip
    return {
        "__typename": "ContributionsCollection",
        "_ordinal": ordinal,
        "_days": (begin // DAY, days),
        "_commits": commits,
        "user": source,
        "startedAt": stamp(begin),
        "endedAt": stamp(end),
        "totalCommitContributions": commits,
        "totalIssueContributions": issues,
        "totalPullRequestContributions": pull_requests,
        "totalPullRequestReviewContributions": reviews,
        "totalRepositoryContributions": opened,
        "totalRepositoriesWithContributedCommits": len(_most_committed(asking, ordinal, commits)),
        "restrictedContributionsCount": 0,
        "hasAnyContributions": anything > 0,
        "hasActivityInThePast": begin > int(population.created[ordinal]),
        "contributionYears": list(range(last_year, first_year - 1, -1)),
    }


def _span(asking: Asking, arguments: dict[str, Any]) -> tuple[int, int]:
    begin = seconds(arguments["from"]) if arguments.get("from") else None
    end = seconds(arguments["to"]) if arguments.get("to") else None
    if begin is None and end is None:
        end = asking.world.now
    begin = end - 365 * DAY if begin is None and end is not None else begin or 0
    end = min(begin + 365 * DAY, asking.world.now) if end is None else end
    if end - begin > _YEAR:
        raise GitHubError("VALIDATION", "The total time spanned by 'from' and 'to' must not exceed 1 year")
    return begin, max(begin, end)


def calendar(source: Fields, _info: GraphQLResolveInfo) -> Fields:
    """The days by weeks, Sunday first, and the months they lie in."""
    first_day, days = source["_days"]
    totals = days.sum(axis=1)
    weeks: list[Fields] = []
    months: dict[tuple[int, int], Fields] = {}
    for number, total in enumerate(totals):
        date = datetime.fromtimestamp((first_day + number) * DAY, UTC)
        weekday = date.isoweekday() % 7
        text = date.strftime("%Y-%m-%d")
        if weekday == 0 or not weeks:
            weeks.append({"firstDay": text, "contributionDays": []})
            month = months.setdefault(
                (date.year, date.month),
                {"firstDay": text, "name": date.strftime("%b"), "totalWeeks": 0, "year": date.year},
            )
            month["totalWeeks"] += 1
        level = min(4, (int(total) + 2) // 3)
        weeks[-1]["contributionDays"].append(
            {"date": text, "weekday": weekday, "contributionCount": int(total), "contributionLevel": _LEVELS[level],
             "color": _COLOURS[level]}
        )  # fmt: skip
    return {
        "totalContributions": int(totals.sum()),
        "weeks": weeks,
        "months": list(months.values()),
        "colors": list(_COLOURS[1:]),
        "isHalloween": False,
    }


def by_repository(source: Fields, info: GraphQLResolveInfo, *, maxRepositories: int = 25, **_: Any) -> list[Fields]:  # noqa: N803
    """The repositories committed to, most first."""
    asking: Asking = info.context
    if maxRepositories > 100:
        raise GitHubError("EXCESSIVE_PAGINATION", "Requesting too many repositories: `maxRepositories` is at most 100.")
    shares = _most_committed(asking, source["_ordinal"], source["_commits"])[:maxRepositories]
    found = [(objects.repository(asking.world, number), count) for number, count in shares]
    return [
        {
            "repository": repository,
            "_days": source["_days"],
            "_commits": count,
            "_user": source["user"],
            "url": repository["url"],
            "resourcePath": repository["resourcePath"],
        }
        for repository, count in found
        if repository is not None
    ]


def by_day(source: Fields, _info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """The days with commits, the latest first unless asked otherwise; `totalCount` is of commits, as GitHub's is."""
    first_day, days = source["_days"]
    active = np.flatnonzero(days[:, 0]) + first_day
    order = arguments.get("orderBy") or {}
    if order.get("direction", "DESC") == "DESC":
        active = active[::-1]
    shown = active[: arguments.get("first") or arguments.get("last") or 100].tolist()
    nodes = [
        {
            "__typename": "CreatedCommitContribution",
            "occurredAt": stamp(day * DAY + DAY // 3),
            "commitCount": int(days[day - first_day, 0]),
            "isRestricted": False,
            "repository": source["repository"],
            "user": source["_user"],
        }
        for day in shown
    ]
    has_more = len(shown) < len(active)
    page = {"hasNextPage": has_more, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    return {
        "totalCount": source["_commits"],
        "nodes": nodes,
        "edges": [{"node": node} for node in nodes],
        "pageInfo": page,
    }


def _most_committed(asking: Asking, ordinal: int, commits: int) -> list[tuple[int, int]]:
    """Up to five repositories with their part of so many commits."""
    world = asking.world
    helped = world.ties.contributions.of_account(ordinal)
    targets = [*helped[:2], *list(world.population.repositories(ordinal))[:3]]
    there = [number for number in targets if world.is_there[world.population.owner(number)]]
    parts = np.array([len(there) - place for place in range(len(there))])
    if not there or not commits:
        return []
    counts = commits * parts // parts.sum()
    counts[0] += commits - counts.sum()
    return [(number, int(count)) for number, count in zip(there, counts, strict=True) if count]
