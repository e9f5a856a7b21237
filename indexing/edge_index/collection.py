"""The index port on Qdrant Edge: one opened shard, searched in this process, never written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import orjson
from qdrant_edge import (
    AcornSearchParams,
    CountRequest,
    EdgeShard,
    FacetRequest,
    Filter,
    HasVectorCondition,
    QuantizationSearchParams,
    Query,
    QueryRequest,
    ScoredPoint,
    ScrollRequest,
    SearchParams,
)
from qdrant_edge import SparseVector as EdgeSparseVector

from indexing.edge_index.models import EdgeSettings, edge_filter
from indexing.encoder import FloatArray
from indexing.errors import IndexUnavailable, ReadOnlyIndex
from indexing.index import CountedField, Filters, Hits, IndexPoint, Payload, SparseVector
from indexing.passages import person_of
from indexing.qdrant_filters import BODY, DENSE, LOGIN, MARKER, SPARSE, AnyOf, Conditions, Is, conditions, point_fields
from indexing.vectors import checked_dense, checked_sparse

_NO_FILTERS = Filters()
_SCROLL = 512  # points in one call, which holds the interpreter's lock
# Edge keeps any of those that tie at the limit. Works of many people have the same text and so the same score: a few
# more are fetched, and more again while all of these tie too, up to the last of the steps.
_TIE_ROOM = (16, 64, 256, 1024)


class EdgeIndex:
    """One opened shard. Safe between threads: every call holds the interpreter's lock from beginning to end."""

    def __init__(
        self,
        shard: EdgeShard,
        *,
        collection: str,
        dimension: int,
        settings: EdgeSettings,
        on_close: Callable[[], None],
    ) -> None:
        self._shard: EdgeShard | None = shard
        self._collection = collection
        self._dimension = dimension
        self._on_close = on_close
        self.settings = settings
        quantisation = QuantizationSearchParams(rescore=True, oversampling=settings.oversampling)
        acorn = AcornSearchParams(enable=True, max_selectivity=settings.acorn_below_share)
        self._anybody = SearchParams(hnsw_ef=settings.hnsw_ef, quantization=quantisation)
        # ACORN looks further at every step: half the depth finds as many.
        self._filtered = SearchParams(hnsw_ef=settings.hnsw_ef // 2, quantization=quantisation, acorn=acorn)

    def search_dense(
        self, vector: FloatArray, *, limit: int, filters: Filters = _NO_FILTERS, exact: bool = False
    ) -> Hits:
        """The passages nearest to a unit vector; `exact` looks at every one."""
        query = Query.Nearest(checked_dense(vector, self._dimension).tolist(), using=DENSE)
        params = self._anybody if filters.is_empty else self._filtered
        return self._search(query, limit, filters, SearchParams(exact=True) if exact else params)

    def search_sparse(self, vector: SparseVector, *, limit: int, filters: Filters = _NO_FILTERS) -> Hits:
        """The passages with the largest inner product above 0."""
        checked_sparse(vector)
        self._opened()
        if not vector.indices:
            return _hits([])
        terms = EdgeSparseVector(list(vector.indices), list(vector.values))
        hits = self._search(Query.Nearest(terms, using=SPARSE), limit, filters, None)
        found = hits.scores > 0
        return hits if found.all() else Hits(hits.points[found], hits.scores[found])

    def count_people(self, filters: Filters = _NO_FILTERS) -> int:
        """How many people the filters keep, exactly: each has one marker point."""
        return self._count(edge_filter(conditions(filters, markers_only=True)))

    def count_values(self, field: CountedField, *, limit: int, filters: Filters = _NO_FILTERS) -> dict[str, int]:
        """The values that most people have, and how many of those whom the filters keep."""
        # `exact` counts for every value anew, lest a point be in two segments: 35 ms for 900 topics, the interpreter
        # locked, where 6 ms give the same numbers. A point is in one segment here, the shard being optimised once.
        kept = edge_filter(conditions(filters, markers_only=True))
        shard = self._opened()
        if limit < 1:
            return {}
        with translated("count values"):
            return {str(hit.value): hit.count for hit in shard.facet(FacetRequest(field, limit=limit, filter=kept))}

    def count_passages(self) -> int:
        """How many points have a dense vector."""
        return self._count(Filter(must=[HasVectorCondition(DENSE)]))

    def find_people(self, logins: Sequence[str]) -> dict[str, int]:
        """The ordinals of those logins (any case) that are here, keyed as they were asked."""
        folded = sorted({login.casefold() for login in logins})
        shard = self._opened()
        if not folded:
            return {}
        markers = edge_filter(Conditions(must=(Is(MARKER, True), AnyOf(LOGIN, tuple(folded)))))
        with translated("find people"):
            records, _ = shard.scroll(ScrollRequest(limit=len(folded), filter=markers, with_payload=[LOGIN]))
        ordinals = {record.payload[LOGIN]: person_of(_number(record.id)) for record in records if record.payload}
        return {login: ordinals[login.casefold()] for login in logins if login.casefold() in ordinals}

    def read(self, points: Sequence[int]) -> list[Payload | None]:
        """Payloads in the order asked; None where there is no such point."""
        ids = [int(point) for point in points]
        with translated("read payloads"):
            records = self._opened().retrieve(list(dict.fromkeys(ids)), with_payload=[BODY], with_vector=False)
        found = {_number(record.id): orjson.loads(record.payload[BODY]) for record in records if record.payload}
        return [found.get(point) for point in ids]

    def read_dense(self, points: Sequence[int]) -> list[FloatArray | None]:
        """Dense vectors in the order asked; None where the point is missing or has none."""
        ids = [int(point) for point in points]
        with translated("read vectors"):
            records = self._opened().retrieve(list(dict.fromkeys(ids)), with_payload=False, with_vector=[DENSE])
        found: dict[int, FloatArray] = {}
        for record in records:
            vectors: Any = record.vector
            if vectors and DENSE in vectors:
                found[_number(record.id)] = np.asarray(vectors[DENSE], dtype=np.float32)
        return [found.get(point) for point in ids]

    def points(self) -> Iterator[IndexPoint]:
        """Every point as it was built, in ascending id."""
        start: Any = None
        while True:
            request = ScrollRequest(limit=_SCROLL, offset=start, with_payload=True, with_vector=True)
            with translated("read points"):
                records, start = self._opened().scroll(request)
            yield from (_point(record) for record in records)
            if start is None:
                return

    def delete_people(self, people: Sequence[int]) -> int:
        """Always ReadOnlyIndex: the files are shared with every other process that opened the collection."""
        raise ReadOnlyIndex(
            "Qdrant Edge collections are not changed in place; build a new release without these people."
        )

    def delete_points(self, points: Sequence[int]) -> None:
        """Always ReadOnlyIndex, as for people."""
        self.delete_people(points)

    def close(self) -> None:
        """Close the shard and remove this process's copy of it."""
        shard, self._shard = self._shard, None
        if shard is not None:
            try:
                with translated("close"):
                    shard.close()
            finally:
                self._on_close()

    def _search(self, query: Any, limit: int, filters: Filters, params: SearchParams | None) -> Hits:
        shard = self._opened()
        asked = edge_filter(conditions(filters))
        hits = _hits([])
        for room in _TIE_ROOM if limit > 0 else ():
            request = QueryRequest(limit=limit + room, query=query, filter=asked, params=params)
            with translated("search"):
                hits = _hits(shard.query(request))
            if len(hits) < limit + room or hits.scores[limit - 1] > hits.scores[-1]:
                break
        return Hits(hits.points[:limit], hits.scores[:limit])

    def _count(self, condition: Filter | None) -> int:
        with translated("count"):
            return self._opened().count(CountRequest(exact=True, filter=condition))

    def _opened(self) -> EdgeShard:
        if self._shard is None:
            raise IndexUnavailable(f"The collection {self._collection} has been closed; open it again.")
        return self._shard


@contextlib.contextmanager
def translated(act: str) -> Iterator[None]:
    """Turns what Qdrant Edge raises into IndexUnavailable."""
    try:
        yield
    except BaseException as error:
        # Edge raises bare `Exception`, and a panic in it arrives as a BaseException that cannot be imported.
        if isinstance(error, IndexUnavailable) or not (
            type(error) is Exception or type(error).__name__ == "PanicException"
        ):
            raise
        raise IndexUnavailable(f"Qdrant Edge could not {act}: {str(error)[:200]}") from error


def _number(point: Any) -> int:
    return int(point)  # the stubs allow UUIDs; ours are numbers


def _point(record: Any) -> IndexPoint:
    stored, vectors = record.payload, record.vector or {}
    dense, sparse = vectors.get(DENSE), vectors.get(SPARSE)
    terms = sorted(zip(sparse.indices, sparse.values, strict=True)) if sparse is not None else []
    return IndexPoint(
        point_id=_number(record.id),
        fields=point_fields(stored),
        payload=orjson.loads(stored[BODY]),
        login=stored.get(LOGIN),
        dense=None if dense is None else np.asarray(dense, dtype=np.float32),
        sparse=SparseVector(tuple(term for term, _ in terms), tuple(weight for _, weight in terms)) if terms else None,
    )


def _hits(points: Sequence[ScoredPoint]) -> Hits:
    numbers: Any = [point.id for point in points]
    ids = np.array(numbers, dtype=np.uint64)
    scores = np.array([point.score for point in points], dtype=np.float32)
    order = np.lexsort((ids, -scores))
    return Hits(ids[order], scores[order])
