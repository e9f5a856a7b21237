"""`GET /map`: everybody on a map, the same until the release or somebody's leave changes it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.payloads import MAP
from service.map_routes import NO_MAP, _names
from service.map_schemas import MapOut
from tests.service.broken_index import AwayIndex, live, put_in
from tests.service.conftest import Running, running
from tests.service.test_problems import problem
from tests.worlds import NAMED, PEOPLE, World


def get_map(service: Running, **parameters: Any) -> dict[str, Any]:
    response = service.client.get("/map", params=parameters)
    assert response.status_code == 200, response.text
    MapOut.model_validate(response.json(), strict=True, extra="forbid")
    answer: dict[str, Any] = response.json()
    return answer


def logins(answer: dict[str, Any]) -> list[str]:
    return [point["login"] for point in answer["points"]]


class BeforeMaps:
    """An index whose markers were written before people had a place on a map."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def read(self, points: Any) -> Any:
        """The index's, without places."""
        return [one and {name: value for name, value in one.items() if name != MAP} for one in self._index.read(points)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


@pytest.fixture
def here(tmp_path: Path) -> Any:
    world = World(tmp_path)
    with running(world, world.add_release(world.add_version("north"), NAMED, served=True)) as found:
        yield found


def test_everybody_is_on_the_map_where_a_search_says_they_are(service: Running) -> None:
    answer = get_map(service)
    assert (answer["people"], len(answer["points"]), answer["reason"]) == (66, 66, None)
    assert logins(answer) == [person.login for person in PEOPLE]
    assert answer["release"]["id"] == service.releases[0].id
    places = {one["login"]: {"x": one["x"], "y": one["y"]} for one in answer["points"]}
    found = service.client.post("/agent_search", json={"query": "motor", "limit": 5}).json()["candidates"]
    similar = service.client.get("/profiles/ada-lumen/similar").json()["candidates"]
    assert all(one["map"] == places[one["login"]] for one in (*found, *similar))
    ada = answer["points"][0]
    assert (ada["country"], round(ada["latitude"]), round(ada["longitude"])) == ("FR", 48, -4)
    assert ada["language"] == "Python"


@pytest.mark.parametrize("limit", [1, 2, 7, 66, 5_000])
def test_fewer_points_are_spread_evenly(service: Running, limit: int) -> None:
    shown = logins(get_map(service, limit=limit))
    everybody = [person.login for person in PEOPLE]
    places = [everybody.index(login) for login in shown]
    assert len(shown) == min(limit, 66)
    assert places == sorted(places)
    if limit > 1:
        gaps = {later - earlier for earlier, later in pairwise(places)}
        assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("limit", ["0", "5001", "many"])
def test_a_limit_out_of_range_is_named(service: Running, limit: str) -> None:
    assert problem(service.client.get("/map", params={"limit": limit}), 422).field == "limit"


def test_who_holds_the_answer_is_spared_it_until_it_changes(here: Running) -> None:
    first = here.client.get("/map")
    tag = first.headers["etag"]
    again = here.client.get("/map", headers={"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert here.client.get("/map", params={"limit": 2}, headers={"if-none-match": tag}).status_code == 200
    assert here.client.delete("/profiles/bo-quill").status_code == 202
    after = here.client.get("/map", headers={"if-none-match": tag})
    assert after.status_code == 200
    assert after.headers["etag"] != tag
    assert "bo-quill" in logins(first.json())
    assert "bo-quill" not in logins(after.json())
    assert after.json()["people"] == 5


def test_it_travels_packed_to_whoever_takes_that(service: Running) -> None:
    packed = service.client.get("/map", headers={"accept-encoding": "gzip"})
    plain = service.client.get("/map", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert packed.headers["etag"] == plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_who_was_erased_before_anybody_asked_again_is_not_kept(here: Running) -> None:
    """On a server another process deletes in place, and what is gone from the collection names nobody any more."""
    tag = here.client.get("/map").headers["etag"]
    assert here.client.delete("/profiles/bo-quill").status_code == 202
    index = here.world.store.open(here.releases[0].collection)
    assert index.delete_people([index.find_people(["bo-quill"])["bo-quill"]]) == 1
    after = here.client.get("/map", headers={"if-none-match": tag})
    assert after.status_code == 200
    assert "bo-quill" not in after.text


def test_another_release_is_another_map(changing: Running) -> None:
    tag = changing.client.get("/map").headers["etag"]
    for version in ("2", "1"):
        assert changing.client.post(f"/models/load/{version}").status_code == 200
        answer = changing.client.get("/map", headers={"if-none-match": tag})
        assert answer.status_code == 200
        assert answer.json()["release"]["model_version"] == int(version)


def test_a_release_of_before_maps_says_why_there_is_none(here: Running) -> None:
    put_in(here, BeforeMaps)
    answer = get_map(here)
    assert (answer["points"], answer["reason"], answer["people"]) == ([], NO_MAP, 6)
    found = here.client.post("/agent_search", json={"query": "motor"}).json()["candidates"]
    assert {one["map"] for one in found} == {None}


def test_the_markers_are_read_once_a_release(here: Running) -> None:
    class Counting:
        reads = 0

        def __init__(self, index: Any) -> None:
            self._index = index

        def read(self, points: Any) -> Any:
            Counting.reads += 1
            return self._index.read(points)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._index, name)

    put_in(here, Counting)
    assert get_map(here, limit=2)["points"][0] == get_map(here)["points"][0]
    assert Counting.reads == 1
    assert live(here) is not None


def test_the_map_is_guarded_and_counted_as_a_search(tmp_path: Path) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, release, search_keys="sesame", rate_limit_per_minute=2) as here:
        assert here.client.get("/map").status_code == 401
        here.client.headers["authorization"] = "Bearer sesame"
        put_in(here, lambda _: AwayIndex())
        assert problem(here.client.get("/map"), 503)
        answer = here.client.get("/map")
        assert answer.headers["ratelimit"].startswith('"search";r=0;')
        assert answer.headers["cache-control"] == "no-store"
        assert problem(here.client.get("/map"), 429)


@given(tags=st.lists(st.from_regex(r'(W/)?"[a-z0-9-]{0,8}"', fullmatch=True), max_size=4))
@settings(max_examples=50)
def test_a_tag_is_named_by_a_list_that_has_it(tags: list[str]) -> None:
    assert _names(", ".join([*tags, '"mine"']), '"mine"')
    assert _names("*", '"mine"')
    assert _names(", ".join(tags), '"mine"') == bool({'"mine"', 'W/"mine"'} & set(tags))
