"""What ServerStore does when the server, the network or the key is not well; over real sockets."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from indexing.errors import Busy, CollectionNotFound, IndexUnavailable, InputError, InvalidVector
from indexing.index import Filters, IndexPoint, PersonFields, SparseVector
from indexing.passages import point_id
from indexing.server_index import ServerSettings, ServerStore
from indexing.server_index.calls import RetryPolicy
from tests.fault_qdrant import Fault, FaultyQdrant, faulty_qdrant

NAME = "profiles-v1-test"
KEY = "an-invented-key"
EAST = np.array([1, 0, 0, 0], dtype=np.float32)
NORTH = np.array([0, 1, 0, 0], dtype=np.float32)
QUICK = ServerSettings(poll_seconds=0.0, upload_batch=2)


def people(count: int = 3) -> list[IndexPoint]:
    """Each person a marker without words and one passage; the first looks east, the others north."""
    points: list[IndexPoint] = []
    for person in range(count):
        fields = PersonFields(person, country="FR" if person % 2 == 0 else "DE")
        points.append(IndexPoint(point_id(person, 0), fields, {"name": f"Person {person}"}, login=f"Person-{person}"))
        vector = EAST if person == 0 else NORTH
        sparse = SparseVector((person, 77), (1.0, 0.5))
        points.append(IndexPoint(point_id(person, 1), fields, {"repo": person}, dense=vector, sparse=sparse))
    return points


class Sleeps:
    """A clock that only moves when somebody sleeps, and remembers how long they did."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self.now = start
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[FaultyQdrant]:
    with faulty_qdrant() as double:
        yield double


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def store(server: FaultyQdrant, sleeps: Sleeps) -> Iterator[ServerStore]:
    opened = ServerStore(server.url, settings=QUICK, sleep=sleeps.sleep, clock=sleeps.clock)
    yield opened
    opened.close()


def build(store: ServerStore, name: str = NAME, points: Any = None, **manifest: Any) -> None:
    store.build(name, people() if points is None else points, dimension=4, manifest={"id": name, **manifest})


def test_over_a_socket_a_collection_is_built_searched_and_read(store: ServerStore) -> None:
    build(store, build="one")
    index = store.open(NAME)
    assert store.names() == [NAME]
    assert store.manifest(NAME) == {"id": NAME, "build": "one"}
    assert index.search_dense(NORTH, limit=9).points.tolist() == [point_id(1, 1), point_id(2, 1), point_id(0, 1)]
    assert index.search_sparse(SparseVector((2,), (2.0,)), limit=9).scores.tolist() == [2.0]
    assert index.count_people(Filters(countries=("FR",))) == 2
    assert index.count_passages() == 3
    assert index.find_people(["PERSON-1", "nobody"]) == {"PERSON-1": 1}
    assert index.read([point_id(2, 1), 999]) == [{"repo": 2}, None]
    vectors = index.read_dense([point_id(0, 1), point_id(0, 0)])
    assert vectors[1] is None
    np.testing.assert_array_equal(vectors[0], EAST)
    assert index.delete_people([1, 7]) == 1
    assert index.count_people() == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=502, body=b"<html>Bad Gateway</html>"),
        Fault(status=503),
        Fault(status=429),
        Fault(kind="hang_up"),
        Fault(kind="half_a_body"),
    ],
    ids=lambda fault: fault.kind if fault.kind != "answer" else str(fault.status),
)
def test_a_search_survives_a_passing_fault(
    server: FaultyQdrant, store: ServerStore, sleeps: Sleeps, fault: Fault
) -> None:
    build(store)
    index = store.open(NAME)
    sleeps.naps.clear()
    server.fail(replace(fault, times=2, path="query"))
    assert len(index.search_dense(EAST, limit=1)) == 1
    assert server.count("POST", "/query") == 3
    assert len(sleeps.naps) == 2


def test_a_server_too_slow_to_answer_is_asked_again(server: FaultyQdrant) -> None:
    with_timeout = ServerStore(
        server.url, timeout_seconds=1, settings=QUICK, retry=RetryPolicy(attempts=2, first_delay_seconds=0.01)
    )
    build(with_timeout)
    index = with_timeout.open(NAME)
    server.fail(Fault(kind="slow", seconds=1.5, path="query"))
    assert len(index.search_dense(EAST, limit=1)) == 1
    assert server.count("POST", "/query") == 2
    with_timeout.close()


