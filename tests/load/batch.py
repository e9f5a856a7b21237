"""A batch of a hundred needs against the same hundred sent one after another."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from statistics import median

from indexing.open_release import QUERY_CACHE
from tests.load.client import Client

SIZE = 100


@dataclass(frozen=True, slots=True)
class Throughput:
    """Searches a second, singly and in batches, each the median of the rounds."""

    singly: float
    batched: float

    @property
    def ratio(self) -> float:
        """How many times as many searches a second batches do."""
        return self.batched / self.singly

    def __str__(self) -> str:
        """One line for the table."""
        return f"{self.batched:.0f} against {self.singly:.0f} searches/s singly: {self.ratio:.2f} times"


def measure(port: int, queries: Iterator[str], *, rounds: int = 5) -> Throughput:
    """Send `SIZE` distinct queries singly, then the same in one batch, several times over with new ones.

    Between the two the query cache is filled with others: the batch would find every vector in it.
    """
    client = Client(port)
    singly, batched = [], []
    for _ in range(rounds):
        texts = list(islice(queries, SIZE))
        started = time.perf_counter()
        alone = [_post(client, "/agent_search", {"query": text}) for text in texts]
        singly.append(SIZE / (time.perf_counter() - started))
        _forget(client, queries)
        started = time.perf_counter()
        together = _post(client, "/agent_search/batch", {"searches": [{"query": text} for text in texts]})
        batched.append(SIZE / (time.perf_counter() - started))
        assert [_people(one) for one in together["answers"]] == [_people(one) for one in alone]
    client.close()
    return Throughput(median(singly), median(batched))


def _forget(client: Client, queries: Iterator[str]) -> None:
    for _ in range(QUERY_CACHE // SIZE + 1):
        others = [{"query": text, "limit": 1, "explain": False} for text in islice(queries, SIZE)]
        _post(client, "/agent_search/batch", {"searches": others})


def _post(client: Client, path: str, body: dict[str, object]) -> dict[str, list[dict[str, object]]]:
    status, answer = client.post(path, body)
    assert status == 200, answer[:300]
    found: dict[str, list[dict[str, object]]] = json.loads(answer)
    return found


def _people(answer: dict[str, object]) -> list[tuple[object, object]]:
    candidates = answer["candidates"]
    assert isinstance(candidates, list)
    return [(one["login"], one["score"]) for one in candidates]
