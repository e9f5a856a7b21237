"""How our collections are laid out in Qdrant Edge: its settings with their reasons, points and filters in its words.

Edge's `MatchValue` takes Python's True for the integer 1, which matches no boolean and falls back to reading every
payload (144 ms for a count that takes 0.6). So flags are stored as the integers 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    HnswIndexConfig,
    IntegerIndexParams,
    IsEmptyCondition,
    KeywordIndexParams,
    MatchAny,
    MatchValue,
    Memory,
    RangeFloat,
    ScalarQuantizationConfig,
    ScalarType,
)

from indexing.index import IndexPoint
from indexing.qdrant_filters import (
    BODY,
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

_FLOAT_BYTES = 4
# From the files as they lie there: read into memory's own form they filter no faster, and opening 1,068,000 passages
# holds the interpreter's lock, and every search with it, 9 CPU-seconds where this takes 1.5.
_FILTERS = Memory.Cached


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """How shards are built and searched.

    Measured with 64,142 passages of 42,270 people (384 numbers a vector, 105,570 points with the markers) on one
    thread; recall is of the first 100 against an exact search. The tables are in docs/decisions/0005-edge-layout.md.
    """

    hnsw_m: int = 16  # .989 in .98 ms; 24 has .992 in 1.05 ms, 32 .993 in 1.15
    hnsw_ef_construct: int = 200
    # A floor, unless the release names its own: a search looks at no fewer than its limit. Filtered searches take half.
    hnsw_ef: int = 512
    # int8 beside the originals, which rescore: a scan takes 2.6 ms where fp32 takes 11.8, at the same recall of 250.
    # Oversampling by 2 doubles the time.
    oversampling: float = 1.0
    quantile: float = 0.99
    # A collection or a filter with no more points than this is scanned: recall 1.0, 20,000 of 105,570 points in 3.5 ms,
    # most of it for the filter. Qdrant divides the vectors' bytes by all points, markers too, so that the true limit
    # is half as many again. At 50,000 this collection had no graph at all and every search scanned it (2.6 ms for 1.0).
    scan_below_points: int = 20_000
    # In large collections ACORN loses its way where few are kept: of 1,201,600 points 3 % had .90, and slower than a
    # scan. So a twentieth of the passages is scanned, as long as that takes a dozen milliseconds.
    scan_below_share: float = 0.05
    scan_at_most_points: int = 60_000
    # Larger ones hop over neighbours that the filter leaves out (ACORN): with 55 % kept .986 at ef 256 for 4 ms. Plain
    # filtered search takes 1.6 ms and has .935, but now and then it is stranded where it began: 1 hit where 100 were.
    acorn_below_share: float = 0.9
    index_above_kilobytes: int = 1_000  # Qdrant's default, 10,000, leaves small collections in their mutable form
    batch_points: int = 512  # one frame on the pipe, about 1.5 MB


def shard_config(dimension: int, settings: EdgeSettings) -> EdgeConfig:
    """The configuration a shard is created with."""
    return EdgeConfig(
        vectors={
            DENSE: EdgeVectorParams(
                size=dimension,
                # Vectors are of unit length: their inner product is the cosine, and they stay bit for bit as given.
                distance=Distance.Dot,
                hnsw_config=HnswIndexConfig(
                    m=settings.hnsw_m,
                    ef_construct=settings.hnsw_ef_construct,
                    full_scan_threshold=settings.scan_below_points * dimension * _FLOAT_BYTES // 1024,
                ),
                quantization_config=ScalarQuantizationConfig(
                    type=ScalarType.Int8, quantile=settings.quantile, memory=Memory.Pinned
                ),
            )
        },
        sparse_vectors={SPARSE: EdgeSparseVectorParams()},
        optimizers=EdgeOptimizersConfig(
            default_segment_number=1,  # one graph: two would each be searched to the full depth
            max_segment_size=1 << 31,
            indexing_threshold=settings.index_above_kilobytes,
        ),
        payload_memory=Memory.Cold,  # read by id only, some 60 at a time: the page cache serves them
        max_search_threads=1,  # one segment to search: handing the empty second to a thread costs .3 ms of CPU a call
        # Nothing is seen before it is flushed, closed and renamed, so a log would only be written to be thrown away.
        wal_enabled=False,
    )


def index_params(kind: FieldKind) -> KeywordIndexParams | IntegerIndexParams:
    """How a filter field is indexed."""
    match kind:
        case "keyword":
            return KeywordIndexParams(enable_hnsw=False, memory=_FILTERS)
        case "integer_range":
            return IntegerIndexParams(lookup=False, range=True, enable_hnsw=False, memory=_FILTERS)
        case "integer_lookup" | "bool":
            return IntegerIndexParams(lookup=True, range=False, enable_hnsw=False, memory=_FILTERS)


def edge_payload(point: IndexPoint) -> dict[str, Any]:
    """A point's payload: flags as integers, the caller's part as one JSON text, which reads twice as fast as a tree."""
    stored = stored_payload(point)
    for name, value in stored.items():
        if isinstance(value, bool):
            stored[name] = int(value)
    stored[BODY] = orjson.dumps(stored[BODY]).decode()
    return stored


def edge_filter(asked: Conditions) -> Filter | None:
    """The conditions in Edge's words; None when there are none."""
    if asked.is_empty:
        return None
    return Filter(
        must=[_asked(one) for one in asked.must],
        must_not=[_asked(one) for one in asked.must_not],
        should=[_asked(one) for one in asked.should] or None,
    )


def _asked(condition: Condition) -> FieldCondition | IsEmptyCondition | Filter:
    match condition:
        case Conditions():
            return edge_filter(condition) or Filter()
        case Unknown(key):
            return IsEmptyCondition(key)
        case AnyOf(key, values):
            any_of: Callable[[Any], MatchAny] = MatchAny  # the stubs want all words or all numbers, and so are ours
            return FieldCondition(key, match=any_of(list(values)))
        case AtLeast(key, value):
            return FieldCondition(key, range=RangeFloat(gte=float(value)))
        case Is(key, value):
            return FieldCondition(key, match=MatchValue(int(value)))
