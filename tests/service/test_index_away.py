"""The index being away: 503 and when to come back, from every route that asks it; the others go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.broken_index import AwayIndex, put_in
from tests.service.conftest import Running, running
from tests.service.test_problems import problem
from tests.worlds import NAMED, World


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    world = World(tmp_path_factory.mktemp("away"))
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, release) as service:
        put_in(service, lambda _: AwayIndex())
        yield service


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/agent_search", {"query": "motor"}),
        ("POST", "/agent_search", {"query": "somebody like @ada-lumen"}),
        ("POST", "/agent_search/facets", {"query": "motor"}),
        ("POST", "/agent_search/batch", {"searches": [{"query": "motor"}] * 3}),
        ("POST", "/agent_search/batch", {"searches": [{"query": f"motor {number}"} for number in range(20)]}),
        ("POST", "/agent_search/compare", {"query": "motor", "versions": ["1", "champion"]}),
        ("GET", "/map", None),
        ("GET", "/profiles/ada-lumen", None),
        ("GET", "/profiles/ada-lumen/similar", None),
        ("GET", "/profiles/ada-lumen/indexed", None),
    ],
)
def test_whatever_asks_the_index_says_when_to_come_back(cut_off: Running, method: str, path: str, body: object) -> None:
    response = cut_off.client.request(method, path, json=body)
    assert problem(response, 503).title == "The vector database does not answer"
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("path", "body"),
    [("/predict", {"texts": ["motor control"]}), ("/predict/similarity", {"pairs": [["motor", "engine"]]})],
)
def test_predictions_need_no_index(cut_off: Running, path: str, body: object) -> None:
    assert cut_off.client.post(path, json=body).status_code == 200


def test_when_it_is_back_so_are_the_answers(tmp_path: Path) -> None:
    world = World(tmp_path)
    with running(world, world.add_release(world.add_version("north"), NAMED, served=True)) as service:
        kept: list[object] = []
        put_in(service, lambda index: kept.append(index) or AwayIndex())
        assert service.client.post("/agent_search", json={"query": "motor"}).status_code == 503
        put_in(service, lambda _: kept[0])
        assert service.client.post("/agent_search", json={"query": "motor"}).status_code == 200
