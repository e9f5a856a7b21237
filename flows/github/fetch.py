"""Who people are and what they own: fetched in batches, page by page where there is more, never dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, update

from flows.github import queries
from flows.github.answers import Missing
from flows.github.client import GitHubClient
from flows.github.holes import BatchSize, Outcome, Walk, ask_each, still_there
from flows.github.journal import FOUND, FOUND_IN, PEOPLE, REPOSITORIES, WORKS, IsErased, delete_people
from flows.github.passes import USER, Account, Pass
from flows.github.people import person_row, public, repository_row, work_row

BATCH = 25  # people in one question
FIRST = 30  # repositories in the first page: most people own fewer


class Fetcher:
    """Brings the people of a pass to the stage where their profile and their own repositories are known."""

    def __init__(self, client: GitHubClient, under_way: Pass, *, is_erased: IsErased, most_repositories: int) -> None:
        self._client = client
        self._pass = under_way
        self._is_erased = is_erased
        self._most = most_repositories
        self._size = BatchSize(BATCH)
        self._walk = Walk()

    def step(self) -> int:
        """Fetch one batch of people; how many that were."""
        batch = self._walk.next(
            lambda after: self._pass.unfetched(self._size.now, after=after), lambda each: each.node_id
        )
        accounts = {each.node_id: each for each in batch}
        variables = {"first": min(FIRST, self._most)}
        for came in (
            ask_each(self._client, queries.PERSON_AND_WORK, list(accounts), variables=variables, size=self._size)
            if accounts
            else ()
        ):
            missing = [one for one, node in came.items() if node is Missing.GONE]
            there = still_there(self._client, missing) if missing else set()
            self._forget([one for one in missing if one not in there])
            whole = {one: node for one, node in came.items() if isinstance(node, dict)}
            self._keep([(accounts[one], node) for one, node in whole.items()])
            for one in came:
                if one not in whole and (came[one] is Missing.REFUSED or one in there):
                    self._piecemeal(accounts[one])
        return len(accounts)

    def _keep(self, answered: Sequence[tuple[Account, dict[str, Any]]], *, unknown: str = "") -> None:
        """Write down people and their first repositories, and who turned out to be no person."""
        fetched_at = now_text()
        repositories: dict[str, dict[str, Any]] = {}
        people, works, others = [], [], []
        for account, node in answered:
            if node["__typename"] != USER:
                others.append((account.node_id, str(node["__typename"])))
                continue
            if self._is_erased(node["login"], _text(node.get("databaseId")), account.node_id):
                others.append((account.node_id, ""))
                continue
            page = node.get("repositories")
            mine = public((page or {}).get("nodes") or ())
            row = person_row(account.node_id, node, fetched_at, stage="activity")
            row |= {"unknown": unknown or ("" if page else "repositories")}
            row |= _next(page, len((page or {}).get("nodes") or ()), self._most, stage="owned", after="activity")
            people.append(row)
            repositories |= {each["id"]: repository_row(each, fetched_at) for each in mine}
            works += [work_row(account.node_id, each, is_owned=True) for each in mine]
        journal = self._pass.journal
        with journal.transaction() as connection:
            ids = [row["node_id"] for row in people]
            connection.execute(delete(WORKS).where(WORKS.c.person_id.in_(ids)))
            journal.put(connection, PEOPLE, people)
            journal.put(connection, REPOSITORIES, list(repositories.values()))
            journal.put(connection, WORKS, works)
            for node_id, kind in others:
                mine_found = (FOUND.c.selection == self._pass.key) & (FOUND.c.node_id == node_id)
                if kind:
                    connection.execute(update(FOUND).where(mine_found).values(kind=kind))
                else:
                    delete_people(connection, [node_id])
                    connection.execute(delete(FOUND).where(FOUND.c.node_id == node_id))
                    connection.execute(delete(FOUND_IN).where(FOUND_IN.c.node_id == node_id))

    def _piecemeal(self, account: Account) -> None:
        """A person who is too much for one question: fewer repositories, the profile alone, the name alone."""
        for question, variables in (
            (queries.PERSON_AND_WORK, {"first": 5}),
            (queries.PERSON_AND_WORK, {"first": 1}),
            (queries.PERSON, {}),
        ):
            node = self._one(question, account.node_id, variables)
            if isinstance(node, dict):
                self._keep([(account, node)])
                return
        bare = {"__typename": USER, "login": account.login, "databaseId": account.database_id}
        self._keep([(account, bare)], unknown="profile")

    def _one(self, question: str, node_id: str, variables: dict[str, Any]) -> Outcome:
        came: dict[str, Outcome] = {}
        for each in ask_each(self._client, question, [node_id], variables=variables):
            came |= each
        return came[node_id]

    def _forget(self, node_ids: Sequence[str]) -> None:
        """Deleted or suspended since they were found: nothing of them stays."""
        if not node_ids:
            return
        with self._pass.journal.transaction() as connection:
            delete_people(connection, node_ids)
            self._pass.mark(connection, node_ids, "gone")


def now_text() -> str:
    """This second, as GitHub writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _next(page: dict[str, Any] | None, came: int, most: int, *, stage: str, after: str) -> dict[str, Any]:
    """The stage of somebody after a page: the same while there is more to fetch, with where to go on."""
    info = (page or {}).get("pageInfo") or {}
    if info.get("hasNextPage") and info.get("endCursor") and came < most:
        return {"stage": stage, "cursor": cursor_of(came, page, info["endCursor"])}
    return {"stage": after, "cursor": None}


def cursor_of(have: int, page: dict[str, Any] | None, after: str) -> str:
    """Where to go on, how many there are by then, and how many in all: the next page asks for no more than that."""
    return f"{have}:{(page or {}).get('totalCount') or 0}:{after}"


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
