"""What people did of late: repositories contributed to, and commits in half-year windows; unknown where refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, update

from flows.github import queries
from flows.github.client import GitHubClient
from flows.github.fetch import cursor_of, now_text
from flows.github.holes import BatchSize, Outcome, Walk, ask_each
from flows.github.journal import PEOPLE, REPOSITORIES, WORKS, IsErased
from flows.github.passes import Pass
from flows.github.people import Activity, Window, public, repository_row, work_row

BATCH = 20  # people in one question
FIRST_CONTRIBUTED = 10  # repositories in the first page: most people contribute to fewer
SMALLEST_DAYS = 80  # half-years are cut once: a quarter that is refused is unknown
REPOSITORIES_AT_ONCE = 100
_NEVER = datetime.max.replace(tzinfo=UTC)


class ActivityFetcher:
    """Brings the people of a pass from "activity" to "done"."""

    def __init__(
        self,
        client: GitHubClient,
        under_way: Pass,
        windows: Sequence[Window],
        *,
        is_erased: IsErased,
        most_repositories: int,
    ) -> None:
        self._client = client
        self._pass = under_way
        self._windows = list(windows)
        self._is_erased = is_erased
        self._most = most_repositories
        self._size = BatchSize(BATCH)
        self._walk, self._named = Walk(), Walk()

    def step(self) -> int:
        """Fetch the activity of one batch of people; how many that were."""
        batch = self._walk.next(
            lambda after: self._pass.at_stage("activity", self._size.now, after=after), lambda each: each[0]
        )
        ids = [node_id for node_id, _ in batch]
        if not ids:
            return 0
        question = queries.activity(len(self._windows), with_contributed=True)
        variables = {"first": min(FIRST_CONTRIBUTED, self._most), **_bounds(self._windows)}
        for came in ask_each(self._client, question, ids, variables=variables, size=self._size):
            whole = {one: node for one, node in came.items() if isinstance(node, dict) and self._is_whole(node)}
            self._keep([self._told(one, node) for one, node in whole.items()])
            for one in came:
                if one not in whole:
                    self._keep([self._piecemeal(one)])
        return len(ids)

    def step_repositories(self) -> int:
        """Fetch some repositories that only a window named; how many that were."""
        journal = self._pass.journal
        ids = self._named.next(self._unknown_repositories, str)
        for came in ask_each(self._client, queries.REPOSITORIES, ids) if ids else ():
            fetched_at = now_text()
            nodes = {one: node for one, node in came.items() if isinstance(node, dict) and self._is_shown(node)}
            with journal.transaction() as connection:
                rows = [repository_row({**node, "id": one}, fetched_at) for one, node in nodes.items()]
                journal.put(connection, REPOSITORIES, rows)
                gone = [one for one in came if one not in nodes]
                connection.execute(delete(WORKS).where(WORKS.c.repository_id.in_(gone)))
        return len(ids)

    def _unknown_repositories(self, after: str) -> list[str]:
        known = select(REPOSITORIES.c.node_id).where(REPOSITORIES.c.node_id == WORKS.c.repository_id).exists()
        unknown = (
            select(WORKS.c.repository_id)
            .where(WORKS.c.repository_id > after, ~known)
            .distinct()
            .order_by(WORKS.c.repository_id)
            .limit(REPOSITORIES_AT_ONCE)
        )
        with self._pass.journal.transaction() as connection:
            return list(connection.execute(unknown).scalars())

    def _is_whole(self, node: dict[str, Any]) -> bool:
        names = ["repositoriesContributedTo", *(f"w{place}" for place in range(len(self._windows)))]
        return all(node.get(name) is not None for name in names)

    def _is_shown(self, node: dict[str, Any]) -> bool:
        return (
            node.get("__typename") == "Repository"
            and not node.get("isPrivate")
            and not self._is_erased(node["owner"]["login"], None, node["owner"].get("id"))
        )

    def _told(self, node_id: str, node: dict[str, Any]) -> tuple[str, dict[str, Any] | None, Activity]:
        activity = self._nothing_known()
        for place in range(len(self._windows)):
            activity.add(node[f"w{place}"])
        return node_id, node["repositoriesContributedTo"], activity

    def _piecemeal(self, node_id: str) -> tuple[str, dict[str, Any] | None, Activity]:
        """A person who is too much for one question: each part by itself, windows cut once more, then unknown."""
        contributed = None
        for first in (min(FIRST_CONTRIBUTED, self._most), 5, 1):
            node = self._one(queries.activity(0, with_contributed=True), node_id, {"first": first})
            if isinstance(node, dict) and node.get("repositoriesContributedTo") is not None:
                contributed = node["repositoriesContributedTo"]
                break
        activity = self._nothing_known()
        for window in self._windows:
            for told in self._told_of(node_id, window):
                activity.add(told)
        return node_id, contributed, activity

    def _told_of(self, node_id: str, window: Window) -> list[dict[str, Any] | None]:
        """What GitHub says of a window, the latest part first; None for a part that it refuses."""
        node = self._one(queries.activity(1, with_contributed=False), node_id, _bounds([window]))
        if isinstance(node, dict) and node.get("w0") is not None:
            return [node["w0"]]
        if (window.end - window.start).days <= SMALLEST_DAYS * 2:
            return [None]
        return [told for half in window.halves() for told in self._told_of(node_id, half)]

    def _one(self, question: str, node_id: str, variables: dict[str, Any]) -> Outcome:
        came: dict[str, Outcome] = {}
        for each in ask_each(self._client, question, [node_id], variables=variables):
            came |= each
        return came[node_id]

    def _nothing_known(self) -> Activity:
        return Activity(since=self._windows[-1].start if self._windows else _NEVER)

    def _keep(self, told: Sequence[tuple[str, dict[str, Any] | None, Activity]]) -> None:
        fetched_at = now_text()
        repositories: dict[str, dict[str, Any]] = {}
        works: dict[tuple[str, str], dict[str, Any]] = {}
        changes: list[tuple[str, dict[str, Any]]] = []
        for node_id, page, activity in told:
            for each in activity.repositories.values():
                if not self._is_erased(each["owner"]["login"], None, each["owner"].get("id")):
                    works[node_id, each["id"]] = work_row(node_id, each, activity)
            mine = [
                each
                for each in public((page or {}).get("nodes") or ())
                if not self._is_erased(each["owner"]["login"], None, each["owner"].get("id"))
            ]
            for each in mine:
                works[node_id, each["id"]] = work_row(node_id, each, activity)
                repositories[each["id"]] = repository_row(each, fetched_at)
            changes.append((node_id, self._after(page, activity)))
        journal = self._pass.journal
        with journal.transaction() as connection:
            journal.put(connection, REPOSITORIES, list(repositories.values()))
            journal.put(connection, WORKS, list(works.values()))
            for node_id, values in changes:
                connection.execute(update(PEOPLE).where(PEOPLE.c.node_id == node_id).values(**values))

    def _after(self, page: dict[str, Any] | None, activity: Activity) -> dict[str, Any]:
        values: dict[str, Any] = {"stage": "done", "cursor": None}
        if page is None or not activity.is_whole:
            values["unknown"] = "activity"
        info = (page or {}).get("pageInfo") or {}
        came = len((page or {}).get("nodes") or ())
        if info.get("hasNextPage") and info.get("endCursor") and came < self._most:
            values |= {"stage": "contributed", "cursor": cursor_of(came, page, info["endCursor"])}
        return values


def _bounds(windows: Sequence[Window]) -> dict[str, str]:
    bounds = {}
    for place, window in enumerate(windows):
        bounds[f"from{place}"] = window.start.strftime("%Y-%m-%dT%H:%M:%SZ")
        bounds[f"to{place}"] = window.end.strftime("%Y-%m-%dT%H:%M:%SZ")
    return bounds
