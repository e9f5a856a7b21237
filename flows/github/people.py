"""GitHub's answers as rows of the journal: what the raw contract wants, free of e-mail addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from indexing.raw_data.text import clean_text, may_hold_address

HALF_YEAR = timedelta(days=182)
SECOND = timedelta(seconds=1)
NO_LICENCE = ("NOASSERTION", "NONE")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time whose activity is asked for; both ends belong to it."""

    start: datetime
    end: datetime

    def halves(self) -> tuple[Window, Window]:
        """The later half and the earlier one."""
        middle = (self.start + (self.end - self.start) / 2).replace(microsecond=0)
        return Window(middle + SECOND, self.end), Window(self.start, middle)


@dataclass(slots=True)
class Activity:
    """What is known of a person's commits, from the latest window back; `is_whole` until a window was refused."""

    since: datetime
    is_whole: bool = True
    commits: dict[str, int] = field(default_factory=dict)  # by the repository's node id
    first_at: dict[str, str] = field(default_factory=dict)
    last_at: dict[str, str] = field(default_factory=dict)
    repositories: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, window: Mapping[str, Any] | None) -> None:
        """Take in one window, older than those before; None when GitHub refused it."""
        if window is None:
            self.is_whole = False
            return
        for each in window["commitContributionsByRepository"] or ():
            repository = each["repository"]
            if repository.get("isPrivate"):
                continue
            node_id, contributions = repository["id"], each["contributions"]
            self.repositories[node_id] = repository
            self.commits[node_id] = self.commits.get(node_id, 0) + int(contributions["totalCount"])
            latest = _moment_of(contributions)
            # An older window says nothing of the latest commit while a later one is unknown.
            if latest and self.is_whole:
                self.last_at[node_id] = max(latest, self.last_at.get(node_id, ""))
            earliest = _moment_of(each.get("earliest"))
            if earliest:
                self.first_at[node_id] = min(earliest, self.first_at.get(node_id, "9"))

    def of(self, node_id: str, *, created_at: str | None) -> dict[str, Any]:
        """Commits, first and last of them in a repository; None for what nobody said.

        The first one is known when the windows reach back to before the repository was there.
        """
        reaches_back = created_at is not None and datetime.fromisoformat(created_at) >= self.since
        return {
            "commits": self.commits.get(node_id) if self.is_whole else None,
            "first_at": self.first_at.get(node_id) if self.is_whole and reaches_back else None,
            "last_at": self.last_at.get(node_id),
        }


def windows_before(end: datetime, years: int) -> list[Window]:
    """The half-years before a moment, the latest first: over a whole year GitHub refuses its busiest accounts."""
    windows = []
    for _ in range(2 * years):
        windows.append(Window(end - HALF_YEAR, end))
        end -= HALF_YEAR + SECOND
    return windows


def person_row(node_id: str, node: Mapping[str, Any], fetched_at: str, *, stage: str) -> dict[str, Any]:
    """A row of the journal's people."""
    latest = node.get("latest") or {}
    row = {
        "name": _text(node.get("name")),
        "company": _text(node.get("company")),
        "location": _text(node.get("location")),
        "bio": _text(node.get("bio")),
        "hireable": node.get("isHireable"),
        "followers": _total(node.get("followers")),
        "following": _total(node.get("following")),
        "created_at": node.get("createdAt"),
        "fetched_at": fetched_at,
    }
    return {
        "node_id": node_id,
        "database_id": node.get("databaseId"),
        "login": node["login"],
        "stage": stage,
        "cursor": None,
        "updated_at": node.get("updatedAt"),
        "pushed_at": latest_push(node),
        "public_repos": latest.get("totalCount"),
        "unknown": "",
        "row": orjson.dumps(row),
    }


def repository_row(node: Mapping[str, Any], fetched_at: str) -> dict[str, Any]:
    """A row of the journal's repositories."""
    owner = node["owner"]
    licence = (node.get("licenseInfo") or {}).get("spdxId")
    topics = (node.get("repositoryTopics") or {}).get("nodes") or ()
    row = {
        "id": node.get("databaseId"),
        "description": _text(node.get("description")),
        "language": (node.get("primaryLanguage") or {}).get("name"),
        "topics": [each["topic"]["name"] for each in topics if each],
        "stargazers_count": node.get("stargazerCount"),
        "forks_count": node.get("forkCount"),
        "fork": node.get("isFork"),
        "archived": node.get("isArchived"),
        "license": None if licence in NO_LICENCE else licence,
        "created_at": node.get("createdAt"),
        "pushed_at": node.get("pushedAt"),
        "fetched_at": fetched_at,
    }
    return {
        "node_id": node["id"],
        "owner_id": owner.get("id"),
        "owner": owner["login"],
        "name": node["name"],
        "row": orjson.dumps(row),
    }


def work_row(
    person_id: str, node: Mapping[str, Any], activity: Activity | None = None, *, is_owned: bool = False
) -> dict[str, Any]:
    """A row of the journal's works: what a person has to do with a repository."""
    known: dict[str, Any] = {"commits": None, "first_at": None, "last_at": None}
    if activity is not None:
        known = activity.of(node["id"], created_at=node.get("createdAt"))
    return {
        "person_id": person_id,
        "repository_id": node["id"],
        "role": "owner" if is_owned or node["owner"].get("id") == person_id else "contributor",
        **known,
    }


def latest_push(node: Mapping[str, Any]) -> str | None:
    """When something was last pushed to a repository of a person's own."""
    nodes = (node.get("latest") or {}).get("nodes") or ()
    return next((each["pushedAt"] for each in nodes if each), None)


def public(nodes: Iterable[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """The repositories that everybody may see, without the holes of an answer."""
    return [node for node in nodes if node and not node.get("isPrivate")]


def _text(text: str | None) -> str | None:
    if text and may_hold_address(text):
        return clean_text(text) or None
    return text or None


def _total(connection: Mapping[str, Any] | None) -> int | None:
    return None if connection is None else connection.get("totalCount")


def _moment_of(contributions: Mapping[str, Any] | None) -> str | None:
    nodes = (contributions or {}).get("nodes") or ()
    return next((str(node["occurredAt"]) for node in nodes if node and node.get("occurredAt")), None)
