"""Lists of accounts (members of organisations, contributors of repositories, names), and writing accounts down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flows.github import queries
from flows.github.client import GitHubClient
from flows.github.journal import IsErased
from flows.github.passes import BOT, ORGANISATION, USER, Account, Pass, SliceRow
from flows.github.selection import Selection
from flows.github.slices import PAGE
from flows.sources.port import Say

LOGINS_AT_ONCE = 50
ROUNDS = 5  # over pages that show less than they promise


class Found:
    """Writes down who a response shows: nobody who asked to be left out, and no more people than are wanted."""

    def __init__(self, under_way: Pass, selection: Selection, *, is_erased: IsErased) -> None:
        self._pass = under_way
        self._limit = selection.limit
        self._is_erased = is_erased

    def is_enough(self) -> bool:
        """Whether the limit of the selection is reached."""
        return self._limit is not None and self._pass.people_found() >= self._limit

    def keep(self, one: SliceRow, seen: dict[str, Account | None], *, asked_out: int = 0, **values: Any) -> None:
        """Write down accounts of a slice, and how far they bring it."""
        accounts = [each for each in seen.values() if each is not None]
        wanted = [each for each in accounts if not self._is_erased(each.login, _text(each.database_id), each.node_id)]
        asked_out += len(accounts) - len(wanted)
        if self._limit is not None:
            room = self._limit - self._pass.people_found()
            people = [each for each in wanted if each.kind == USER][: max(0, room)]
            wanted = [each for each in wanted if each.kind != USER] + people
        self._pass.found(one, wanted, asked_out=asked_out, **values)


class Lists:
    """Visits the slices that are no searches."""

    def __init__(
        self,
        client: GitHubClient,
        under_way: Pass,
        selection: Selection,
        found: Found,
        *,
        is_erased: IsErased,
        say: Say,
    ) -> None:
        self._client = client
        self._pass = under_way
        self._selection = selection
        self._found = found
        self._is_erased = is_erased
        self._say = say

    def visit(self, one: SliceRow) -> None:
        """Write down everybody on a list."""
        match one.kind:
            case "members":
                self._visit_members(one)
            case "contributors":
                self._visit_contributors(one)
            case _:
                self._visit_logins(one)

    def _visit_members(self, one: SliceRow) -> None:
        after, total = one.cursor, 0
        seen = self._pass.ids_in(one.number)
        for _ in range(ROUNDS):
            totals = set()
            while not self._found.is_enough():
                variables = {"login": one.bounds, "first": PAGE, "after": after}
                organisation = self._client.ask(queries.MEMBERS, variables).data.get("organization")
                if organisation is None:
                    self._nobody(one, f"There is no organisation {one.bounds} that this token may look into.")
                    return
                page = organisation["membersWithRole"]
                total = int(page["totalCount"])
                totals.add(total)
                after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
                new = {node_id: each for node_id, each in accounts_of(page["nodes"]).items() if node_id not in seen}
                seen |= set(new)
                self._found.keep(one, new, cursor=after, people=total)
                if after is None:
                    break
            # Who leaves between two pages moves another one over the edge.
            if self._found.is_enough() or (len(totals) == 1 and len(seen) >= total):
                break
        self._pass.change(one.number, state="done")

    def _visit_contributors(self, one: SliceRow) -> None:
        page = int(one.cursor or 1)
        while not self._found.is_enough():
            route = f"/repos/{one.bounds}/contributors"
            content, has_next = self._client.rest(route, {"per_page": PAGE, "page": page})
            if content is None:
                self._nobody(one, f"There is no repository {one.bounds} that this token may look into.")
                return
            page += 1
            self._found.keep(one, {str(each["node_id"]): _contributor(each) for each in content}, cursor=str(page))
            if not content or not has_next:
                break
        self._pass.change(one.number, state="done", people=len(self._pass.ids_in(one.number)))

    def _nobody(self, one: SliceRow, why: str) -> None:
        self._say(why)
        self._pass.found(one, [], people=0, unknown=1, state="done")

    def _visit_logins(self, one: SliceRow) -> None:
        names = self._selection.logins
        for start in range(int(one.cursor or 0), len(names), LOGINS_AT_ONCE):
            asked = names[start : start + LOGINS_AT_ONCE]
            wanted = [name for name in asked if not self._is_erased(name, None, None)]
            variables = {f"l{place}": name for place, name in enumerate(wanted)}
            data = self._client.ask(queries.logins(len(wanted)), variables).data if wanted else {}
            nodes = [data.get(f"u{place}") for place in range(len(wanted))]
            unknown = [name for name, node in zip(wanted, nodes, strict=True) if node is None]
            if unknown:
                self._say(f"No person has the name {', '.join(unknown)}.")
            self._found.keep(
                one,
                accounts_of([node for node in nodes if node]),
                asked_out=len(asked) - len(wanted),
                unknown=len(unknown),
                cursor=str(start + len(asked)),
                people=len(names),
            )
        self._pass.change(one.number, state="done")


def accounts_of(nodes: Iterable[dict[str, Any] | None]) -> dict[str, Account | None]:
    """Accounts by node id; what has none (an app, a hole) still counts as seen."""
    seen: dict[str, Account | None] = {}
    for place, node in enumerate(nodes):
        if node is None:
            continue
        node_id, login, kind = node.get("id"), str(node.get("login") or ""), str(node.get("__typename") or USER)
        if not node_id:
            seen[f"?{place}"] = None
            continue
        if kind == USER and login.endswith("[bot]"):
            kind = BOT
        seen[node_id] = Account(node_id, node.get("databaseId"), login, kind)
    return seen


def _contributor(each: dict[str, Any]) -> Account:
    kind, login = str(each.get("type") or USER), str(each["login"])
    if login.endswith("[bot]"):
        kind = BOT
    kind = kind if kind in (USER, ORGANISATION, BOT) else BOT
    return Account(str(each["node_id"]), each.get("id"), login, kind)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
