"""`python -m tests.load.quantisation --passages 100000`: what ways to shorten vectors cost and bring, on Qdrant Edge.

One shard for each, of nothing but vectors: the sample's and others drawn around them, as in `tests.load.scale`. Recall
is of the first 100 against an exact search over the originals. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from qdrant_edge import (
    BinaryQuantizationConfig,
    EdgeConfig,
    EdgeShard,
    Memory,
    Point,
    QuantizationSearchParams,
    Query,
    QueryRequest,
    SearchParams,
    TurboQuantBitSize,
    TurboQuantQuantizationConfig,
    UpdateOperation,
)

from indexing.edge_index.models import EdgeSettings, shard_config
from indexing.index import IndexPoint
from indexing.qdrant_filters import DENSE
from tests.load.corpus import SEED, queries
from tests.load.report import machine
from tests.load.scale import CORPUS, copies, sample_workspace, smallest

DEPTH = 300
SEARCHES = 200
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Way:
    """A way to shorten vectors, and how much deeper a search looks before the originals rescore."""

    name: str
    config: Any  # None: no short copies; "int8": as collections are built
    oversampling: Sequence[float] = (1.0,)


WAYS = (
    Way("none", None),
    Way("int8, as built", "int8", (1.0, 2.0)),
    Way(
        "4 bits (TurboQuant)",
        TurboQuantQuantizationConfig(bits=TurboQuantBitSize.Bits4, memory=Memory.Pinned),
        (1.0, 2.0),
    ),
    Way("1 bit (binary)", BinaryQuantizationConfig(memory=Memory.Pinned), (1.0, 2.0, 4.0)),
)


def config_of(way: Way, dimension: int) -> EdgeConfig:
    """The configuration of our collections with another quantisation."""
    usual = shard_config(dimension, EdgeSettings())
    if way.config == "int8":
        return usual
    vectors = usual.vectors[DENSE]
    return EdgeConfig(
        vectors={
            DENSE: type(vectors)(
                size=dimension,
                distance=vectors.distance,
                hnsw_config=vectors.hnsw_config,
                quantization_config=way.config,
            )
        },
        optimizers=usual.optimizers,
        max_search_threads=1,
        wal_enabled=False,
    )


def built(folder: Path, way: Way, points: Iterator[IndexPoint], dimension: int) -> tuple[EdgeShard, float]:
    """A shard of the vectors, and the seconds it took to make."""
    started = time.perf_counter()
    shard = EdgeShard.create(str(folder), config_of(way, dimension))
    dense = (Point(point.point_id, {DENSE: point.dense.tolist()}) for point in points if point.dense is not None)
    while batch := list(islice(dense, EdgeSettings().batch_points)):
        shard.update(UpdateOperation.upsert_points(batch))
    shard.optimize()
    shard.flush()
    return shard, time.perf_counter() - started


def found(shard: EdgeShard, vector: np.ndarray, params: SearchParams, limit: int) -> list[int]:
    """The ids of the nearest."""
    request = QueryRequest(limit=limit, query=Query.Nearest(vector.tolist(), using=DENSE), params=params)
    return [int(hit.id) for hit in shard.query(request)]


def rows(way: Way, points: Iterator[IndexPoint], vectors: Sequence[np.ndarray]) -> Iterator[str]:
    """One line for each depth of one way."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "shard"
        folder.mkdir()
        shard, took = built(folder, way, points, len(vectors[0]))
        files = [path for path in folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        short = sum(path.stat().st_size for path in files if "quantized" in path.name)
        exact = [set(found(shard, vector, SearchParams(exact=True), 100)) for vector in vectors]
        for oversampling in way.oversampling:
            quantisation = QuantizationSearchParams(rescore=True, oversampling=oversampling)
            params = SearchParams(
                hnsw_ef=EdgeSettings().hnsw_ef, quantization=quantisation if way.config is not None else None
            )
            seconds, shares = [], []
            for vector, best in zip(vectors, exact, strict=True):
                started = time.perf_counter()
                nearest = found(shard, vector, params, DEPTH)
                seconds.append(time.perf_counter() - started)
                shares.append(len(best.intersection(nearest[:100])) / len(best))
            p50, p99 = np.percentile(seconds, [50, 99]) * 1000
            yield (
                f"| {way.name} | {oversampling:g} | {p50:.2f}, {p99:.2f} | {np.mean(shares):.4f} ({min(shares):.2f}) "
                f"| {short / _MIB:.0f} of {size / _MIB:.0f} MB | {took:.0f} s |"
            )
        shard.close()


def main() -> None:
    """Measure each way in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--home", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        workspace = sample_workspace(chosen.home or Path(scratch) / "home")
        release = smallest(workspace)
        opened = workspace.open(workspace.verify(release))
        try:
            vectors = list(opened.encoder.encode_queries(list(islice(queries(CORPUS, seed=SEED + 2), SEARCHES))))
            points = [replace(point, payload={}, sparse=None) for point in opened.index.points()]
        finally:
            opened.close()
        times = -(-chosen.passages // release.passages)
        print(f"{release.passages * times:,} passages, a search for {DEPTH}; {machine()}\n")
        print("| copies | oversampling | p50, p99 in ms | recall@100 (worst) | copies of all files | built in |")
        print("|---|---|---|---|---|---|", flush=True)
        for way in WAYS:
            for row in rows(way, copies(points, release.people, times), vectors):
                print(row, flush=True)


if __name__ == "__main__":
    main()
