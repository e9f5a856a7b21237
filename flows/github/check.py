"""Asking cheaply, a hundred people a point, who moved since they were fetched, who was renamed, who is gone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from flows.github import queries
from flows.github.answers import Missing
from flows.github.client import GitHubClient
from flows.github.holes import BatchSize, Walk, ask_each, still_there
from flows.github.journal import FOUND, FOUND_IN, PEOPLE, IsErased, delete_people
from flows.github.passes import Pass
from flows.github.people import latest_push

AT_ONCE = 100


class Checker:
    """Marks people as kept, stale or gone."""

    def __init__(self, client: GitHubClient, under_way: Pass, *, is_erased: IsErased) -> None:
        self._client = client
        self._pass = under_way
        self._is_erased = is_erased
        self._size = BatchSize(AT_ONCE)
        self._walk = Walk()

    def step(self) -> int:
        """Check one batch of people; how many that were."""
        batch = self._walk.next(
            lambda after: self._pass.unchecked(self._size.now, after=after), lambda row: str(row["node_id"])
        )
        known = {row["node_id"]: row for row in batch}
        for came in ask_each(self._client, queries.MOVED, list(known), size=self._size) if known else ():
            missing = [one for one, node in came.items() if node is Missing.GONE]
            there = still_there(self._client, missing) if missing else set()
            gone = [one for one in missing if one not in there]
            nodes = {one: node for one, node in came.items() if isinstance(node, dict)}
            with self._pass.journal.transaction() as connection:
                delete_people(connection, gone)
                self._pass.mark(connection, gone, "gone")
                # Who cannot be checked is kept as known.
                self._pass.mark(connection, [one for one in came if one not in gone], "kept")
                for one, node in nodes.items():
                    if self._is_erased(node.get("login"), None, one):
                        delete_people(connection, [one])
                        for table in (FOUND, FOUND_IN):
                            connection.execute(table.delete().where(table.c.node_id == one))
                    elif _has_moved(known[one], node):
                        connection.execute(update(PEOPLE).where(PEOPLE.c.node_id == one).values(stage="stale"))
        return len(known)


def _has_moved(row: dict[str, Any], node: dict[str, Any]) -> bool:
    """Whether the profile, the repositories or what was pushed to them is not as it was fetched."""
    latest = node.get("latest") or {}
    seen = (node.get("login"), node.get("updatedAt"), latest.get("totalCount"), latest_push(node))
    return seen != (row["login"], row["updated_at"], row["public_repos"], row["pushed_at"])
