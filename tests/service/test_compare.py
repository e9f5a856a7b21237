"""Two releases side by side, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from service import search_schemas
from tests.service.conftest import Running, running
from tests.worlds import CROWD, NAMED, World

NEED: dict[str, Any] = {"query": "embedded motor control in Rust", "limit": 3}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A release of a few people that serves, one of more people of the same version, and one of another version."""
    world = World(tmp_path_factory.mktemp("grown"))
    few = world.add_release(world.add_version("north"), [*NAMED[:2], NAMED[4]])
    more = world.add_release(1, [*NAMED, *CROWD], served=True)
    other = world.add_release(world.add_version("south"), NAMED)
    with running(world, few, more, other, watch_seconds=600) as found:
        yield found


def compare(service: Running, first: str, second: str, **need: Any) -> dict[str, Any]:
    response = service.client.post("/agent_search/compare", json=NEED | need | {"versions": [first, second]})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    search_schemas.CompareOut.model_validate(found, strict=True, extra="forbid")
    return found


def test_a_release_does_not_differ_from_itself(grown: Running) -> None:
    found = compare(grown, "champion", "1")
    assert (found["entered"], found["left"], found["moved"]) == ([], [], [])
    assert found["rbo"] == pytest.approx(1)


def test_both_answers_are_those_of_each_release(grown: Running) -> None:
    few, more, _ = grown.releases
    found = compare(grown, few.id, more.id)
    assert [answer["release"]["id"] for answer in found["answers"]] == [few.id, more.id]
    for answer in found["answers"]:
        alone = grown.client.post("/agent_search", json=NEED | {"version": answer["release"]["id"]}).json()
        assert answer["candidates"] == alone["candidates"]
        assert answer["plan"] == alone["plan"]


def test_who_entered_is_told_with_the_true_reason(grown: Running) -> None:
    few, more, _ = grown.releases
    found = compare(grown, few.id, more.id)
    entered = {one["login"]: one for one in found["entered"]}
    assert entered["cyr-volt"]["why"] == f"missing from {few.id}"
    assert entered["cyr-volt"]["repo"].startswith("cyr-volt/")
    assert (entered["cyr-volt"]["rank"], entered["cyr-volt"]["other_rank"]) == (1, None)
    assert 0 <= found["rbo"] < 1
    back = compare(grown, more.id, few.id)
    assert back["left"] == found["entered"]
    assert back["rbo"] == pytest.approx(found["rbo"])


def test_versions_call_each_other_by_version_and_quote_the_parts_they_give(grown: Running) -> None:
    told = 0
    for query in ("messages and motor things", "a web site with maps", "notes on motor control", "calendar of tides"):
        found = compare(grown, "1", "2", query=query, limit=20)
        parts = [{one["login"]: one["score_parts"] for one in answer["candidates"]} for answer in found["answers"]]
        for moved in found["moved"]:
            if moved["part"] is None:
                continue
            first, second = (side[moved["login"]][moved["part"]] for side in parts)
            better, worse = ("v2", "v1") if moved["after"] < moved["before"] else ("v1", "v2")
            high, low = (second, first) if better == "v2" else (first, second)
            assert moved["why"].startswith(f"{moved['part']} part {high:.3f} in {better} against {low:.3f} in {worse}")
            assert high > low
            told += 1
    assert told


def test_the_ranks_are_those_of_the_answers_and_of_the_first_hundred(grown: Running) -> None:
    found = compare(grown, "1", "2", limit=2, offset=1)
    ranks = [{one["login"]: one["rank"] for one in answer["candidates"]} for answer in found["answers"]]
    whole = [
        {
            one["login"]: one["rank"]
            for one in grown.client.post(
                "/agent_search", json=NEED | {"limit": 100, "version": answer["release"]["id"]}
            ).json()["candidates"]
        }
        for answer in found["answers"]
    ]
    for here, there, people in ((1, 0, found["entered"]), (0, 1, found["left"])):
        for one in people:
            assert one["rank"] == ranks[here][one["login"]]
            assert one["login"] not in ranks[there]
            assert one["other_rank"] == whole[there].get(one["login"])
    for one in found["moved"]:
        assert (one["before"], one["after"]) == (ranks[0][one["login"]], ranks[1][one["login"]])
        assert one["before"] != one["after"]
    told = {one["login"] for name in ("entered", "left", "moved") for one in found[name]}
    still = {login for login in set(ranks[0]) & set(ranks[1]) if ranks[0][login] == ranks[1][login]}
    assert told | still == {*ranks[0], *ranks[1]}


def test_what_serves_stays_what_it_was(grown: Running) -> None:
    compare(grown, "2", grown.releases[0].id)
    assert grown.client.get("/").json()["release"]["id"] == grown.releases[1].id
