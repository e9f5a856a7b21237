"""Finding everybody: searches cut into slices, slices into pages, each page journalled; lists beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson

from flows.github import queries
from flows.github.answers import Answer, Missing
from flows.github.client import GitHubClient, TooMuch
from flows.github.holes import FEW_TRIES
from flows.github.journal import IsErased
from flows.github.lists import ROUNDS, Found, Lists, accounts_of
from flows.github.passes import Account, Part, Pass, SliceRow
from flows.github.search_query import SearchQuery, read_query
from flows.github.selection import Selection
from flows.github.slices import MOST, PAGE, Cell, cut_many
from flows.sources.port import Say
from indexing.errors import Unavailable

COUNTED_AT_ONCE = 10  # searches counted in one call, for one point
LONG_ROUNDS = 40  # over pages of a search that cannot be cut: an order that changes shows everybody in the end


class Finder:
    """Finds the accounts of one selection, and writes them down as they come."""

    def __init__(
        self,
        client: GitHubClient,
        under_way: Pass,
        selection: Selection,
        *,
        is_erased: IsErased,
        say: Say,
        now: datetime,
    ) -> None:
        self._client = client
        self._pass = under_way
        self._selection = selection
        self._found = Found(under_way, selection, is_erased=is_erased)
        self._lists = Lists(client, under_way, selection, self._found, is_erased=is_erased, say=say)
        self._say = say
        self._queries = [read_query(text, now=now) for text in selection.queries]

    def plan(self) -> None:
        """Write down every slice: searches cut until each counts at most 1,000, lists as they are."""
        if self._pass.is_planned():
            return
        if not self._pass.slices(limit=1):
            self._pass.add(list(self._first_slices()))
        self._cut_all(MOST, is_page=False)
        self._pass.note_planned()

    def collect(self) -> None:
        """Write down everybody in every slice, up to the limit of the selection."""
        while not self._found.is_enough() and (waiting := self._pass.slices(state="open", limit=COUNTED_AT_ONCE // 2)):
            large = [one for one in waiting if one.kind == "query" and (one.people or 0) > PAGE]
            if large:
                self._cut_some(large, is_page=True)
                continue
            for one in waiting:
                self._visit(one)
                if self._found.is_enough():
                    break

    def count(self, searches: Sequence[str]) -> list[int]:
        """How many accounts match each search."""
        counted: list[int] = []
        for start in range(0, len(searches), COUNTED_AT_ONCE):
            counted += self._count_some(searches[start : start + COUNTED_AT_ONCE])
        return counted

    def _first_slices(self) -> Iterable[Part]:
        texts = [query.text for query in self._queries]
        for place, (query, people) in enumerate(zip(self._queries, self.count(texts), strict=True)):
            yield Part("query", query.text, _bounds(Cell(query), place), people)
        for login in self._selection.organisations:
            yield Part("members", f"members of {login}", login, None)
        for name in self._selection.repositories:
            yield Part("contributors", f"contributors of {name}", name, None)
        if self._selection.logins:
            yield Part("logins", "accounts by name", "", None)

    def _cut_all(self, most: int, *, is_page: bool) -> None:
        tried: set[int] = set()
        while True:
            waiting = self._pass.slices(state="open", at_least=most + 1)
            waiting = [one for one in waiting if one.kind == "query" and one.number not in tried]
            if not waiting:
                return
            self._cut_some(waiting[: COUNTED_AT_ONCE // 2], is_page=is_page)
            tried.update(one.number for one in waiting[: COUNTED_AT_ONCE // 2])

    def _cut_some(self, rows: Sequence[SliceRow], *, is_page: bool) -> None:
        cells = [(self._cell(one), one.people or 0) for one in rows]
        for one, halves in zip(rows, cut_many(cells, self.count), strict=True):
            if halves is None:
                if is_page:
                    self._visit_in_rounds(one)
                continue
            place = orjson.loads(one.bounds)["query"]
            parts = [
                Part("query", cell.text, _bounds(cell, place), people, one.part_of if is_page else None)
                for cell, people in halves
            ]
            self._pass.add(
                parts, instead_of=one.number, state="paged" if one.part_of == one.number and is_page else "cut"
            )

    def _visit(self, one: SliceRow) -> None:
        if one.kind == "query":
            self._visit_page(one)
        else:
            self._lists.visit(one)

    def _visit_page(self, one: SliceRow) -> None:
        """One page shows everybody at one moment, or is asked for again."""
        seen: dict[str, Account | None] = {}
        people, gone = one.people or 0, 0
        for again in range(ROUNDS):
            answer = self._search(one.name, None)
            page = answer.data["search"]
            people = int(page["userCount"])
            if people > PAGE:  # more than there were: cut it like any other
                self._pass.change(one.number, people=people)
                return
            seen |= accounts_of(page["nodes"])
            gone = _gone(answer)
            if len(seen) >= people or (again and len(seen) + gone >= people):
                break
        self._found.keep(one, seen, people=people, gone=min(gone, max(0, people - len(seen))), state="done")

    def _visit_in_rounds(self, one: SliceRow) -> None:
        """Pages over and over: for more people than a page holds, all of the same second and number of followers."""
        seen: dict[str, Account | None] = {}
        people, idle = one.people or 0, 0
        for _ in range(LONG_ROUNDS):
            before, after = len(seen), None
            while True:
                page = self._search(one.name, after).data["search"]
                people = int(page["userCount"])
                seen |= accounts_of(page["nodes"])
                if not page["pageInfo"]["hasNextPage"] or not page["pageInfo"]["endCursor"]:
                    break
                after = page["pageInfo"]["endCursor"]
            idle = idle + 1 if len(seen) == before else 0
            if len(seen) >= people or idle >= ROUNDS:
                break
        if len(seen) < people:
            self._say(f"GitHub shows {len(seen):,} of {people:,} accounts of {one.name}, which cannot be cut further.")
        self._found.keep(one, seen, people=people, state="done")

    def _search(self, text: str, after: str | None) -> Answer:
        return self._client.ask(queries.FOUND, {"query": text, "first": PAGE, "after": after})

    def _count_some(self, searches: Sequence[str]) -> list[int]:
        question = queries.counts(len(searches))
        variables = {f"q{place}": text for place, text in enumerate(searches)}
        try:
            data = self._client.ask(question, variables, tries=FEW_TRIES if len(searches) > 1 else None).data
            counted = [data.get(f"c{place}") for place in range(len(searches))]
        except TooMuch as error:
            if len(searches) == 1:
                raise Unavailable("GitHub does not count a search; the same command goes on from here.") from error
            counted = [None] * len(searches)
        if len(searches) == 1 and counted[0] is None:
            raise Unavailable("GitHub does not count a search; the same command goes on from here.")
        return [
            self._count_some([text])[0] if each is None else int(each["userCount"])
            for text, each in zip(searches, counted, strict=True)
        ]

    def _cell(self, one: SliceRow) -> Cell:
        bounds = orjson.loads(one.bounds)
        created, followers = bounds["created"], bounds["followers"]
        return Cell(
            self._query(bounds["query"]),
            (created[0], created[1]) if created else None,
            (followers[0], followers[1]) if followers else None,
        )

    def _query(self, place: int) -> SearchQuery:
        return self._queries[place]


def _gone(answer: Answer) -> int:
    """Accounts that a search still counts and shows as nothing: deleted, and not yet out of GitHub's index."""
    nodes = enumerate(answer.data["search"]["nodes"])
    return sum(node is None and answer.missing("search", "nodes", place) is Missing.GONE for place, node in nodes)


def _bounds(cell: Cell, query: int) -> str:
    return orjson.dumps({"query": query, "created": cell.created, "followers": cell.followers}).decode()