def test_tries_are_bounded_and_the_error_says_when_to_come_back(
    server: FaultyQdrant, store: ServerStore, sleeps: Sleeps
) -> None:
    build(store)
    index = store.open(NAME)
    sleeps.naps.clear()
    server.fail(Fault(status=503, times=100))
    with pytest.raises(IndexUnavailable, match="503") as caught:
        index.count_people()
    assert caught.value.retry_after_seconds >= 1
    assert server.count("POST", "/count") == RetryPolicy().attempts
    assert all(nap <= RetryPolicy().longest_delay_seconds for nap in sleeps.naps)
    server.heal()
    assert index.count_people() == 3


def test_retry_after_is_slept_through_when_short(server: FaultyQdrant, store: ServerStore, sleeps: Sleeps) -> None:
    build(store)
    index = store.open(NAME)
    sleeps.naps.clear()
    server.fail(Fault(status=429, headers={"Retry-After": "3"}, path="count"))
    assert index.count_people() == 3
    assert sleeps.naps == [3.0]


def test_retry_after_is_handed_on_when_long(server: FaultyQdrant, store: ServerStore, sleeps: Sleeps) -> None:
    build(store)
    index = store.open(NAME)
    sleeps.naps.clear()
    server.fail(Fault(status=429, headers={"Retry-After": "90"}, path="count"))
    with pytest.raises(IndexUnavailable) as caught:
        index.count_people()
    assert caught.value.retry_after_seconds == 90
    assert sleeps.naps == []


def test_a_retry_after_written_as_a_date_is_still_too_many_requests(server: FaultyQdrant, store: ServerStore) -> None:
    build(store)
    index = store.open(NAME)
    server.fail(Fault(status=429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, path="count"))
    assert index.count_people() == 3


def test_delays_grow_and_never_pass_their_ceiling() -> None:
    policy = RetryPolicy(first_delay_seconds=0.1, longest_delay_seconds=1.0)
    for failures, ceiling in ((1, 0.1), (2, 0.2), (3, 0.4), (9, 1.0)):
        drawn = [policy.delay_seconds(failures) for _ in range(200)]
        assert 0 <= min(drawn) < max(drawn) <= ceiling
        assert max(drawn) > ceiling / 2


def test_nobody_listening_is_unavailable_and_unhealthy(server: FaultyQdrant, sleeps: Sleeps) -> None:
    with faulty_qdrant() as gone:
        address = gone.url
    store = ServerStore(address, settings=QUICK, sleep=sleeps.sleep)
    with pytest.raises(IndexUnavailable, match="connection"):
        store.names()
    sleeps.naps.clear()
    assert not store.is_healthy()
    assert sleeps.naps == [], "a health check asks once"
    store.close()


def test_the_right_key_is_sent(sleeps: Sleeps) -> None:
    with faulty_qdrant(key=KEY) as server:
        store = ServerStore(server.url, KEY, settings=QUICK, sleep=sleeps.sleep)
        build(store)
        assert store.is_healthy()
        assert {seen.key for seen in server.requests} == {KEY}
        store.close()


