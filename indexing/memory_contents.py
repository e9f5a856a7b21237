"""What a collection in memory holds, laid out for searching and counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from indexing.encoder import FloatArray
from indexing.index import CountedField, Filters, IndexPoint, PersonFields, keeps
from indexing.passages import point_id


@dataclass(frozen=True, slots=True)
class Contents:
    """What a collection holds at one moment, laid out for searching."""

    points: Mapping[int, IndexPoint]
    people: Mapping[int, PersonFields]  # those with a marker
    dense_ids: NDArray[np.uint64]
    dense: FloatArray
    sparse_ids: NDArray[np.uint64]
    terms: Mapping[int, int]  # term id -> row of `sparse`
    sparse: csr_array  # terms x points


def contents_of(points: Iterable[IndexPoint], dimension: int) -> Contents:
    """The points laid out; of two with one id the later counts."""
    by_id = {point.point_id: point for point in points}
    ordered = [by_id[number] for number in sorted(by_id)]
    with_dense = [point for point in ordered if point.dense is not None]
    with_sparse = [(point, point.sparse) for point in ordered if point.sparse is not None and point.sparse.indices]
    terms = {term: row for row, term in enumerate(sorted({t for _, vector in with_sparse for t in vector.indices}))}
    rows = [terms[term] for _, vector in with_sparse for term in vector.indices]
    columns = [column for column, (_, vector) in enumerate(with_sparse) for _ in vector.indices]
    weights = np.array([weight for _, vector in with_sparse for weight in vector.values], np.float32)
    return Contents(
        points=by_id,
        people={point.fields.person: point.fields for point in ordered if is_marker(point)},
        dense_ids=np.array([point.point_id for point in with_dense], np.uint64),
        dense=np.array([point.dense for point in with_dense], np.float32).reshape(-1, dimension),
        sparse_ids=np.array([point.point_id for point, _ in with_sparse], np.uint64),
        terms=terms,
        sparse=csr_array((weights, (rows, columns)), shape=(len(terms), len(with_sparse))),
    )


def is_marker(point: IndexPoint) -> bool:
    """Whether this is the point that stands for the person."""
    return point.point_id == point_id(point.fields.person, 0)


def count_values(people: Iterable[PersonFields], field: CountedField, filters: Filters) -> list[tuple[str, int]]:
    """Each value and how many of the people kept have it, most people first, then in the order of the values."""
    counts: Counter[str] = Counter()
    for fields in people:
        known = getattr(fields, field) if keeps(fields, filters) else None
        counts.update({known} if isinstance(known, str) else set(known or ()))
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
