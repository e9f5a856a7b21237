"""Pages of one release fit together, whatever the page's length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.conftest import Running, running
from tests.worlds import CROWD, NAMED, World, make_deed, make_person

NEEDS: list[dict[str, Any]] = [
    {"query": "a library for chess"},
    {"query": "reads chess files for people", "mode": "sparse"},
    {"query": "tools", "mode": "dense", "rerank": False},
    {"query": "a parser for music people, C", "filters": {"min_followers": 10}},
    {"query": "une bibliothèque de jeux d'échecs en C", "filters": {"languages": ["C"], "exclude": ["person-01"]}},
    {"query": "a library", "filters": {"countries": ["France"]}, "relax": False},
    {"query": "a library in Rust", "filters": {"countries": ["France"]}},  # loosened: few people meet it
]


def people(service: Running, body: dict[str, Any]) -> list[dict[str, Any]]:
    response = service.client.post("/agent_search", json=body)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["candidates"]
    return found


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """More people than the hundred that one answer shows."""
    world = World(tmp_path_factory.mktemp("crowded"))
    more = [
        make_person(f"reader-{number:03}", make_deed(f"reader-{number}", f"Reads chess files of year {number}.", "C"))
        for number in range(200)
    ]
    release = world.add_release(world.add_version("north"), [*NAMED, *CROWD, *more], served=True)
    with running(world, release) as found:
        yield found


@given(need=st.sampled_from(NEEDS), cuts=st.lists(st.integers(1, 40), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_pages_put_together_are_the_one_long_list(service: Running, need: dict[str, Any], cuts: list[int]) -> None:
    long = people(service, need | {"limit": 100})
    pages: list[dict[str, Any]] = []
    for limit in cuts:
        if len(pages) + limit > 100:
            break
        pages += people(service, need | {"offset": len(pages), "limit": limit})
    assert pages == long[: len(pages)]
    assert [one["rank"] for one in pages] == list(range(1, len(pages) + 1))


@pytest.mark.parametrize("need", NEEDS[:3], ids=lambda need: need["query"])
def test_nobody_is_shown_twice_or_left_out_beyond_the_hundredth(crowded: Running, need: dict[str, Any]) -> None:
    pages = [people(crowded, need | {"offset": offset, "limit": 50}) for offset in range(0, 300, 50)]
    logins = [one["login"] for page in pages for one in page]
    assert len(logins) > 100
    assert len(set(logins)) == len(logins)
    assert [one["rank"] for page in pages for one in page] == list(range(1, len(logins) + 1))


def test_a_page_behind_everybody_is_empty(service: Running) -> None:
    assert people(service, {"query": "a library for chess", "offset": 1_000, "limit": 100}) == []
