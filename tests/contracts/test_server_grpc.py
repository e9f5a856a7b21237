"""Calls by gRPC fail, wait and are tried again as those over HTTP; against a gRPC server of the tests' own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import grpc
import numpy as np
import pytest

from indexing.assembly import assemble
from indexing.errors import CollectionNotFound, IndexUnavailable
from indexing.index import Filters
from indexing.qdrant_filters import INDEXED_FIELDS
from indexing.server_index.calls import RetryPolicy, ServerCalls
from indexing.server_index.collection import ServerIndex
from indexing.server_index.layout import LARGEST_LIMIT
from indexing.server_index.store import ServerStore
from indexing.settings import HomeSettings
from service.problems import status_of
from tests.grpc_qdrant import COUNT, GrpcQdrant, grpc_qdrant
from tests.index_points import DIMENSION, random_world
from tests.processes import free_port

KEY = "an-invented-key"
PASSING = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "CANCELLED", "INTERNAL", "UNKNOWN")
FINAL = ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "ALREADY_EXISTS", "UNIMPLEMENTED", "OUT_OF_RANGE")


@pytest.fixture
def server() -> Iterator[GrpcQdrant]:
    with grpc_qdrant() as double:
        yield double


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def store(server: GrpcQdrant, naps: list[float]) -> Iterator[ServerStore]:
    with closing(
        ServerStore("http://127.0.0.1:1", KEY, grpc_port=server.port, timeout_seconds=3.0, sleep=naps.append)
    ) as opened:
        yield opened


def count(store: ServerStore) -> int:
    """A count of one collection, without the looks at it that opening takes."""
    index = ServerIndex(store._client, store._calls, "profiles-v1-test", dimension=4, hnsw_ef=64)
    return index.count_people()


def codes(*names: str) -> list[grpc.StatusCode]:
    return [grpc.StatusCode[name] for name in names]


def test_a_count_travels_by_grpc_with_the_key_and_the_timeout(server: GrpcQdrant, store: ServerStore) -> None:
    assert count(store) == COUNT
    assert server.calls[0]["api-key"] == KEY
    assert 0 < server.remaining[0] <= 3.0


def test_a_collection_its_points_and_searches_travel_by_grpc_as_they_are_meant(
    server: GrpcQdrant, store: ServerStore
) -> None:
    """What qdrant-client makes of our bodies: nothing is lost on the way into its messages."""
    world = random_world(3)
    store._create("profiles-v1-test", DIMENSION, 16)
    store._fill("profiles-v1-test", world.points, DIMENSION)
    index = ServerIndex(store._client, store._calls, "profiles-v1-test", dimension=DIMENSION, hnsw_ef=64)
    filters = Filters(countries=("FR",), min_followers=3, exclude_people=(1, 2), or_unplaced=True)
    index.search_dense(np.eye(DIMENSION, dtype=np.float32)[0], limit=9, filters=filters)
    created, *indexes, search = server.received
    assert created.strict_mode_config.max_query_limit == LARGEST_LIMIT
    assert created.strict_mode_config.unindexed_filtering_retrieve is False
    assert created.write_consistency_factor == 1
    assert created.metadata["vivier_state"].string_value == "building"
    fields = [one for one in indexes if hasattr(one, "field_name")]
    assert [(one.field_name, one.wait) for one in fields] == [(name, True) for name, _ in INDEXED_FIELDS]
    points = [point for batch in indexes if hasattr(batch, "points") for point in batch.points]
    assert [point.id.num for point in points] == [point.point_id for point in world.points]
    assert (search.limit, search.params.hnsw_ef, search.params.quantization.rescore) == (9, 64, True)
    assert list(search.filter.must_not[0].field.match.integers.integers) == [1, 2]


@pytest.mark.parametrize("code", PASSING)
def test_what_may_pass_is_tried_again(server: GrpcQdrant, store: ServerStore, naps: list[float], code: str) -> None:
    server.codes = codes(code, code)
    assert count(store) == COUNT
    assert len(server.calls) == 3
    assert len(naps) == 2


@pytest.mark.parametrize("code", FINAL)
def test_what_is_wrong_with_the_request_itself_is_said_at_once(
    server: GrpcQdrant, store: ServerStore, code: str
) -> None:
    server.codes = codes(code)
    with pytest.raises(IndexUnavailable, match=f"it answers {code}"):
        count(store)
    assert len(server.calls) == 1


@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "PERMISSION_DENIED"])
def test_a_key_that_is_refused_is_named(server: GrpcQdrant, store: ServerStore, code: str) -> None:
    server.codes = codes(code)
    with pytest.raises(IndexUnavailable, match="VIVIER_QDRANT_API_KEY"):
        count(store)
    assert len(server.calls) == 1


def test_a_collection_that_is_not_there_is_not_found(server: GrpcQdrant, store: ServerStore) -> None:
    server.codes = codes("NOT_FOUND")
    with pytest.raises(CollectionNotFound):
        count(store)


def test_a_wait_that_the_server_asks_for_is_kept(server: GrpcQdrant, store: ServerStore, naps: list[float]) -> None:
    server.trailers = (("retry-after", "2"),)
    server.codes = codes("RESOURCE_EXHAUSTED")
    assert count(store) == COUNT
    assert naps == [2.0]
    server.trailers = (("retry-after", "40"),)
    server.codes = codes("RESOURCE_EXHAUSTED")
    with pytest.raises(IndexUnavailable) as failed:
        count(store)
    assert failed.value.retry_after_seconds == 40
    assert status_of(failed.value)[0] == 503


def test_a_server_that_hangs_is_given_up_in_time(server: GrpcQdrant) -> None:
    server.hang.clear()
    store = ServerStore("http://127.0.0.1:1", grpc_port=server.port, timeout_seconds=1.0, retry=RetryPolicy(attempts=1))
    started = time.monotonic()
    with closing(store), pytest.raises(IndexUnavailable, match="did not answer in time"):
        count(store)
    assert time.monotonic() - started < 5


def test_a_server_that_is_away_is_unavailable_and_says_when_to_ask_again(tmp_path: Path) -> None:
    settings = HomeSettings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it
        home=tmp_path,
        qdrant_url="http://127.0.0.1:1",
        qdrant_grpc=True,
        qdrant_grpc_port=free_port(),
    )
    store = assemble(settings).store
    with pytest.raises(IndexUnavailable, match="the connection failed") as failed:
        store.names()
    assert failed.value.retry_after_seconds >= 1


def test_a_call_that_is_not_idempotent_is_made_once() -> None:
    calls: list[int] = []

    class Lost(grpc.RpcError):
        """What a closed channel raises: without a code."""

    def lose() -> None:
        calls.append(1)
        raise Lost

    with pytest.raises(IndexUnavailable, match="UNKNOWN"):
        ServerCalls(RetryPolicy()).run(lose, idempotent=False)
    assert calls == [1]
