"""How many people there are at the source: from the ledger beside the raw files to every answer."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from indexing import pipeline
from indexing.candidates import Need, Pool
from indexing.pipeline import Sources
from indexing.raw_data import population_of
from indexing.releases import Release
from indexing.search import search_people
from indexing.skills import load_catalogue
from tests.builders import repo_row, user_row, write_raw_files
from tests.registries import make_release
from tests.worlds import World


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """Two fictional people's raw files."""
    repos = [repo_row(f"{login}/kelp", description="Rust for kelp farms") for login in ("ada-lumen", "bo-tide")]
    raw = write_raw_files(tmp_path / "raw", users=[user_row(), user_row("bo-tide")], repos=repos)
    return Sources(raw.users, raw.repos)


@pytest.fixture(autouse=True)
def raw_folder(tmp_path: Path) -> Path:
    """Where the raw files lie."""
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


def pool_of(release: Release, world: World) -> Pool:
    with closing(world.open(release)) as opened:
        return search_people(Need("kelp"), opened, load_catalogue()).pool


def test_an_answer_says_how_many_people_the_source_has(tmp_path: Path, sources: Sources, raw_folder: Path) -> None:
    """From the ledger into the release, also when the release is built from the people enriched before."""
    (raw_folder / "scrape.json").write_text(json.dumps({"source": "github", "people": 2, "population": 40}))
    world = World(tmp_path / "world")
    version = world.add_version("one")
    first = pipeline.index_corpus(sources, world.workspace, version=version).release
    (raw_folder / "scrape.json").unlink()
    again = pipeline.index_corpus(None, world.workspace, version=version).release
    assert [pool_of(release, world) for release in (first, again)] == [Pool(2, 2, None, 40)] * 2


def test_without_a_ledger_the_population_is_unknown(tmp_path: Path, sources: Sources) -> None:
    world = World(tmp_path / "world")
    done = pipeline.index_corpus(sources, world.workspace, version=world.add_version("one"))
    assert pool_of(done.release, world) == Pool(2, 2, None, None)


def test_people_enriched_by_an_older_version_have_an_unknown_population(tmp_path: Path, sources: Sources) -> None:
    world = World(tmp_path / "world")
    pipeline.index_corpus(sources, world.workspace, version=world.add_version("one"))
    note = world.workspace.processed / "profiles_enriched.json"
    note.write_text(json.dumps({"data_rev": "c0ffee", "people": 2}))
    assert pipeline.read_corpus(world.workspace).population is None


@pytest.mark.parametrize(
    "ledger", ["", "{", "[]", '{"population": "40"}', '{"population": true}', '{"population": -1}']
)
def test_a_ledger_that_says_nothing_sensible_leaves_it_unknown(raw_folder: Path, ledger: str) -> None:
    (raw_folder / "scrape.json").write_text(ledger)
    assert population_of(raw_folder / "github_users.csv") is None


def test_a_manifest_written_before_there_was_a_population_still_loads() -> None:
    manifest: dict[str, Any] = json.loads(json.dumps(make_release(population=7).to_dict()))
    assert Release.from_dict(manifest).population == 7
    del manifest["population"]
    assert Release.from_dict(manifest).population is None
