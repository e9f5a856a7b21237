"""`POST /agent_search/facets`: what a need can be narrowed by, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.search_schemas import FacetsOut
from tests.service.broken_index import AwayIndex, put_in
from tests.service.conftest import Running, running
from tests.service.test_problems import problem
from tests.worlds import NAMED, World

NEED: dict[str, Any] = {"query": "motor control", "filters": {"countries": ["France"], "min_followers": 20}}


def facets(service: Running, body: dict[str, Any]) -> dict[str, Any]:
    response = service.client.post("/agent_search/facets", json=body)
    assert response.status_code == 200, response.text
    FacetsOut.model_validate(response.json(), strict=True, extra="forbid")
    answer: dict[str, Any] = response.json()
    return answer


def test_facets_answer_in_the_contract_s_shape(service: Running) -> None:
    answer = facets(service, NEED)
    assert list(answer["facets"]) == [
        *("countries", "cities", "languages", "topics"),
        *("active_since", "min_followers", "hireable"),
    ]
    france = {"value": "FR", "label": "France", "label_fr": "France", "people": 2, "chosen": True}
    germany = {"value": "DE", "label": "Germany", "label_fr": "Allemagne", "people": 1, "chosen": False}
    assert answer["facets"]["countries"] == [france, germany]
    assert answer["pool"] == {"matched": 2, "total": 66}
    assert answer["release"]["id"] == service.releases[0].id


def test_every_value_can_be_sent_back(service: Running) -> None:
    """As a filter of the facet's name: the search then matches as many people as the facet said."""
    strict = {"relax": False, "explain": False, "limit": 1}
    for name, values in facets(service, NEED)["facets"].items():
        for one in values:
            sent = [one["value"]] if name in ("countries", "cities", "languages", "topics") else one["value"]
            body = NEED | strict | {"filters": NEED["filters"] | {name: sent}}
            found = service.client.post("/agent_search", json=body).json()
            assert found["pool"]["matched"] == one["people"], (name, one)


def test_what_only_a_search_needs_changes_nothing(service: Running) -> None:
    also = {"limit": 3, "offset": 7, "mode": "dense", "rerank": False, "explain": False, "relax": False}
    assert facets(service, NEED | also) == facets(service, NEED)
    assert facets(service, NEED | {"version": service.releases[0].id})["facets"] == facets(service, NEED)["facets"]


def test_who_left_is_counted_nowhere(tmp_path: Path) -> None:
    world = World(tmp_path)
    with running(world, world.add_release(world.add_version("north"), NAMED, served=True)) as here:
        before = facets(here, {"query": "motor"})
        assert here.client.delete("/profiles/dune-ferry").status_code == 202  # the only one in Canada
        after = facets(here, {"query": "motor"})
    assert "CA" in {one["value"] for one in before["facets"]["countries"]}
    assert "CA" not in {one["value"] for one in after["facets"]["countries"]}
    assert after["pool"] == {"matched": 5, "total": 5}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"query": "motor", "filters": {"countries": ["Atlantis"]}}, 422, "filters.countries[0]"),
        ({"query": "motor", "facets": ["countries"]}, 422, "facets"),
        ({"query": "motor", "version": "77"}, 404, None),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(service: Running, body: dict[str, Any], status: int, field: str | None) -> None:
    assert problem(service.client.post("/agent_search/facets", json=body), status).field == field


def test_they_are_searches_to_the_guard_the_limit_and_the_index(tmp_path: Path) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, release, search_keys="sesame", rate_limit_per_minute=2) as here:
        assert here.client.post("/agent_search/facets", json=NEED).status_code == 401
        here.client.headers["authorization"] = "Bearer sesame"
        assert here.client.post("/agent_search/facets", json=NEED).headers["ratelimit"].startswith('"search";r=1;')
        put_in(here, lambda _: AwayIndex())
        assert problem(here.client.post("/agent_search/facets", json=NEED), 503)
        assert problem(here.client.post("/agent_search/facets", json=NEED), 429)
        assert "/agent_search/facets" in here.client.get("/metrics").text
