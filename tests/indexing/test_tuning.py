"""What a version carries beside its encoder: numbers that make sense, kept as JSON, and used by what is built."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.candidates import Need
from indexing.embedding_cache import TEMPLATE_NOTE
from indexing.encoder_variants import variant_of
from indexing.erasure.files import erase_from_profiles
from indexing.errors import InputError
from indexing.evaluation.known_model import KnownModel, find_model
from indexing.open_release import OpenRelease
from indexing.pipeline import Corpus, build, embed, fetch_model, passages
from indexing.profiles import Work
from indexing.releases import FieldWeights, RankingConstants, Release
from indexing.search import search_people
from indexing.skills import load_catalogue
from indexing.templates import USUAL_TEMPLATE
from indexing.terms import passage_terms, work_terms
from indexing.tuning import BOUNDS, UNTUNED, Tuning, tuning_of
from tests.registries import make_release
from tests.strategies import works
from tests.worlds import NAMED, World

MAPS = "nautical maps of tides in the browser"


def numbers(name: str, usual: float) -> st.SearchStrategy[float]:
    low, high = BOUNDS[name]
    whole = st.integers(math.ceil(low), int(high))
    return whole if isinstance(usual, int) else whole | st.floats(low, high)


rankings = st.builds(
    RankingConstants, **{name: numbers(name, usual) for name, usual in asdict(RankingConstants()).items()}
).filter(lambda ranking: ranking.dense_weight + ranking.sparse_weight > 0)
field_weights = st.builds(
    FieldWeights, **{each.name: numbers(f"field_weights.{each.name}", 1.0) for each in fields(FieldWeights)}
).filter(lambda weights: any(asdict(weights).values()))
tunings = st.builds(Tuning, rankings, field_weights, numbers("hnsw_m", 16))


@given(tunings)
def test_a_tuning_comes_back_from_json_as_it_was(tuning: Tuning) -> None:
    assert Tuning.from_json(tuning.to_json()) == tuning
    assert Tuning.from_json(tuning.to_json()).to_json() == tuning.to_json()


@given(tunings)
def test_a_release_keeps_the_tuning_it_was_built_with(tuning: Tuning) -> None:
    release = make_release(ranking=tuning.ranking, field_weights=tuning.field_weights, hnsw_m=tuning.hnsw_m)
    assert tuning_of(Release.from_dict(json.loads(json.dumps(release.to_dict())))) == tuning


def test_a_release_from_before_tunings_is_an_untuned_one() -> None:
    manifest = make_release().to_dict()
    del manifest["field_weights"], manifest["hnsw_m"]
    assert tuning_of(Release.from_dict(manifest)) == UNTUNED


def test_what_is_missing_is_as_usual_and_what_is_unknown_is_named() -> None:
    assert Tuning.from_json('{"ranking": {"rarity": 1.0}}') == Tuning(RankingConstants(rarity=1.0))
    assert Tuning.from_json("{}") == UNTUNED
    for written, place in (
        ('{"rankings": {}}', "rankings"),
        ('{"ranking": {"rareness": 1}}', "ranking.rareness"),
        ('{"field_weights": {"bio": 1}}', "field_weights.bio"),
    ):
        with pytest.raises(InputError, match="unknown here") as caught:
            Tuning.from_json(written)
        assert caught.value.field == place


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"hnsw_m": 1}, "hnsw_m"),
        ({"hnsw_m": 16.5}, "hnsw_m"),
        ({"hnsw_m": True}, "hnsw_m"),
        ({"ranking": {"bm25_b": 1.1}}, "bm25_b"),
        ({"ranking": {"depth": 10**400}}, "depth"),
        ({"ranking": {"rarity": "1"}}, "rarity"),
        ({"ranking": {"dense_weight": 0, "sparse_weight": 0}}, "dense_weight"),
        ({"ranking": 1}, "ranking"),
        ({"field_weights": {"name": -1}}, "field_weights.name"),
        ({"field_weights": dict.fromkeys(asdict(FieldWeights()), 0)}, "field_weights"),
        ([], "tuning"),
    ],
)
def test_numbers_without_sense_are_refused_by_name(values: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        Tuning.from_json(json.dumps(values))
    assert caught.value.field == field
    with pytest.raises(InputError):
        Tuning.from_json(json.dumps(values)[:-1])


def test_a_number_that_is_none_is_refused() -> None:
    for written in ("NaN", "Infinity", "null"):
        with pytest.raises(InputError, match="rarity must be a number from 0 to 5"):
            Tuning.from_json(f'{{"ranking": {{"rarity": {written}}}}}')


# Words


@given(works)
def test_with_the_usual_weights_a_work_has_the_terms_of_its_text(work: Work) -> None:
    catalogue = load_catalogue()
    assert work_terms(work, catalogue, FieldWeights()) == passage_terms(USUAL_TEMPLATE.text_of(work), catalogue)


def test_a_field_counts_as_often_as_its_weight_says() -> None:
    catalogue, work = load_catalogue(), NAMED[0].works[0]
    usual, twice = (work_terms(work, catalogue, FieldWeights(name=weight)) for weight in (1.0, 2.0))
    only_name = work_terms(work, catalogue, FieldWeights(description=0, topics=0, language=0))
    assert twice.length == pytest.approx(usual.length + only_name.length)
    assert set(only_name.words) < set(usual.words)
    assert not only_name.skills or set(only_name.skills) <= set(usual.skills)


# Versions


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def tuned(world: World, version: int, tuning: Tuning, *, template: str | None = None) -> int:
    """Another version with a version's encoder, or a variant of it."""
    base = find_model(version, world.workspace, lambda number: number or 1, warn=print)
    model = base if template is None else variant(base, template, world)
    source = world.registry.fetch_source(version, world.workspace.home / "source")
    return world.registry.register(source, model.folder, name="tuned", tuning=tuning)


