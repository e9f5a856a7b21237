"""How collections lie on a Qdrant server, and the largest requests they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from qdrant_client import models

from indexing.errors import InputError
from indexing.qdrant_filters import DENSE, SPARSE

# What strict mode lets through is what this project asks for at most; larger requests are cut or split here, so that
# the limits stop mistakes and strangers, never a search of ours.
LARGEST_LIMIT = 20_000  # points in one answer: a leg goes down to 8,000 by itself, a tuned first look may ask for more
LARGEST_LIST = 1_000  # ids, logins or ordinals in one request or condition: far below the server's 32 MB for a body
_MOST_CONDITIONS = 2_000  # of one filter: lists of the API have 100 values, and exclusions are split by LARGEST_LIST
_LARGEST_EF = 10_000  # the most a version may be tuned to
_OVERSAMPLING = 1.0  # twice as many doubles the time at the same recall (docs/decisions/0005-edge-layout.md)

Quantisation = Literal["none", "int8"]


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How collections are made on a server, each number with its reason."""

    shard_number: int = 1
    replication_factor: int = 1
    write_consistency_factor: int = 1  # replicas that must have a write before it is answered
    is_strict: bool = True
    quantisation: Quantisation = "none"
    on_disk: bool = False  # original vectors and payloads read from disk; int8 copies stay in memory
    hnsw_m: int = 16  # Qdrant's own default
    hnsw_ef_construct: int = 128
    hnsw_ef: int = 128
    indexing_threshold_kb: int = 10_000  # Qdrant's own default; below it a full scan is as quick as a graph
    upload_batch: int = 128  # 384 numbers and some KB of payload each: about 1 MB a request
    heartbeat_seconds: float = 30.0
    stale_after_seconds: float = 900.0  # thirty missed heartbeats: longer than a stop-the-world or a skewed clock
    poll_seconds: float = 0.5
    index_timeout_seconds: float = 7200.0

    def __post_init__(self) -> None:
        if self.write_consistency_factor > self.replication_factor:
            raise InputError(
                f"VIVIER_QDRANT_WRITE_CONSISTENCY is {self.write_consistency_factor}, more than the "
                f"{self.replication_factor} of VIVIER_QDRANT_REPLICAS: no write could ever be confirmed.",
                field="VIVIER_QDRANT_WRITE_CONSISTENCY",
            )


def collection_layout(settings: ServerSettings, *, dimension: int, hnsw_m: int) -> dict[str, Any]:
    """What `create_collection` is told beside the name and the metadata."""
    # Dot: the vectors are of unit length, and cosine would normalise them once more and change their bits.
    dense = models.VectorParams(size=dimension, distance=models.Distance.DOT, on_disk=settings.on_disk or None)
    return {
        "vectors_config": {DENSE: dense},
        "sparse_vectors_config": {SPARSE: models.SparseVectorParams()},
        "shard_number": settings.shard_number,
        "replication_factor": settings.replication_factor,
        "write_consistency_factor": settings.write_consistency_factor,
        "on_disk_payload": settings.on_disk or None,
        "hnsw_config": models.HnswConfigDiff(m=hnsw_m, ef_construct=settings.hnsw_ef_construct),
        # 0: no graph while points arrive; it is made once, when all of them and the payload indexes are there.
        "optimizers_config": models.OptimizersConfigDiff(indexing_threshold=0),
        "quantization_config": _quantisation(settings),
        "strict_mode_config": strict_mode(settings) if settings.is_strict else None,
    }


def search_params(*, hnsw_ef: int, is_exact: bool) -> models.SearchParams:
    """How deep a dense search looks; int8 copies, where there are some, are rescored by the originals."""
    if is_exact:
        return models.SearchParams(exact=True)
    quantisation = models.QuantizationSearchParams(rescore=True, oversampling=_OVERSAMPLING)
    return models.SearchParams(hnsw_ef=hnsw_ef, quantization=quantisation)


def strict_mode(settings: ServerSettings) -> models.StrictModeConfig:
    """Limits that every request of this project keeps."""
    return models.StrictModeConfig(
        enabled=True,
        unindexed_filtering_retrieve=False,  # every field a filter names has an index
        unindexed_filtering_update=False,
        max_query_limit=LARGEST_LIMIT,
        filter_max_conditions=_MOST_CONDITIONS,
        condition_max_size=LARGEST_LIST,
        search_max_hnsw_ef=_LARGEST_EF,
        search_allow_exact=True,  # a build checks itself against an exact search
        search_max_oversampling=_OVERSAMPLING,
        upsert_max_batchsize=settings.upload_batch,
    )


def _quantisation(settings: ServerSettings) -> models.ScalarQuantization | None:
    if settings.quantisation == "none":
        return None
    # As on Edge: a scan takes a quarter of the time at the same recall (docs/decisions/0005-edge-layout.md).
    scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
    return models.ScalarQuantization(scalar=scalar)
