"""The second and later pages of repositories, for several people in one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from flows.github import queries
from flows.github.answers import Answer
from flows.github.client import GitHubClient, TooMuch
from flows.github.fetch import cursor_of, now_text
from flows.github.holes import FEW_TRIES, SOME_TRIES, Walk
from flows.github.journal import PEOPLE, REPOSITORIES, WORKS, IsErased
from flows.github.passes import Pass
from flows.github.people import public, repository_row, work_row

PEOPLE_AT_ONCE = 5
PAGE = 70  # beside the first page of 30: a hundred
STAGES = {  # stage: (connection, the stage that follows)
    "owned": ("repositories", "activity"),
    "contributed": ("repositoriesContributedTo", "done"),
}


@dataclass(frozen=True, slots=True)
class _Waiting:
    node_id: str
    have: int
    total: int  # 0: not known
    after: str


class Pager:
    """Fetches what did not fit a first page."""

    def __init__(self, client: GitHubClient, under_way: Pass, *, is_erased: IsErased, most_repositories: int) -> None:
        self._client = client
        self._pass = under_way
        self._is_erased = is_erased
        self._most = most_repositories
        self._walk = Walk()

    def step(self, stage: str) -> int:
        """Fetch a page for some people at a stage; how many that were."""
        waiting = self._walk.next(
            lambda after: self._pass.at_stage(stage, PEOPLE_AT_ONCE, after=after), lambda each: each[0]
        )
        if waiting:
            self._fetch(stage, [_read(node_id, cursor) for node_id, cursor in waiting], PAGE)
        return len(waiting)

    def _fetch(self, stage: str, waiting: list[_Waiting], size: int, *, torn: int = 0) -> None:
        connection = STAGES[stage][0]
        left = max(min(each.total or self._most, self._most) - each.have for each in waiting)
        variables: dict[str, Any] = {"first": max(1, min(size, left))}
        for place, each in enumerate(waiting):
            variables |= {f"i{place}": each.node_id, f"a{place}": each.after}
        question = queries.more_repositories(connection, len(waiting))
        try:
            answer = self._client.ask(question, variables, tries=FEW_TRIES if len(waiting) > 1 else SOME_TRIES)
        except TooMuch:
            answer = Answer({})
        came, left_out = [], []
        for place, each in enumerate(waiting):
            page = (answer.data.get(f"p{place}") or {}).get(connection)
            is_torn = answer.is_torn(f"p{place}") and torn < SOME_TRIES  # a hole, or nothing, and both may pass
            if page is None or is_torn:
                left_out.append((each, is_torn))
            else:
                came.append((each, page))
        self._keep(stage, came)
        for each, is_torn in left_out:
            if is_torn:
                self._fetch(stage, [each], size, torn=torn + 1)
            elif len(waiting) > 1:
                self._fetch(stage, [each], size)
            elif size > 1:
                self._fetch(stage, waiting, size // 4 or 1)
            else:
                self._close(stage, each.node_id, connection)

    def _keep(self, stage: str, came: list[tuple[_Waiting, dict[str, Any]]]) -> None:
        fetched_at = now_text()
        repositories: dict[str, dict[str, Any]] = {}
        works: list[dict[str, Any]] = []
        changes: list[tuple[str, dict[str, Any]]] = []
        for each, page in came:
            mine = [
                one
                for one in public(page["nodes"])[: self._most - each.have]
                if not self._is_erased(one["owner"]["login"], None, one["owner"].get("id"))
            ]
            repositories |= {one["id"]: repository_row(one, fetched_at) for one in mine}
            works += [work_row(each.node_id, one, is_owned=stage == "owned") for one in mine]
            have = each.have + len(page["nodes"])
            after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
            is_over = not after or have >= self._most
            changes.append(
                (
                    each.node_id,
                    {"stage": STAGES[stage][1], "cursor": None}
                    if is_over
                    else {"cursor": cursor_of(have, page, str(after))},
                )
            )
        journal = self._pass.journal
        with journal.transaction() as connection:
            journal.put(connection, REPOSITORIES, list(repositories.values()))
            # Commits that a window told of stay: a work that is there is left as it is.
            journal.put(connection, WORKS, works, replace=False)
            for node_id, values in changes:
                connection.execute(update(PEOPLE).where(PEOPLE.c.node_id == node_id).values(**values))

    def _close(self, stage: str, node_id: str, connection_name: str) -> None:
        """Even one repository is refused: what there is of them stays, the rest is unknown."""
        with self._pass.journal.transaction() as connection:
            mine = update(PEOPLE).where(PEOPLE.c.node_id == node_id)
            connection.execute(mine.values(stage=STAGES[stage][1], cursor=None, unknown=connection_name))


def _read(node_id: str, cursor: str | None) -> _Waiting:
    have, total, after = (cursor or "0:0:").split(":", 2)
    return _Waiting(node_id, int(have), int(total), after)