def variant(base: KnownModel, template: str, world: World) -> KnownModel:
    return variant_of(base, template=template, precision=base.manifest.precision, workspace=world.workspace)


def found_by(opened: OpenRelease) -> list[tuple[str, float]]:
    answer = search_people(Need(MAPS, limit=5), opened, load_catalogue())
    return [(candidate.profile.login, candidate.score) for candidate in answer.candidates]


def test_a_version_with_the_usual_numbers_builds_what_a_version_without_a_tuning_does(world: World) -> None:
    plain = world.add_version("salt")
    same = tuned(world, plain, UNTUNED)
    releases = [world.add_release(version, NAMED) for version in (plain, same)]
    vectors, words, found = [], [], []
    for release in releases:
        opened = world.open(release)
        points = list(opened.index.points())
        vectors.append([None if point.dense is None else point.dense.tolist() for point in points])
        words.append([point.sparse for point in points])
        found.append(found_by(opened))
        opened.close()
    assert vectors[0] == vectors[1]
    assert words[0] == words[1]
    assert found[0] == found[1]
    assert tuning_of(releases[0]) == tuning_of(releases[1]) == UNTUNED


def test_a_tuned_version_is_built_and_ranked_with_its_tuning_and_embeds_nothing(world: World) -> None:
    plain = world.add_version("salt")
    world.add_release(plain, NAMED)
    encoded = sum(len(encoder.encoded) for encoder in world.encoders)
    tuning = Tuning(RankingConstants(dense_weight=0.1, sparse_weight=0.9), FieldWeights(language=0.0, name=2.0), 8)
    version = tuned(world, plain, tuning)
    corpus = Corpus(NAMED, "c0ffee")
    assert embed(corpus, version, world.workspace) == 0
    release = build(corpus, passages(corpus, version, world.workspace), version, world.workspace)
    assert tuning_of(release) == tuning
    assert world.store.manifest(release.collection)["hnsw_m"] == 8
    opened = world.open(release)
    assert max(abs(score) for _, score in found_by(opened)) > 0
    rust = opened.index.search_sparse(_vector("rust"), limit=9)
    opened.close()
    assert not len(rust)  # the language alone said it
    assert encoded <= sum(len(encoder.encoded) for encoder in world.encoders)


def test_another_template_is_another_encoder_and_is_served_with_its_own_texts(world: World) -> None:
    plain = world.add_version("salt")
    version = tuned(world, plain, UNTUNED, template="{name} | {description}")
    fingerprints = {known.version: known.fingerprint for known in world.registry.versions()}
    assert fingerprints[plain] != fingerprints[version]
    release = world.add_release(version, NAMED)  # embeds, builds, and looks for its own passages
    encoded = {text.replace("salt", "") for encoder in world.encoders for text in encoder.encoded}
    assert "quiet-queue Delivers messages once, in order, over a lossy network." in encoded
    assert not any(text.startswith("quiet-queue.") for text in encoded)  # as the usual words have it
    opened = world.open(release)  # encodes some works again and compares
    opened.close()


def test_a_variant_is_made_once_and_the_usual_one_is_the_model_itself(world: World) -> None:
    base = find_model(world.add_version("salt"), world.workspace, lambda number: number or 1, warn=print)
    other = variant(base, "{name}", world)
    assert variant(base, "{name}", world) == other
    assert variant(base, base.manifest.template, world) is base
    assert other.folder != base.folder
    assert fetch_model(base.version, world.workspace)[1] == base.manifest


def test_who_leaves_is_erased_from_vectors_of_every_template(world: World) -> None:
    plain = world.add_version("salt")
    version = tuned(world, plain, UNTUNED, template="{name}")
    from indexing.profile_store import write_profiles

    corpus = Corpus(NAMED, "c0ffee")
    world.workspace.processed.mkdir(parents=True)
    path = world.workspace.processed / "profiles_enriched.parquet"
    write_profiles(NAMED, path)
    for number in (plain, version):
        embed(corpus, number, world.workspace)
    notes = list(world.workspace.processed.glob(f"*/{TEMPLATE_NOTE}"))
    assert [note.read_text(encoding="utf-8") for note in notes] == ["{name}"]
    # A work of somebody who stays, in the repository of somebody who leaves, goes with its texts.
    erase_from_profiles(path, world.workspace.processed, lambda login, *ids: login == "cyr-volt")
    rows = [table.read_text(encoding="utf-8") for table in world.workspace.processed.glob("*/profiles_index.csv")]
    assert len(rows) == 2
    assert not any("cyr-volt" in row for row in rows)


def _vector(word: str) -> Any:
    from indexing.index import SparseVector
    from indexing.terms import term_ids

    return SparseVector(tuple(sorted(term_ids(word))), (1.0,))
