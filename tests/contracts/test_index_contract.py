"""What every index promises, run on memory, Qdrant Edge, qdrant-client's emulator and a server."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.errors import CollectionNotFound, IndexUnavailable, InputError, InvalidVector, ReadOnlyIndex
from indexing.index import Area, CountedField, Filters, IndexPoint, PersonFields, ProfileIndex, SparseVector
from indexing.passages import person_of, point_id
from tests.contracts.conftest import Engine
from tests.index_points import (
    CITIES,
    COUNTRIES,
    DIMENSION,
    LANGUAGES,
    REGIONS,
    TOPICS,
    is_kept,
    marker,
    passage,
    random_unit,
    random_world,
    unit,
)

EVERYWHERE = SparseVector((7,), (1.0,))  # a term of every passage of a random world
ADA = PersonFields(
    person=3,
    country="FR",
    region="bretagne",
    city="brest",
    languages=("python", "rust"),
    topics=("tides",),
    skills=("kubernetes", "webgl"),
    followers=10,
    active_day=19_500,
    hireable=True,
)
BO = PersonFields(person=8, hireable=False)  # nothing else is known
EVERY_KIND = {"text": "Économie, ∑ & 漢字", "none": None, "yes": True, "zero": 0, "half": 0.5, "deep": [{"a": [1, {}]}]}
KNOWN = [
    Filters(countries=("DE", "FR")),
    Filters(regions=("bretagne",)),
    Filters(cities=("kyoto", "brest")),
    Filters(languages=("rust",)),
    Filters(topics=("tides", "robots")),
    Filters(min_followers=10),
    Filters(active_since_day=19_500),
    Filters(hireable=True),
    Filters(only_people=(3, 5)),
    Filters(exclude_people=(8,)),
    Filters(countries=("FR",), languages=("python",), min_followers=1, hireable=True, exclude_people=(8, 9)),
    Filters(areas=(Area(country="FR"),)),
    Filters(areas=(Area(city="kyoto"), Area("FR", "bretagne", "brest"))),
    Filters(all_skills=("kubernetes", "webgl")),
    Filters(countries=("FR",), or_unplaced=True, only_people=(3,)),
    Filters(areas=(Area("FR"),), without_areas=(Area("FR", city="rennes"), Area("DE")), without_skills=("postgresql",)),
]


@pytest.fixture(scope="module")
def index(engine: Engine, built: str) -> Iterator[ProfileIndex]:
    with closing(engine.store.open(built)) as opened:
        yield opened


@pytest.fixture(scope="module")
def pair(engine: Engine) -> Iterator[ProfileIndex]:
    """Ada, of whom all is known, and Bo, of whom nothing is; both wrote the same passage."""
    name = engine.new_name()
    points = [
        marker(BO, "bo_tide"),
        passage(BO, 1, unit(1.0), SparseVector((5, 9), (1.0, 0.5)), **EVERY_KIND),
        marker(ADA, "Ada-Lumen", name="Ada Lumen", person="not a field", topics=["not", "a", "field"]),
        passage(ADA, 1, unit(1.0), SparseVector((5, 9), (1.0, 0.5)), repo="tides"),
        passage(ADA, 2, unit(0.0, 1.0), SparseVector((9,), (2.0,)), repo="reefs"),
    ]
    engine.store.build(name, points, dimension=DIMENSION, manifest={})
    with closing(engine.store.open(name)) as opened:
        yield opened


def build(engine: Engine, points: list[IndexPoint]) -> str:
    name = engine.new_name()
    engine.store.build(name, points, dimension=DIMENSION, manifest={"id": name})
    return name


@pytest.mark.parametrize("filters", KNOWN, ids=lambda filters: str(KNOWN.index(filters)))
def test_a_filter_keeps_the_person_it_describes_and_nobody_unknown(pair: ProfileIndex, filters: Filters) -> None:
    """Every condition on its own, and many at once."""
    assert pair.search_dense(unit(1.0), limit=9, filters=filters).points.tolist() == [point_id(3, 1), point_id(3, 2)]
    assert pair.search_sparse(SparseVector((9,), (1.0,)), limit=9, filters=filters).points.tolist() == [
        point_id(3, 2),
        point_id(3, 1),
    ]
    assert pair.count_people(filters) == 1


@pytest.mark.parametrize(
    "filters",
    [
        Filters(countries=("DE",)),
        Filters(regions=("Bretagne",)),
        Filters(cities=("bres",)),
        Filters(languages=("pytho", "python3")),
        Filters(topics=("tide",)),
        Filters(min_followers=11),
        Filters(active_since_day=19_501),
        Filters(only_people=(4,)),
        Filters(exclude_people=(3, 8)),
        Filters(hireable=False, only_people=(3,)),
        Filters(countries=("FR",), topics=("robots",)),
        Filters(areas=(Area("DE", city="brest"), Area("FR", "bavaria"))),
        Filters(all_skills=("kubernetes", "postgresql")),
        Filters(without_skills=("webgl", "postgresql"), languages=("python",)),
        Filters(without_areas=(Area("JP"), Area("FR", "bretagne")), languages=("python",)),
        Filters(countries=("DE",), or_unplaced=True, languages=("python",)),
    ],
    ids=str,
)
def test_a_filter_nobody_meets_keeps_nobody(pair: ProfileIndex, filters: Filters) -> None:
    assert len(pair.search_dense(unit(1.0), limit=9, filters=filters)) == 0
    assert len(pair.search_sparse(SparseVector((9,), (1.0,)), limit=9, filters=filters)) == 0
    assert pair.count_people(filters) == 0


def test_known_to_be_not_hireable_is_something_else_than_unknown(pair: ProfileIndex) -> None:
    assert pair.count_people(Filters(hireable=False)) == 1
    assert pair.search_dense(unit(1.0), limit=9, filters=Filters(hireable=False)).points.tolist() == [point_id(8, 1)]


@pytest.mark.parametrize(
    "filters",
    [
        Filters(countries=("DE",), or_unplaced=True),
        Filters(areas=(Area("DE"), Area("JP")), or_unplaced=True),
        Filters(without_areas=(Area("FR"),)),
        Filters(without_skills=("webgl",)),
    ],
    ids=str,
)
def test_who_named_no_place_and_no_skill_is_refused_for_none(pair: ProfileIndex, filters: Filters) -> None:
    assert pair.search_dense(unit(1.0), limit=9, filters=filters).points.tolist() == [point_id(8, 1)]
    assert pair.count_people(filters) == 1


def test_dense_scores_are_cosines_best_first_and_equal_ones_come_by_point_id(pair: ProfileIndex) -> None:
    hits = pair.search_dense(unit(3.0, 4.0), limit=9)
    assert hits.points.tolist() == [point_id(3, 2), point_id(3, 1), point_id(8, 1)]
    np.testing.assert_allclose(hits.scores, [0.8, 0.6, 0.6], rtol=1e-5)
    assert hits.points.dtype == np.uint64
    assert hits.scores.dtype == np.float32


def test_sparse_scores_are_inner_products_above_zero(pair: ProfileIndex) -> None:
    hits = pair.search_sparse(SparseVector((5, 9), (1.0, -4.0)), limit=9)
    assert len(hits) == 0
    hits = pair.search_sparse(SparseVector((5, 9, 77), (3.0, -4.0, 9.0)), limit=9)
    assert hits.points.tolist() == [point_id(3, 1), point_id(8, 1)]
    np.testing.assert_allclose(hits.scores, [1.0, 1.0])
    assert len(pair.search_sparse(SparseVector((77,), (1.0,)), limit=9)) == 0
    assert len(pair.search_sparse(SparseVector(), limit=9)) == 0


def test_the_limit_is_kept(index: ProfileIndex) -> None:
    for limit in (0, 1, 7):
        assert len(index.search_dense(unit(1.0), limit=limit)) == limit
        assert len(index.search_sparse(EVERYWHERE, limit=limit)) == limit


def test_of_many_equal_scores_the_first_points_are_kept(engine: Engine) -> None:
    """Many people worked on one repository: their passages have one text and one score."""
    if engine.name not in ("memory", "memory in files", "edge"):
        pytest.skip("a server breaks ties at the limit as it likes")
    people = [PersonFields(person) for person in range(60)]
    points = [passage(one, 1, unit(1.0), SparseVector((5,), (1.0,))) for one in reversed(people)]
    with closing(engine.store.open(build(engine, points))) as index:
        for limit in (1, 5, 30):
            first = [point_id(person, 1) for person in range(limit)]
            assert index.search_dense(unit(1.0), limit=limit, exact=True).points.tolist() == first
            assert index.search_sparse(SparseVector((5,), (1.0,)), limit=limit).points.tolist() == first


def test_what_was_stored_is_read_back_in_the_order_asked(pair: ProfileIndex) -> None:
    asked = [point_id(3, 2), point_id(99, 0), point_id(3, 0), point_id(8, 0), point_id(3, 2)]
    reefs = {"repo": "reefs"}
    ada = {"name": "Ada Lumen", "person": "not a field", "topics": ["not", "a", "field"]}
    assert pair.read(asked) == [reefs, None, ada, {}, reefs]
    assert pair.read([]) == []


def test_payloads_keep_every_kind_of_value(pair: ProfileIndex) -> None:
    assert pair.read([point_id(8, 1)]) == [EVERY_KIND]


def test_dense_vectors_are_read_back_bit_for_bit(index: ProfileIndex, engine: Engine) -> None:
    stored = [point for point in engine.world.points if point.dense is not None][:20]
    asked = [point.point_id for point in stored]
    vectors = index.read_dense([*asked, point_id(0, 0), point_id(999, 1)])
    assert vectors[-2:] == [None, None]
    for point, vector in zip(stored, vectors[:-2], strict=True):
        np.testing.assert_array_equal(vector, point.dense)


def test_people_are_found_by_login_in_any_case(pair: ProfileIndex) -> None:
    assert pair.find_people(["ADA-lumen", "nobody", "Bo_Tide"]) == {"ADA-lumen": 3, "Bo_Tide": 8}
    assert pair.find_people([]) == {}


def test_people_and_passages_are_counted(pair: ProfileIndex, index: ProfileIndex, engine: Engine) -> None:
    assert (pair.count_people(), pair.count_passages()) == (2, 3)
    assert index.count_people() == 80
    assert index.count_passages() == sum(point.dense is not None for point in engine.world.points)


def test_the_values_of_a_field_are_counted_by_person(pair: ProfileIndex) -> None:
    """Ada has three points and counts once; of Bo nothing is known, and nothing is counted."""
    assert pair.count_values("country", limit=9) == {"FR": 1}
    assert pair.count_values("city", limit=9) == {"brest": 1}
    assert list(pair.count_values("languages", limit=9).items()) == [("python", 1), ("rust", 1)]
    assert pair.count_values("topics", limit=9) == {"tides": 1}
    assert pair.count_values("topics", limit=9, filters=Filters(hireable=False)) == {}


def test_of_values_that_as_many_people_have_the_first_are_kept(engine: Engine) -> None:
    spoken = (("zig", "é", "ada"), ("zig", "perl"), ("zig", "go"), ("go", "perl"), ("c++",))
    people = [marker(PersonFields(person, languages=own), f"p{person}") for person, own in enumerate(spoken)]
    expected = [("zig", 3), ("go", 2), ("perl", 2), ("ada", 1), ("c++", 1), ("é", 1)]
    with closing(engine.store.open(build(engine, people))) as index:
        for limit in (0, 1, 2, 3, 5, 6, 100):
            assert list(index.count_values("languages", limit=limit).items()) == expected[:limit]
        without_three = Filters(exclude_people=(3,))
        assert list(index.count_values("languages", limit=2, filters=without_three).items()) == [("zig", 3), ("ada", 1)]


some_of = {
    name: st.lists(st.sampled_from((*values, "nowhere")), max_size=3).map(tuple)
    for name, values in (
        ("countries", COUNTRIES),
        ("regions", REGIONS),
        ("cities", CITIES),
        ("languages", LANGUAGES),
        ("topics", TOPICS),
    )
}
ordinals = st.lists(st.integers(0, 90), max_size=30).map(tuple)
random_filters = st.builds(
    Filters,
    **some_of,
    min_followers=st.none() | st.integers(0, 100),
    active_since_day=st.none() | st.integers(18_990, 20_010),
    hireable=st.none() | st.booleans(),
    exclude_people=ordinals,
    only_people=st.just(()) | ordinals,
)
# Most conditions keep some people and few combinations do: one or two at a time are drawn as often as all of them.
few_conditions = st.sampled_from(list(some_of)).flatmap(lambda name: st.builds(Filters, **{name: some_of[name]}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=random_filters | few_conditions)
def test_a_filter_means_the_same_in_every_index(index: ProfileIndex, engine: Engine, filters: Filters) -> None:
    kept = [person for person in engine.world.people if is_kept(person, filters)]
    expected = engine.world.owners(kept)
    assert index.count_people(filters) == len(kept)
    dense = index.search_dense(unit(1.0), limit=1000, filters=filters, exact=True)
    assert set(dense.points.tolist()) == expected
    assert set(index.search_sparse(EVERYWHERE, limit=1000, filters=filters).points.tolist()) == expected


@pytest.mark.parametrize("field", get_args(CountedField))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=random_filters | few_conditions)
def test_values_are_counted_among_the_people_a_filter_keeps(
    index: ProfileIndex, engine: Engine, field: CountedField, filters: Filters
) -> None:
    counts: Counter[str] = Counter()
    for person in engine.world.people:
        if is_kept(person, filters):
            known = getattr(person, field)
            counts.update([known] if isinstance(known, str) else known or ())
    expected = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    assert list(index.count_values(field, limit=50, filters=filters).items()) == expected
    assert list(index.count_values(field, limit=2, filters=filters).items()) == expected[:2]


def test_every_index_finds_what_an_exact_search_finds(engine: Engine) -> None:
    world = random_world(300, seed=4, passages=8)
    chance = np.random.default_rng(5)
    stored = [point for point in world.points if point.dense is not None]
    matrix = np.array([point.dense for point in stored])
    ids = np.array([point.point_id for point in stored])
    with closing(engine.store.open(build(engine, list(world.points)))) as index:
        for _ in range(10):
            query = random_unit(chance)
            hits = index.search_dense(query, limit=100)
            exact = index.search_dense(query, limit=100, exact=True)
            best = np.argsort(-(matrix @ query))[:100]
            assert exact.points.tolist() == ids[best].tolist()
            np.testing.assert_allclose(exact.scores, (matrix @ query)[best], atol=1e-5)
            assert len(set(hits.points.tolist()) & set(ids[best].tolist())) >= 97
            assert (np.diff(hits.scores) <= 0).all()
        terms = SparseVector((7, 20, 31), (0.3, 1.5, 1.0))
        scores = {point.point_id: _inner(terms, point.sparse) for point in stored}
        found = index.search_sparse(terms, limit=50)
        assert found.scores.tolist() == pytest.approx(sorted(scores.values(), reverse=True)[:50], rel=1e-5)
        assert [scores[point] for point in found.points.tolist()] == pytest.approx(found.scores.tolist(), rel=1e-5)


def _inner(query: SparseVector, stored: SparseVector | None) -> float:
    assert stored is not None
    weights = dict(zip(stored.indices, stored.values, strict=True))
    return sum(weights.get(term, 0.0) * weight for term, weight in zip(query.indices, query.values, strict=True))


BAD_VECTORS = [
    unit(1.0) * np.float32(math.nan),
    np.full(DIMENSION, math.inf, np.float32),
    unit(1.0) * np.float32(1.01),
    np.zeros(DIMENSION, np.float32),
    unit(1.0, dimension=DIMENSION + 1),
]
BAD_TERMS = [
    SparseVector((1, 2), (1.0, math.nan)),
    SparseVector((2, 1), (1.0, 1.0)),
    SparseVector((1, 1), (1.0, 1.0)),
    SparseVector((2**32,), (1.0,)),
    SparseVector((1, 2), (1.0,)),
]


@pytest.mark.parametrize("number", range(len(BAD_VECTORS)), ids=["NaN", "infinite", "too long", "zero", "wrong size"])
def test_an_unsound_vector_is_refused_and_nothing_is_left(engine: Engine, index: ProfileIndex, number: int) -> None:
    vector, terms = BAD_VECTORS[number], BAD_TERMS[number]
    name = engine.new_name()
    good = [passage(ADA, 1, unit(1.0)), passage(ADA, 2, unit(0.0, 1.0))]
    for bad in (passage(ADA, 3, vector), passage(ADA, 3, unit(1.0), terms)):
        with pytest.raises(InvalidVector):
            engine.store.build(name, [*good, bad], dimension=DIMENSION, manifest={})
        assert name not in engine.store.names()
    with pytest.raises(InvalidVector):
        index.search_dense(vector, limit=3)
    with pytest.raises(InvalidVector):
        index.search_sparse(terms, limit=3)


def test_a_collection_is_listed_described_and_dropped(engine: Engine) -> None:
    name = engine.new_name()
    manifest = {
        "fingerprint": "f",
        "bm25": {"document_frequencies": {"12": 3}},
        "ranking": {"hnsw_ef": 90},
        "git": None,
    }
    engine.store.build(name, random_world(3).points, dimension=DIMENSION, manifest=manifest)
    assert name in engine.store.names()
    assert engine.store.names() == sorted(engine.store.names())
    assert engine.store.manifest(name) == manifest
    engine.store.drop(name)
    assert name not in engine.store.names()
    engine.store.drop(name)
    with pytest.raises(CollectionNotFound):
        engine.store.open(name)


def test_what_is_not_there_is_an_error_and_no_empty_answer(engine: Engine) -> None:
    with pytest.raises(CollectionNotFound):
        engine.store.open(engine.new_name())
    with pytest.raises(CollectionNotFound):
        engine.store.manifest(engine.new_name())


def test_a_name_that_exists_is_not_built_over(engine: Engine, built: str) -> None:
    with pytest.raises(InputError, match="exists"):
        engine.store.build(built, [marker(BO, "bo")], dimension=DIMENSION, manifest={})
    with closing(engine.store.open(built)) as index:
        assert index.count_people() == 80


def test_a_stopped_build_is_never_listed_and_can_be_made_again(engine: Engine) -> None:
    name = engine.new_name()
    seen_meanwhile: list[bool] = []

    def interrupted() -> Iterator[IndexPoint]:
        yield from random_world(300).points
        seen_meanwhile.append(name in engine.store.names())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.store.build(name, interrupted(), dimension=DIMENSION, manifest={})
    assert seen_meanwhile == [False]
    assert name not in engine.store.names()
    with pytest.raises(CollectionNotFound):
        engine.store.open(name)
    engine.store.sweep()
    engine.store.build(name, random_world(2).points, dimension=DIMENSION, manifest={})
    assert name in engine.store.names()


def test_a_point_must_belong_to_the_person_it_says(engine: Engine) -> None:
    stranger = IndexPoint(point_id(4, 1), ADA, {}, dense=unit(1.0))
    with pytest.raises(InputError, match="person"):
        engine.store.build(engine.new_name(), [stranger], dimension=DIMENSION, manifest={})


def test_an_empty_collection_answers_with_nothing(engine: Engine) -> None:
    with closing(engine.store.open(build(engine, []))) as index:
        assert (index.count_people(), index.count_passages()) == (0, 0)
        assert len(index.search_dense(unit(1.0), limit=5)) == 0
        assert len(index.search_sparse(EVERYWHERE, limit=5)) == 0


def test_a_collection_outlives_the_store_that_built_it(engine: Engine, built: str) -> None:
    again = engine.again()
    assert built in again.names()
    assert again.manifest(built) == {"id": built}
    with closing(again.open(built)) as index:
        assert index.count_people() == 80
        assert len(index.search_sparse(EVERYWHERE, limit=3)) == 3


def test_a_collection_can_be_open_twice_and_closing_one_leaves_the_other(engine: Engine, built: str) -> None:
    first, second = engine.store.open(built), engine.store.open(built)
    first.close()
    first.close()
    assert second.count_people() == 80
    second.close()
    for closed in (first, second):
        with pytest.raises(IndexUnavailable):
            closed.search_dense(unit(1.0), limit=1)
        with pytest.raises(IndexUnavailable):
            closed.search_sparse(EVERYWHERE, limit=1)
        with pytest.raises(IndexUnavailable):
            closed.count_people()
        with pytest.raises(IndexUnavailable):
            closed.count_values("country", limit=1)
        with pytest.raises(IndexUnavailable):
            closed.read([1])
        with pytest.raises(IndexUnavailable):
            closed.find_people(["ada"])


def test_a_copy_made_of_its_points_is_the_same_collection(engine: Engine, pair: ProfileIndex) -> None:
    points = list(pair.points())
    assert [point.point_id for point in points] == sorted(point.point_id for point in points)
    with closing(engine.store.open(build(engine, points))) as copy:
        assert [as_values(point) for point in copy.points()] == [as_values(point) for point in points]
        assert copy.read([point.point_id for point in points]) == pair.read([point.point_id for point in points])
        assert copy.find_people(["ADA-lumen", "Bo_Tide"]) == {"ADA-lumen": 3, "Bo_Tide": 8}
        assert (copy.count_people(), copy.count_passages()) == (pair.count_people(), pair.count_passages())
        for filters in (Filters(), Filters(languages=("rust",)), Filters(hireable=True)):
            assert copy.count_people(filters) == pair.count_people(filters)
            expected = pair.search_dense(unit(3.0, 4.0), limit=9, filters=filters)
            found = copy.search_dense(unit(3.0, 4.0), limit=9, filters=filters)
            np.testing.assert_array_equal(found.points, expected.points)
            np.testing.assert_array_equal(found.scores, expected.scores)


def test_every_point_of_a_larger_collection_is_read_once(engine: Engine, index: ProfileIndex) -> None:
    stored = {point.point_id: point for point in engine.world.points}
    read = {point.point_id: point for point in index.points()}
    assert read.keys() == stored.keys()
    for number, point in read.items():
        assert as_values(point)[1:4] == as_values(stored[number])[1:4]


def as_values(point: IndexPoint) -> tuple[object, ...]:
    """What makes a point, comparable."""
    dense = None if point.dense is None else point.dense.tobytes()
    login = None if point.login is None else point.login.casefold()
    sparse = point.sparse or SparseVector()
    return point.point_id, point.fields, dense, sparse, dict(point.payload), login


def test_a_saved_collection_comes_back_as_it_was(engine: Engine, tmp_path: Path) -> None:
    """What a backup takes and a restore brings: manifest and points, under a name that was free."""
    if engine.name == "emulated server":
        pytest.skip("qdrant-client's emulator makes no snapshots")
    collection = build(engine, engine.world.points)
    with closing(engine.store.open(collection)) as index:
        before = [as_values(point) for point in index.points()]
    engine.store.save(collection, tmp_path)
    with pytest.raises(InputError, match="exists"):
        engine.store.recover(collection, tmp_path)
    manifest = engine.store.manifest(collection)
    engine.store.drop(collection)
    engine.store.recover(collection, tmp_path)
    again = engine.again()
    assert again.manifest(collection) == manifest
    with closing(again.open(collection)) as index:
        assert [as_values(point) for point in index.points()] == before
    with pytest.raises(CollectionNotFound):
        engine.store.save(engine.new_name(), tmp_path)


def test_single_points_are_deleted_or_not_at_all(engine: Engine) -> None:
    people = [PersonFields(person) for person in range(3)]
    points = [passage(one, number, unit(1.0), SparseVector((5,), (1.0,))) for one in people for number in (1, 2)]
    with closing(engine.store.open(build(engine, points))) as index:
        if not engine.deletes:
            with pytest.raises(ReadOnlyIndex):
                index.delete_points([point_id(1, 2)])
            return
        index.delete_points([point_id(1, 2), point_id(77, 1)])
        assert index.count_passages() == 5
        assert point_id(1, 2) not in index.search_dense(unit(1.0), limit=9).points.tolist()


def test_a_collection_is_open_as_long_as_somebody_has_it_open(engine: Engine) -> None:
    collection = build(engine, [passage(PersonFields(1), 1, unit(1.0), SparseVector((5,), (1.0,)))])
    assert not engine.store.is_open(collection)
    index = engine.store.open(collection)
    assert engine.store.is_open(collection) == (engine.name == "edge")
    index.close()
    assert not engine.store.is_open(collection)


def test_a_dropped_collection_is_held_as_long_as_its_files_are_open(engine: Engine) -> None:
    points = [passage(PersonFields(1), 1, unit(1.0), SparseVector((5,), (1.0,)))]
    collection = build(engine, points)
    assert not engine.store.is_held(collection)
    index = engine.store.open(collection)
    engine.store.drop(collection)
    assert engine.store.is_held(collection) == (engine.name == "edge")
    index.close()
    assert not engine.store.is_held(collection)


def test_people_are_deleted_with_all_their_points_or_not_at_all(engine: Engine, index: ProfileIndex) -> None:
    if not engine.deletes:
        with pytest.raises(ReadOnlyIndex):
            index.delete_people([2, 4])
        assert index.count_people() == 80
        return
    name = build(engine, list(random_world(6).points))
    with closing(engine.store.open(name)) as small:
        assert small.delete_people([2, 4, 77]) == 2
        assert small.delete_people([2]) == 0
        assert small.count_people() == 4
        assert small.find_people(["person-2", "person-3"]) == {"person-3": 3}
        assert small.read([point_id(2, 0), point_id(2, 1)]) == [None, None]
        left = {person_of(point) for point in small.search_dense(unit(1.0), limit=100).points.tolist()}
        assert left == {0, 1, 3, 5}
    with closing(engine.again().open(name)) as reopened:
        assert reopened.count_people() == 4


def test_a_healthy_engine_says_so_and_sweeping_spares_what_is_complete(engine: Engine, built: str) -> None:
    assert engine.store.is_healthy()
    assert built not in engine.store.sweep()
    assert built in engine.store.names()
