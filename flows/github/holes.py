"""Asking for many by id, and for fewer wherever an answer has holes, until each has come or is known to be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from flows.github import queries
from flows.github.answers import Missing
from flows.github.client import TRIES, GitHubClient, TooMuch
from indexing.errors import Unavailable

T = TypeVar("T")
FEW_TRIES = 3  # of a question that can be cut in two
SOME_TRIES = 6  # of a question about one: what is left out then is unknown for good
Outcome = dict[str, Any] | Missing  # the node as GitHub gave it, or GONE or REFUSED


class Walk:
    """Batches of what is left to do, in the order of ids: from where the last one ended, and once more from the start.

    Always from the start, every batch would pass over all that is done.
    """

    def __init__(self) -> None:
        self._after = ""

    def next(self, left: Callable[[str], list[T]], node_id: Callable[[T], str]) -> list[T]:
        """The next batch; empty when nothing is left."""
        batch = left(self._after)
        if not batch and self._after:
            batch = left("")
        self._after = node_id(batch[-1]) if batch else ""
        return batch


class BatchSize:
    """How many to ask for at once: half after "too much", slowly more while all goes well."""

    def __init__(self, most: int) -> None:
        self.now = most
        self._most = most

    def was_too_much(self) -> None:
        """Ask for half as many from now on."""
        self.now = max(1, self.now // 2)

    def went_well(self) -> None:
        """Ask for one more."""
        self.now = min(self._most, self.now + 1)


def ask_each(
    client: GitHubClient,
    question: str,
    ids: Sequence[str],
    *,
    variables: Mapping[str, Any] | None = None,
    size: BatchSize | None = None,
) -> Iterator[dict[str, Outcome]]:
    """What comes for each id, response by response. Unavailable when GitHub answers nothing at all."""
    waiting: list[Sequence[str]] = [ids]
    failures: dict[str, int] = {}
    while waiting:
        asked = waiting.pop()
        try:
            answer = client.ask(
                question, {**(variables or {}), "ids": asked}, tries=FEW_TRIES if len(asked) > 1 else SOME_TRIES
            )
        except TooMuch as error:
            if size is not None and len(asked) > 1:
                size.was_too_much()
            if len(asked) > 1:
                waiting += [asked[len(asked) // 2 :], asked[: len(asked) // 2]]
                continue
            if not error.is_refused:
                _make_sure_it_answers(client)
            yield {asked[0]: Missing.REFUSED}
            continue
        came: dict[str, Outcome] = {}
        again = []
        for place, (one, node) in enumerate(answer.nodes(asked).items()):
            is_torn = isinstance(node, dict) and answer.is_torn("nodes", place) and failures.get(one, 0) < SOME_TRIES
            if is_torn or node is Missing.UNANSWERED or (node is Missing.REFUSED and len(asked) > 1):
                failures[one] = failures.get(one, 0) + 1
                if failures[one] > TRIES:
                    raise Unavailable("GitHub answers with errors only; the same command goes on from here.")
                again.append(one)
            else:
                came[one] = node
        if size is not None and not again:
            size.went_well()
        # One by one: who is refused must not take the others along.
        waiting += [[one] for one in reversed(again)]
        yield came


def still_there(client: GitHubClient, ids: Sequence[str]) -> set[str]:
    """Which of those missing from an answer are there when nothing else is asked of them."""
    there: set[str] = set()
    for came in ask_each(client, queries.IS_THERE, ids):
        there |= {one for one, node in came.items() if node is not Missing.GONE}
    return there


def _make_sure_it_answers(client: GitHubClient) -> None:
    """Tell a question that is too much from a GitHub that is down: the client gives up on the second."""
    client.ask(f"query {{ {queries.RATE} }}")
