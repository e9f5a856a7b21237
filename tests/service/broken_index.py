"""An index that fails, or keeps its caller waiting, put in the place of the one that serves."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

from indexing.errors import IndexUnavailable
from tests.service.conftest import Running

QUESTIONS = ("search_dense", "search_sparse", "count_people", "count_values", "find_people", "read", "read_dense")


class AwayIndex:
    """Answers nothing, as a server that is away."""

    def __getattr__(self, name: str) -> Any:
        if name not in QUESTIONS:
            raise AttributeError(name)
        return self._away

    def _away(self, *_: Any, **__: Any) -> None:
        raise IndexUnavailable("The Qdrant server cannot be used: the connection failed (4 tries).")

    def close(self) -> None:
        """Nothing is open."""


class HeldIndex:
    """Holds whoever asks until `may_answer`; then it is the index that it stands before."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.may_answer = Event()
        self.asked = 0  # searches that got as far as this

    def search_sparse(self, *arguments: Any, **options: Any) -> Any:
        """The index's, once that is allowed."""
        self.asked += 1
        assert self.may_answer.wait(20), "the search was held and never let go"
        return self._index.search_sparse(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


def put_in(service: Running, make: Callable[[Any], Any]) -> Any:
    """Let the release that serves search in another index, made of its own."""
    opened = live(service).opened
    opened.index = make(opened.index)
    return opened.index


def live(service: Running) -> Any:
    """What serves now."""
    return service.client.app.state.service.lane.live  # type: ignore[attr-defined]
