"""What collections on a server are made like, and that no request of ours is larger than strict mode lets through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from qdrant_client import models

from indexing.assembly import assemble
from indexing.errors import InputError
from indexing.index import Filters
from indexing.legs import MAX_PASSAGES
from indexing.qdrant_filters import INDEXED_FIELDS, conditions
from indexing.server_index import ServerSettings, ServerStore
from indexing.server_index.layout import LARGEST_LIMIT, LARGEST_LIST, search_params, strict_mode
from indexing.server_index.models import server_filter
from indexing.settings import HomeSettings
from indexing.tuning import BOUNDS
from tests.fault_qdrant import FaultyQdrant, faulty_qdrant
from tests.index_points import DIMENSION, random_world

QUICK = ServerSettings(poll_seconds=0.0)


@pytest.fixture
def server() -> Iterator[FaultyQdrant]:
    with faulty_qdrant() as double:
        yield double


def built(server: FaultyQdrant, settings: ServerSettings) -> dict[str, Any]:
    """The body that made a collection under these settings, by the emulator's word a valid one."""
    store = ServerStore(server.url, settings=settings)
    try:
        store.build("profiles-v1-test", random_world(5).points, dimension=DIMENSION, manifest={})
    finally:
        store.close()
    asked = models.CreateCollection.model_validate(server.created["profiles-v1-test"])
    return asked.model_dump(mode="json", exclude_none=True)


def test_a_cluster_is_told_shards_replicas_and_how_many_must_have_a_write(server: FaultyQdrant) -> None:
    asked = built(server, replace(QUICK, shard_number=3, replication_factor=2, write_consistency_factor=2))
    assert (asked["shard_number"], asked["replication_factor"], asked["write_consistency_factor"]) == (3, 2, 2)


def test_more_confirmations_than_replicas_are_refused() -> None:
    with pytest.raises(InputError, match=r"VIVIER_QDRANT_WRITE_CONSISTENCY is 2, more than the 1 of") as refused:
        ServerSettings(write_consistency_factor=2)
    assert refused.value.field == "VIVIER_QDRANT_WRITE_CONSISTENCY"


def test_settings_reach_the_server_from_the_environment(
    server: FaultyQdrant, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"SHARDS": "3", "REPLICAS": "2", "QUANTISATION": "int8", "ON_DISK": "true"}.items():
        monkeypatch.setenv(f"VIVIER_QDRANT_{name}", value)
    settings = HomeSettings(_env_file=None, home=tmp_path, qdrant_url=server.url)  # type: ignore[call-arg]
    workspace = assemble(settings)
    workspace.store.build("profiles-v1-test", random_world(2).points, dimension=DIMENSION, manifest={})
    asked = server.created["profiles-v1-test"]
    assert (asked["shard_number"], asked["replication_factor"]) == (3, 2)
    assert asked["quantization_config"]["scalar"] == {"type": "int8", "quantile": 0.99, "always_ram": True}
    assert asked["vectors"]["dense"]["on_disk"] is True
    assert asked["on_disk_payload"] is True


def test_a_collection_is_strict_unless_that_is_turned_off(server: FaultyQdrant) -> None:
    strict = built(server, QUICK)["strict_mode_config"]
    assert strict["enabled"] is True
    assert strict["unindexed_filtering_retrieve"] is False
    assert strict["unindexed_filtering_update"] is False
    server.engine.delete_collection("profiles-v1-test")
    assert "strict_mode_config" not in built(server, replace(QUICK, is_strict=False))


def test_every_field_has_an_index_that_the_server_confirmed_before_the_first_point(server: FaultyQdrant) -> None:
    built(server, QUICK)
    puts = [seen for seen in server.requests if seen.method == "PUT"]
    places = [place for place, seen in enumerate(puts) if seen.path.endswith("/index")]
    assert len(places) == len(INDEXED_FIELDS)
    assert all("wait=true" in puts[place].query for place in places)
    assert max(places) < next(place for place, seen in enumerate(puts) if seen.path.endswith("/points"))


def test_every_field_that_a_filter_can_name_is_indexed() -> None:
    everything = Filters(
        **dict.fromkeys(("countries", "regions", "cities", "languages", "topics", "all_skills"), ("a",)),
        **dict.fromkeys(("without_skills",), ("a",)),
        **dict.fromkeys(("only_people", "exclude_people"), (1,)),
        min_followers=1,
        active_since_day=1,
        hireable=True,
        or_unplaced=True,
    )
    asked = server_filter(conditions(everything, markers_only=True))
    assert asked is not None
    named = set(_keys(asked.model_dump(exclude_none=True)))
    assert named
    assert named <= {field for field, _ in INDEXED_FIELDS}


def test_a_list_longer_than_a_condition_may_be_is_split_and_means_the_same(server: FaultyQdrant) -> None:
    crowd = tuple(range(3, 3 + 2 * LARGEST_LIST + 1))
    asked = server_filter(conditions(Filters(exclude_people=crowd)))
    assert asked is not None
    lists = list(_lists(asked.model_dump(exclude_none=True)))
    assert [len(one) for one in lists] == [LARGEST_LIST, LARGEST_LIST, 1]
    assert [number for one in lists for number in one] == list(crowd)
    store = ServerStore(server.url, settings=QUICK)
    world = random_world(8)
    store.build("profiles-v1-test", world.points, dimension=DIMENSION, manifest={})
    index = store.open("profiles-v1-test")
    present = {point.fields.person for point in world.points}
    assert index.count_people(Filters(exclude_people=crowd)) == len(present - set(crowd))
    assert index.count_people(Filters(only_people=crowd)) == len(present & set(crowd))
    store.close()


def test_the_limits_hold_the_largest_requests_that_the_code_makes() -> None:
    strict = strict_mode(QUICK)
    assert strict.max_query_limit is not None
    assert strict.max_query_limit >= MAX_PASSAGES
    assert strict.search_max_hnsw_ef == BOUNDS["hnsw_ef"][1]
    assert strict.condition_max_size == LARGEST_LIST
    assert strict.upsert_max_batchsize == QUICK.upload_batch
    deep = search_params(hnsw_ef=384, is_exact=False)
    assert deep.quantization is not None
    assert (deep.quantization.oversampling or 0) <= (strict.search_max_oversampling or 0)


def test_a_search_for_more_than_the_largest_answer_asks_for_that(
    server: FaultyQdrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ServerStore(server.url, settings=QUICK)
    store.build("profiles-v1-test", random_world(3).points, dimension=DIMENSION, manifest={})
    limits: list[int] = []
    ask = server.engine.query_points
    monkeypatch.setattr(
        server.engine, "query_points", lambda *names, **asked: limits.append(asked["limit"]) or ask(*names, **asked)
    )
    store.open("profiles-v1-test").search_dense(np.eye(DIMENSION, dtype=np.float32)[0], limit=1_000_000)
    assert limits == [LARGEST_LIMIT]
    store.close()


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("key"), str):
            yield value["key"]
        for inner in value.values():
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _lists(value: Any) -> Iterator[list[int]]:
    if isinstance(value, dict):
        if isinstance(value.get("any"), list):
            yield value["any"]
        for inner in value.values():
            yield from _lists(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _lists(inner)
