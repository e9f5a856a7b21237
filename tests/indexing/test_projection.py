"""The map: like people near one another, the same one every time, and everybody somewhere."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexing import projection
from indexing.encoder import FloatArray
from indexing.people_map import map_of, spread
from indexing.projection import Places, lay_out
from indexing.releases import Release
from tests.worlds import NAMED, World, make_deed, make_person

FIELDS = 6  # of interest


def vectors_of(people: int, *, seed: int = 1, dimension: int = 24) -> FloatArray:
    """People of a few fields: near to others of theirs, far from the rest."""
    chance = np.random.default_rng(seed)
    middles = chance.normal(size=(FIELDS, dimension))
    vectors = middles[np.arange(people) % FIELDS] + chance.normal(scale=0.4, size=(people, dimension))
    found: FloatArray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return found


def mapped(vectors: FloatArray) -> Places:
    return lay_out(len(vectors), lambda people: vectors[people])


def share_beside_their_own(places: Places) -> float:
    """How many of each person's ten nearest on the map are of the same field."""
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, axis=1)[:, :10]
    return float((nearest % FIELDS == (np.arange(len(places)) % FIELDS)[:, None]).mean())


@pytest.mark.parametrize("people", [60, 150], ids=("few", "by t-SNE"))
def test_who_built_alike_lies_near(people: int) -> None:
    places = mapped(vectors_of(people))
    assert places.shape == (people, 2)
    assert places.min() == 0.0
    assert places.max() == 1.0
    assert share_beside_their_own(places) > (0.6 if people < 100 else 0.95)


def test_people_beyond_the_landmarks_go_among_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "LANDMARKS", 120)
    monkeypatch.setattr(projection, "_CHUNK", 64)
    places = mapped(vectors_of(500))
    assert not np.isnan(places).any()
    assert share_beside_their_own(places) > 0.95
    assert len(np.unique(places, axis=0)) > 490  # not on one another


def test_a_chunk_at_a_time_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "LANDMARKS", 50)
    monkeypatch.setattr(projection, "_CHUNK", 64)
    vectors, asked = vectors_of(300), list[int]()

    def counted(people: NDArray[np.int64]) -> FloatArray:
        asked.append(len(people))
        return vectors[people]

    lay_out(len(vectors), counted)
    assert max(asked) == 64


def test_the_same_people_give_the_same_map() -> None:
    vectors = vectors_of(130)
    np.testing.assert_array_equal(mapped(vectors), mapped(vectors.copy()))


def test_who_has_no_vector_has_no_place() -> None:
    vectors = vectors_of(40)
    vectors[[0, 7, 39]] = 0
    places = mapped(vectors)
    assert np.flatnonzero(np.isnan(places).any(axis=1)).tolist() == [0, 7, 39]


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        (np.zeros((0, 8), np.float32), np.empty((0, 2))),
        (np.zeros((3, 8), np.float32), np.full((3, 2), np.nan)),
        (np.eye(1, 8, dtype=np.float32), np.array([[0.5, 0.5]])),
        (np.ones((120, 8), np.float32), np.full((120, 2), 0.5)),
    ],
    ids=("nobody", "nothing built", "one person", "all alike"),
)
def test_small_and_odd_corpora_are_mapped(vectors: FloatArray, expected: Places) -> None:
    np.testing.assert_array_equal(mapped(vectors), expected)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("map"))


@pytest.fixture(scope="module")
def release(world: World) -> Release:
    silent = make_person("zoe-silent")  # no works, no words
    return world.add_release(world.add_version("north"), [*NAMED, silent])


def test_a_built_release_has_everybody_with_words_on_its_map(world: World, release: Release) -> None:
    with closing(world.open(release)) as opened:
        points = map_of(opened)
    assert [point.login for point in points] == [person.login for person in NAMED]
    by_login = {point.login: point for point in points}
    assert by_login["cyr-volt"].language == "Rust"
    assert (by_login["cyr-volt"].country, round(by_login["cyr-volt"].latitude or 0)) == ("FR", 46)
    assert (by_login["eve-nobody"].country, by_login["eve-nobody"].language) == (None, None)
    assert all(0 <= point.x <= 1 and 0 <= point.y <= 1 for point in points)


def test_a_release_built_again_of_the_same_people_has_the_same_map(world: World, release: Release) -> None:
    again = world.add_release(release.model_version, [*NAMED, make_person("zoe-silent")])
    with closing(world.open(release)) as one, closing(world.open(again)) as other:
        assert map_of(one) == map_of(other)


def test_a_person_s_place_is_the_mean_of_all_that_is_theirs(tmp_path: Path) -> None:
    """Works and words count alike, and in whatever order: both are in the same place."""
    works = (make_deed("tides", "Tide tables.", "C"), make_deed("motor", "Motor control.", "Rust"))
    people = [make_person("ada", *works), make_person("bo", *reversed(works)), *NAMED]
    world = World(tmp_path)
    with closing(world.open(world.add_release(world.add_version("north"), people))) as opened:
        ada, bo, *_ = map_of(opened)
    assert (ada.x, ada.y) == (bo.x, bo.y)


def test_points_shown_are_spread_over_all_and_the_hidden_are_not_among_them(world: World, release: Release) -> None:
    with closing(world.open(release)) as opened:
        points = map_of(opened)
        assert len(map_of(opened, limit=3)) == 2  # of three people evenly spread the last has no place
    assert [one.person for one in spread(points, limit=3, hidden=frozenset())] == [0, 2, 5]
    assert [one.person for one in spread(points, limit=9, hidden=frozenset((0, 5)))] == [1, 2, 3, 4]
    assert spread(points, limit=9, hidden=frozenset(range(9))) == ()
