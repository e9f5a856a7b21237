"""Snapshots of a Qdrant server's collections, through faults; against the double, whose bodies qdrant-client reads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexing.errors import CollectionNotFound, IndexUnavailable, InputError
from indexing.server_index import ServerSettings, ServerStore
from indexing.server_index.snapshots import SNAPSHOT
from tests.fault_qdrant import Fault, FaultyQdrant, faulty_qdrant
from tests.index_points import DIMENSION, random_world

NAME = "profiles-v1-test"
POINTS = random_world(20).points


@pytest.fixture
def server() -> Iterator[FaultyQdrant]:
    with faulty_qdrant(key="an-invented-key") as double:
        yield double


@pytest.fixture
def store(server: FaultyQdrant) -> Iterator[ServerStore]:
    quick = ServerSettings(poll_seconds=0.0)
    opened = ServerStore(server.url, "an-invented-key", settings=quick, sleep=lambda _: None)
    opened.build(NAME, POINTS, dimension=DIMENSION, manifest={"id": NAME})
    yield opened
    opened.close()


def test_a_snapshot_is_made_downloaded_and_removed_and_comes_back_with_its_checksum(
    server: FaultyQdrant, store: ServerStore, tmp_path: Path
) -> None:
    """POST snapshots, GET it, DELETE it; POST upload with the sum: and the collection is what it was."""
    before = list(store.open(NAME).points())
    store.save(NAME, tmp_path)
    assert server.snapshots == {}, "nothing is left on the server"
    store.drop(NAME)
    store.recover(NAME, tmp_path)
    assert store.manifest(NAME) == {"id": NAME}
    assert [point.point_id for point in store.open(NAME).points()] == [point.point_id for point in before]
    (upload,) = [seen for seen in server.requests if seen.path.endswith("/snapshots/upload")]
    checksum = hashlib.sha256((tmp_path / SNAPSHOT).read_bytes()).hexdigest()
    assert upload.query == f"wait=true&priority=snapshot&checksum={checksum}"


@pytest.mark.parametrize("kind", ["answer", "hang_up"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/snapshots/"), ("POST", "/snapshots/upload")])
def test_what_may_be_done_twice_is_tried_again(
    server: FaultyQdrant, store: ServerStore, tmp_path: Path, kind: str, method: str, path: str
) -> None:
    server.fail(Fault(kind=kind, method=method, path=path, times=2))  # type: ignore[arg-type]
    store.save(NAME, tmp_path)
    store.drop(NAME)
    store.recover(NAME, tmp_path)
    assert store.names() == [NAME]


def test_half_a_download_is_fetched_anew(server: FaultyQdrant, store: ServerStore, tmp_path: Path) -> None:
    server.fail(Fault(kind="half_a_body", method="GET", path="/snapshots/"))
    store.save(NAME, tmp_path)
    store.drop(NAME)
    store.recover(NAME, tmp_path)
    assert store.open(NAME).count_people() == 20


def test_a_snapshot_is_asked_for_once(server: FaultyQdrant, store: ServerStore, tmp_path: Path) -> None:
    """A second one would take as long and as much room again."""
    server.fail(Fault(status=503, method="POST", path="/snapshots", headers={"Retry-After": "7"}, times=9))
    with pytest.raises(IndexUnavailable) as failed:
        store.save(NAME, tmp_path)
    assert failed.value.retry_after_seconds == 7
    assert server.count("POST", "/snapshots") == 1


def test_a_snapshot_that_came_otherwise_than_it_was_made_is_refused(
    server: FaultyQdrant, store: ServerStore, tmp_path: Path
) -> None:
    server.fail(Fault(status=200, body=b"something else", method="GET", path="/snapshots/"))
    with pytest.raises(IndexUnavailable, match="other bytes"):
        store.save(NAME, tmp_path)
    assert server.snapshots == {}


def test_a_collection_that_lies_on_several_nodes_is_refused_with_the_reason(
    server: FaultyQdrant, store: ServerStore, tmp_path: Path
) -> None:
    server.elsewhere[NAME] = 2
    with pytest.raises(InputError, match="2 of its 3 shards on other nodes"):
        store.save(NAME, tmp_path)
    assert server.count("POST", "/snapshots") == 0


def test_an_upload_that_fails_leaves_nothing_that_is_listed(
    server: FaultyQdrant, store: ServerStore, tmp_path: Path
) -> None:
    store.save(NAME, tmp_path)
    store.drop(NAME)
    server.fail(Fault(status=500, path="/snapshots/upload", times=99))
    with pytest.raises(IndexUnavailable):
        store.recover(NAME, tmp_path)
    assert store.names() == []
    server.heal()
    store.recover(NAME, tmp_path)
    assert store.names() == [NAME]


def test_what_is_not_there_is_not_saved_and_what_is_there_not_overwritten(store: ServerStore, tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFound):
        store.save("profiles-v9-test", tmp_path)
    store.save(NAME, tmp_path)
    with pytest.raises(InputError, match="exists already"):
        store.recover(NAME, tmp_path)
