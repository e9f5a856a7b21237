"""The index port on a Qdrant server or cluster: one opened collection, searched through qdrant-client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from qdrant_client import QdrantClient, models

from indexing.encoder import FloatArray
from indexing.errors import IndexUnavailable
from indexing.index import CountedField, Filters, Hits, IndexPoint, Payload, SparseVector
from indexing.qdrant_filters import (
    BODY,
    DENSE,
    LOGIN,
    MARKER,
    PERSON,
    SPARSE,
    AnyOf,
    Conditions,
    conditions,
    point_fields,
)
from indexing.server_index.calls import ServerCalls
from indexing.server_index.layout import LARGEST_LIMIT, LARGEST_LIST, search_params
from indexing.server_index.models import required_filter, server_filter
from indexing.vectors import checked_dense, checked_sparse

_SCROLL = 256  # points with their vectors in one answer: some 2 MB
_NO_FILTERS = Filters()
Answer = TypeVar("Answer")


class ServerIndex:
    """One collection on a server. Deletes in place: a replica needs no switch to forget somebody."""

    def __init__(
        self, client: QdrantClient, calls: ServerCalls, collection: str, *, dimension: int, hnsw_ef: int | None
    ) -> None:
        self._client = client
        self._calls = calls
        self._collection = collection
        self._dimension = dimension
        self._hnsw_ef = hnsw_ef
        self._is_closed = False

    def search_dense(
        self, vector: FloatArray, *, limit: int, filters: Filters = _NO_FILTERS, exact: bool = False
    ) -> Hits:
        """The passages nearest to a unit vector; `exact` looks at every one."""
        query = checked_dense(vector, self._dimension).tolist()
        # No ef: the emulator, which is exact and warns about parameters.
        params = None if self._hnsw_ef is None else search_params(hnsw_ef=self._hnsw_ef, is_exact=exact)
        return self._search(query, using=DENSE, limit=limit, filters=filters, params=params)

    def search_sparse(self, vector: SparseVector, *, limit: int, filters: Filters = _NO_FILTERS) -> Hits:
        """The passages with the largest inner product above 0."""
        checked_sparse(vector)
        if not vector.indices:
            self._refuse_when_closed()
            return _hits([])
        query = models.SparseVector(indices=list(vector.indices), values=list(vector.values))
        hits = self._search(query, using=SPARSE, limit=limit, filters=filters, params=None)
        found = hits.scores > 0
        return Hits(hits.points[found], hits.scores[found])

    def count_people(self, filters: Filters = _NO_FILTERS) -> int:
        """How many people the filters keep, exactly: each has one marker point."""
        return self._count(server_filter(conditions(filters, markers_only=True)))

    def count_values(self, field: CountedField, *, limit: int, filters: Filters = _NO_FILTERS) -> dict[str, int]:
        """The values that most people have, and how many of those whom the filters keep, exactly."""
        self._refuse_when_closed()
        if limit < 1:
            return {}
        kept = server_filter(conditions(filters, markers_only=True))
        ask = partial(self._client.facet, self._collection, field, facet_filter=kept, limit=limit, exact=True)
        return {str(hit.value): hit.count for hit in self._run(ask).hits}

    def count_passages(self) -> int:
        """How many points have a dense vector."""
        return self._count(models.Filter(must=[models.HasVectorCondition(has_vector=DENSE)]))

    def find_people(self, logins: Sequence[str]) -> dict[str, int]:
        """The ordinals of those logins (any case) that are here, keyed as they were asked."""
        self._refuse_when_closed()
        ordinals: dict[str, int] = {}
        folded = sorted({login.casefold() for login in logins})
        for start in range(0, len(folded), LARGEST_LIST):
            ordinals |= self._ordinals(folded[start : start + LARGEST_LIST])
        return {login: ordinals[login.casefold()] for login in logins if login.casefold() in ordinals}

    def read(self, points: Sequence[int]) -> list[Payload | None]:
        """Payloads in the order asked; None where there is no such point."""
        records = self._retrieve(points, [BODY], False)
        found = {int(record.id): (record.payload or {}).get(BODY, {}) for record in records}
        return [found.get(int(point)) for point in points]

    def read_dense(self, points: Sequence[int]) -> list[FloatArray | None]:
        """Dense vectors in the order asked; None where the point is missing or has none."""
        found: dict[int, FloatArray] = {}
        for record in self._retrieve(points, False, [DENSE]):
            vectors = record.vector if isinstance(record.vector, dict) else {}
            if vectors.get(DENSE) is not None:
                found[int(record.id)] = np.asarray(vectors[DENSE], dtype=np.float32)
        return [found.get(int(point)) for point in points]

    def points(self) -> Iterator[IndexPoint]:
        """Every point as it was built, in ascending id."""
        start: models.ExtendedPointId | None = None
        while True:
            records, start = self._run(
                partial(
                    self._client.scroll,
                    self._collection,
                    limit=_SCROLL,
                    offset=start,
                    with_payload=True,
                    with_vectors=True,
                )
            )
            yield from map(_point, records)
            if start is None:
                return

    def delete_people(self, people: Sequence[int]) -> int:
        """Remove all points of these ordinals, return how many people went."""
        ordinals = sorted({int(person) for person in people})
        gone = 0
        for start in range(0, len(ordinals), LARGEST_LIST):
            batch = tuple(ordinals[start : start + LARGEST_LIST])
            gone += self.count_people(Filters(only_people=batch))
            selector = models.FilterSelector(filter=required_filter(Conditions(must=(AnyOf(PERSON, batch),))))
            self._run(partial(self._client.delete, self._collection, selector, wait=True))
        return gone

    def delete_points(self, points: Sequence[int]) -> None:
        """Remove single points."""
        ids = sorted({int(point) for point in points})
        for start in range(0, len(ids), LARGEST_LIST):
            selector = models.PointIdsList(points=list(ids[start : start + LARGEST_LIST]))
            self._run(partial(self._client.delete, self._collection, selector, wait=True))

    def close(self) -> None:
        """Refuse every later call; the connections belong to the store."""
        self._is_closed = True

    def _search(
        self,
        query: list[float] | models.SparseVector,
        *,
        using: str,
        limit: int,
        filters: Filters,
        params: models.SearchParams | None,
    ) -> Hits:
        self._refuse_when_closed()
        if limit < 1:
            return _hits([])
        answer = self._run(
            lambda: self._client.query_points(
                self._collection,
                query=query,
                using=using,
                limit=min(limit, LARGEST_LIMIT),
                query_filter=server_filter(conditions(filters)),
                search_params=params,
                with_payload=False,
                with_vectors=False,
            )
        )
        return _hits(answer.points)

    def _count(self, condition: models.Filter | None) -> int:
        return self._run(lambda: self._client.count(self._collection, count_filter=condition, exact=True)).count

    def _ordinals(self, folded: list[str]) -> dict[str, int]:
        # No paging: a login has one marker, so there are never more answers than logins.
        wanted = models.Filter(
            must=[
                models.FieldCondition(key=MARKER, match=models.MatchValue(value=True)),
                models.FieldCondition(key=LOGIN, match=models.MatchAny(any=folded)),
            ]
        )
        records, _ = self._run(
            lambda: self._client.scroll(
                self._collection, wanted, limit=len(folded), with_payload=[LOGIN, PERSON], with_vectors=False
            )
        )
        return {record.payload[LOGIN]: int(record.payload[PERSON]) for record in records if record.payload}

    def _retrieve(
        self, points: Sequence[int], payload: list[str] | bool, vectors: list[str] | bool
    ) -> list[models.Record]:
        self._refuse_when_closed()
        ids = list(dict.fromkeys(int(point) for point in points))
        records: list[models.Record] = []
        for start in range(0, len(ids), LARGEST_LIST):
            records += self._retrieve_batch(ids[start : start + LARGEST_LIST], payload, vectors)
        return records

    def _retrieve_batch(
        self, ids: list[int], payload: list[str] | bool, vectors: list[str] | bool
    ) -> list[models.Record]:
        return self._run(
            lambda: self._client.retrieve(self._collection, ids, with_payload=payload, with_vectors=vectors)
        )

    def _run(self, call: Callable[[], Answer]) -> Answer:
        self._refuse_when_closed()
        return self._calls.run(call, collection=self._collection)

    def _refuse_when_closed(self) -> None:
        if self._is_closed:
            raise IndexUnavailable(f"The collection {self._collection} has been closed; open it again.")


def _point(record: models.Record) -> IndexPoint:
    stored = record.payload or {}
    vectors = record.vector if isinstance(record.vector, dict) else {}
    dense, sparse = vectors.get(DENSE), vectors.get(SPARSE)
    terms: list[tuple[int, float]] = []
    if isinstance(sparse, models.SparseVector):
        terms = sorted(zip(sparse.indices, sparse.values, strict=True))
    return IndexPoint(
        point_id=int(record.id),
        fields=point_fields(stored),
        payload=stored.get(BODY, {}),
        login=stored.get(LOGIN),
        dense=None if dense is None else np.asarray(dense, dtype=np.float32),
        sparse=SparseVector(tuple(term for term, _ in terms), tuple(weight for _, weight in terms)) if terms else None,
    )


def _hits(points: Sequence[models.ScoredPoint]) -> Hits:
    ids = np.fromiter((int(point.id) for point in points), dtype=np.uint64, count=len(points))
    scores = np.fromiter((point.score for point in points), dtype=np.float32, count=len(points))
    order = np.lexsort((ids, -scores))
    return Hits(ids[order], scores[order])
