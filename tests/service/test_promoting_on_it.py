"""A running service as promotions see it: what it serves and knows, what it has answered, a switch with its cause."""

from __future__ import annotations

import pytest

from indexing.champions import reigns
from indexing.errors import InputError, ReleaseRefused
from indexing.promotion.running_service import RunningService, Traffic, connect
from tests.service.conftest import Running


def test_a_service_says_what_it_serves_and_switches_with_a_cause(changing: Running) -> None:
    service = RunningService(changing.client)
    first, second = changing.releases
    assert service.answers()
    assert service.knows(second.id)
    assert not service.knows("v9-20261123t114512-3fa2")
    assert service.serves() == first.id
    service.load(second.id, cause="promotion")
    assert service.serves() == second.id
    newest = reigns(changing.world.registry)[0]
    assert (newest.release_id, newest.cause, newest.before) == (second.id, "promotion", first.id)


def test_a_load_that_is_refused_is_refused_with_its_reason(changing: Running) -> None:
    changing.world.store.drop(changing.releases[1].collection)
    with pytest.raises(ReleaseRefused, match="does not exist"):
        RunningService(changing.client).load(changing.releases[1].id, cause="promotion")


def test_requests_of_people_are_counted_and_those_of_monitors_not(changing: Running) -> None:
    service = RunningService(changing.client)
    before = service.traffic()
    for _ in range(3):
        assert changing.client.post("/agent_search", json={"query": "motor control"}).status_code == 200
        changing.client.get("/health")
    after = service.traffic().since(before)
    assert (after.requests, after.failures, after.timed) == (3, 0, 3)
    slow = after.slow_end()
    assert slow is not None
    assert slow > 0


def test_traffic_is_what_came_since_and_comes_back_from_a_note() -> None:
    early = Traffic(10, 1, ((0.1, 5.0), (float("inf"), 10.0)))
    late = Traffic(30, 3, ((0.1, 20.0), (float("inf"), 30.0)))
    assert late.since(early) == Traffic(20, 2, ((0.1, 15.0), (float("inf"), 20.0)))
    assert early.since(late) == early  # started anew
    assert Traffic.from_dict(late.to_dict()) == late
    assert late.slow_end(0.5) == pytest.approx(0.075)
    assert Traffic().slow_end() is None


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="VIVIER_SERVICE_URL"):
        connect("localhost:8000", "")