@pytest.mark.parametrize("key", [None, "a-wrong-invented-key"])
def test_a_wrong_key_fails_at_once_names_the_variable_and_stays_secret(
    key: str | None, sleeps: Sleeps, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with faulty_qdrant(key=KEY) as server:
        store = ServerStore(server.url, key, settings=QUICK, sleep=sleeps.sleep)
        with pytest.raises(IndexUnavailable, match="VIVIER_QDRANT_API_KEY") as caught:
            store.names()
        assert len(server.requests) == 1
        assert sleeps.naps == []
        assert not store.is_healthy()
        spoken = f"{caught.value} {caught.value!r} {store!r} {caplog.text}"
        assert KEY not in spoken
        assert key is None or key not in spoken
        store.close()


def test_a_key_over_plain_http_to_another_machine_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    ServerStore("http://qdrant.invalid:6333", KEY).close()
    assert "unencrypted" in caplog.text
    assert KEY not in caplog.text


def test_a_store_needs_an_address() -> None:
    with pytest.raises(InputError, match="VIVIER_QDRANT_URL"):
        ServerStore("")


def test_an_upload_whose_answer_was_lost_is_repeated_and_changes_nothing(
    server: FaultyQdrant, store: ServerStore
) -> None:
    server.fail(Fault(kind="lost_answer", method="PUT", path="/points", times=2))
    build(store)
    index = store.open(NAME)
    assert (index.count_people(), index.count_passages()) == (3, 3)


def test_a_delete_whose_answer_was_lost_is_repeated_and_counts_once(server: FaultyQdrant, store: ServerStore) -> None:
    build(store)
    index = store.open(NAME)
    server.fail(Fault(kind="lost_answer", path="/delete"))
    assert index.delete_people([0, 1]) == 2
    assert index.count_people() == 1


def test_creating_is_not_repeated_after_a_lost_answer(server: FaultyQdrant, store: ServerStore, sleeps: Sleeps) -> None:
    server.fail(Fault(kind="lost_answer", method="PUT", path=NAME))
    with pytest.raises(IndexUnavailable):
        build(store)
    assert store.names() == []
    sleeps.now += QUICK.stale_after_seconds + 1
    assert store.sweep() == [NAME]


def test_a_build_that_meets_a_dead_server_leaves_nothing_listed(server: FaultyQdrant, store: ServerStore) -> None:
    server.fail(Fault(status=503, times=4, method="PUT", path="/points"))
    with pytest.raises(IndexUnavailable):
        build(store)
    assert store.names() == []
    build(store)
    assert store.names() == [NAME]


def test_when_even_the_cleaning_up_fails_a_later_sweep_does_it(
    server: FaultyQdrant, store: ServerStore, sleeps: Sleeps
) -> None:
    server.fail(Fault(status=503, times=4, method="PUT", path="/points"))
    server.fail(Fault(status=503, times=4, method="DELETE"))
    with pytest.raises(IndexUnavailable):
        build(store)
    assert store.names() == []
    with pytest.raises(CollectionNotFound):
        store.open(NAME)
    assert store.sweep() == [], "it could still be building"
    sleeps.now += QUICK.stale_after_seconds + 1
    assert store.sweep() == [NAME]
    assert store.sweep() == []


def test_a_build_that_died_is_replaced_once_its_heartbeat_is_old(
    server: FaultyQdrant, store: ServerStore, sleeps: Sleeps
) -> None:
    server.fail(Fault(kind="lost_answer", method="PUT", path=NAME))
    with pytest.raises(IndexUnavailable):
        build(store)
    with pytest.raises(Busy):
        build(store)
    sleeps.now += QUICK.stale_after_seconds + 1
    build(store)
    assert store.names() == [NAME]


def test_a_slow_build_keeps_its_heartbeat_and_is_not_swept(
    server: FaultyQdrant, store: ServerStore, sleeps: Sleeps
) -> None:
    swept: list[str] = []

    def slow_points() -> Iterator[IndexPoint]:
        for point in people(6):
            sleeps.now += QUICK.stale_after_seconds * 0.4
            swept.extend(store.sweep())
            yield point

    build(store, points=slow_points())
    assert swept == []
    assert store.names() == [NAME]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_a_build_that_is_stopped_removes_what_it_wrote(
    server: FaultyQdrant, store: ServerStore, stop: type[BaseException]
) -> None:
    def stopping() -> Iterator[IndexPoint]:
        yield from people()
        raise stop

    with pytest.raises(stop):
        build(store, points=stopping())
    assert server.engine.get_collections().collections == []


def test_a_bad_vector_is_refused_and_leaves_nothing(server: FaultyQdrant, store: ServerStore) -> None:
    broken = IndexPoint(point_id(9, 1), PersonFields(9), {}, dense=np.full(4, np.nan, dtype=np.float32))
    with pytest.raises(InvalidVector, match=str(point_id(9, 1))):
        build(store, points=[*people(), broken])
    assert server.engine.get_collections().collections == []


def test_a_name_that_exists_is_refused_and_left_as_it_was(store: ServerStore) -> None:
    build(store, build="first")
    with pytest.raises(InputError, match="exists"):
        build(store, points=people(1), build="second")
    assert store.manifest(NAME)["build"] == "first"
    assert store.open(NAME).count_people() == 3


def test_two_builders_of_one_name_do_not_destroy_each_other(server: FaultyQdrant, store: ServerStore) -> None:
    second: list[BaseException] = []

    def meanwhile() -> Iterator[IndexPoint]:
        try:
            build(store, points=people(1))
        except Busy as error:
            second.append(error)
        yield from people()

    build(store, points=meanwhile())
    assert len(second) == 1
    assert store.open(NAME).count_people() == 3


def test_the_fields_are_indexed_before_the_first_point_arrives(server: FaultyQdrant, store: ServerStore) -> None:
    build(store)
    order = [seen.path.rsplit("/", 1)[-1] for seen in server.requests if seen.method == "PUT"]
    assert order.index("points") > max(place for place, ending in enumerate(order) if ending == "index")
    assert order.count("index") == 12


def test_shards_and_replicas_are_asked_of_the_cluster_and_no_graph_while_points_arrive(server: FaultyQdrant) -> None:
    store = ServerStore(server.url, settings=replace(QUICK, shard_number=3, replication_factor=2))
    build(store)
    asked = server.created[NAME]
    assert (asked["shard_number"], asked["replication_factor"]) == (3, 2)
    assert asked["optimizers_config"]["indexing_threshold"] == 0
    assert asked["vectors"]["dense"] == {"size": 4, "distance": "Dot"}
    store.close()


def test_a_build_waits_until_the_server_has_indexed_and_wakes_one_that_restarted(
    server: FaultyQdrant, store: ServerStore
) -> None:
    server.statuses = ["green", "yellow", "yellow", "grey", "yellow", "green", "green"]
    build(store)
    assert server.statuses == []
    assert server.count("PATCH", NAME) == 3, "indexing on, once more after grey, complete"
    assert store.names() == [NAME]


@pytest.mark.parametrize("statuses", [["red"], ["yellow"] * 400])
def test_a_server_that_cannot_finish_indexing_fails_the_build(
    server: FaultyQdrant, sleeps: Sleeps, statuses: list[str]
) -> None:
    impatient = ServerSettings(poll_seconds=1.0, index_timeout_seconds=300.0)
    store = ServerStore(server.url, settings=impatient, sleep=sleeps.sleep, clock=sleeps.clock)
    server.statuses = list(statuses)
    with pytest.raises(IndexUnavailable, match="indexing"):
        build(store)
    server.statuses.clear()
    assert store.names() == []
    assert server.engine.get_collections().collections == []
    store.close()


def test_a_long_indexing_keeps_the_heartbeat(server: FaultyQdrant, sleeps: Sleeps) -> None:
    settings = ServerSettings(poll_seconds=10.0, heartbeat_seconds=30.0)
    store = ServerStore(server.url, settings=settings, sleep=sleeps.sleep, clock=sleeps.clock)
    server.statuses = ["yellow"] * 12
    build(store)
    assert server.count("PATCH", NAME) >= 2 + 3
    store.close()


def test_a_strangers_collection_is_neither_listed_nor_swept_nor_dropped(
    server: FaultyQdrant, store: ServerStore, sleeps: Sleeps
) -> None:
    server.engine.create_collection("somebody-elses", vectors_config={})
    sleeps.now += 10 * QUICK.stale_after_seconds
    assert store.names() == []
    assert store.sweep() == []
    with pytest.raises(InputError, match="not made by Vivier"):
        store.drop("somebody-elses")
    with pytest.raises(CollectionNotFound):
        store.open("somebody-elses")
    assert server.engine.collection_exists("somebody-elses")


def test_a_collection_dropped_under_an_open_index_is_not_found(store: ServerStore) -> None:
    build(store)
    index = store.open(NAME)
    store.drop(NAME)
    store.drop(NAME)
    with pytest.raises(CollectionNotFound):
        index.search_dense(EAST, limit=1)


def test_a_closed_index_answers_nothing(store: ServerStore) -> None:
    build(store)
    index = store.open(NAME)
    index.close()
    with pytest.raises(IndexUnavailable, match="closed"):
        index.read([0])
    with pytest.raises(IndexUnavailable, match="closed"):
        index.search_sparse(SparseVector(), limit=1)


def test_a_closed_store_answers_nothing_and_neither_do_its_indexes(server: FaultyQdrant) -> None:
    store = ServerStore(server.url, settings=QUICK)
    build(store)
    index = store.open(NAME)
    store.close()
    with pytest.raises(IndexUnavailable, match="closed"):
        store.names()
    with pytest.raises(IndexUnavailable, match="closed"):
        index.count_people()
    assert not store.is_healthy()


def test_an_address_that_is_no_qdrant_is_said_to_be_wrong(server: FaultyQdrant, store: ServerStore) -> None:
    server.fail(Fault(status=200, body=b"<html>Welcome</html>", times=100))
    with pytest.raises(IndexUnavailable, match="VIVIER_QDRANT_URL"):
        store.names()


def test_many_threads_search_one_index_through_faults(server: FaultyQdrant, store: ServerStore) -> None:
    build(store)
    index = store.open(NAME)
    server.fail(Fault(status=503, times=3, path="query"))  # whoever meets all three has a fourth try
    found: list[list[int]] = []

    def search() -> None:
        for _ in range(5):
            found.append(index.search_dense(EAST, limit=1).points.tolist())

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[point_id(0, 1)]] * 20


def test_real_waiting_stays_within_its_bounds(server: FaultyQdrant) -> None:
    store = ServerStore(server.url, retry=RetryPolicy(attempts=3, first_delay_seconds=0.05))
    server.fail(Fault(status=503, times=100))
    started = time.monotonic()
    with pytest.raises(IndexUnavailable):
        store.names()
    assert time.monotonic() - started < 2
    store.close()


def test_the_manifest_says_how_dense_the_graph_is(server: FaultyQdrant, store: ServerStore) -> None:
    build(store, hnsw_m=8)
    assert server.created[NAME]["hnsw_config"]["m"] == 8
