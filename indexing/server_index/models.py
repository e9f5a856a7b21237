"""Our points and filters in qdrant-client's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qdrant_client import models

from indexing.index import IndexPoint
from indexing.qdrant_filters import (
    DENSE,
    SPARSE,
    AnyOf,
    AtLeast,
    Condition,
    Conditions,
    FieldKind,
    Is,
    Unknown,
    stored_payload,
)
from indexing.server_index.layout import LARGEST_LIST


def point_struct(point: IndexPoint) -> models.PointStruct:
    """A passage as the server stores it."""
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse is not None and point.sparse.indices:
        vectors[SPARSE] = models.SparseVector(indices=list(point.sparse.indices), values=list(point.sparse.values))
    return models.PointStruct(id=point.point_id, vector=vectors, payload=stored_payload(point))


def index_params(kind: FieldKind) -> models.PayloadSchemaParams:
    """How a filter field is indexed."""
    match kind:
        case "keyword":
            return models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD)
        case "integer_lookup":
            return models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=True, range=False)
        case "integer_range":
            return models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=False, range=True)
        case "bool":
            return models.BoolIndexParams(type=models.BoolIndexType.BOOL)


def server_filter(asked: Conditions) -> models.Filter | None:
    """The conditions in qdrant-client's words; None when there are none."""
    return None if asked.is_empty else required_filter(asked)


def required_filter(asked: Conditions) -> models.Filter:
    """The same where an endpoint insists on a filter."""
    return models.Filter(
        must=[_asked(condition) for condition in asked.must],
        must_not=[_asked(condition) for condition in asked.must_not],
        should=[_asked(condition) for condition in asked.should] or None,
    )


def _asked(condition: Condition) -> models.Condition:
    match condition:
        case Conditions():
            return required_filter(condition)
        case Unknown(key):
            return models.IsEmptyCondition(is_empty=models.PayloadField(key=key))
        case AnyOf(key, values):
            parts = [values[start : start + LARGEST_LIST] for start in range(0, len(values), LARGEST_LIST)]
            return _any_of(key, values) if len(parts) < 2 else models.Filter(should=[_any_of(key, p) for p in parts])
        case AtLeast(key, value):
            return models.FieldCondition(key=key, range=models.Range(gte=value))
        case Is(key, value):
            return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def _any_of(key: str, values: Sequence[str] | Sequence[int]) -> models.FieldCondition:
    # The client types its list as all words or all numbers, and so is ours.
    wanted: Any = list(values)
    return models.FieldCondition(key=key, match=models.MatchAny(any=wanted))
