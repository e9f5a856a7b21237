"""Homes for end-to-end tests: made once, shared by tests that leave them as they are, copied by the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexing.model_folder import read_manifest
from indexing.model_recipes import register_source
from indexing.sample import generate, write_sample
from tests.e2e.homes import add_release, copy_of, workspace_at
from tests.made_once import made_once


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw files of some 100 fictional people."""
    return made_once(tmp_path_factory, "sample", lambda folder: write_sample(generate(7, people=100), folder, folder))


@pytest.fixture(scope="session")
def tiny_master(registered_master: Path, small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with versions 1 (served) and 2, both tiny, each with a release; copied, never used itself."""

    def make(home: Path) -> None:
        copy_of(registered_master, home)
        for version in (1, 2):
            add_release(workspace_at(home), version, small_sample)

    return made_once(tmp_path_factory, "tiny", make)


@pytest.fixture
def tiny_home(tiny_master: Path, tmp_path: Path) -> Path:
    """A home of the test's own with versions 1 (served) and 2."""
    return copy_of(tiny_master, tmp_path / "home")


@pytest.fixture(scope="session")
def two_versions(
    small_sample: Path,
    tiny_models: tuple[Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Path:
    """A home with version 1 (MiniLM, served) and version 2 (a tiny model), each with a release."""
    from indexing.export.sources import english_minilm
    from tests.encoders import minilm_folder  # torch takes seconds to import: not when tests are only collected

    def make(home: Path) -> None:
        workspace = workspace_at(home)
        onnx = minilm_folder(request.config.cache, "int8")
        version = workspace.registry.register(english_minilm().folder, onnx, name="all-MiniLM-L6-v2")
        workspace.registry.fetch_model(version, workspace.models / read_manifest(onnx).fingerprint)
        add_release(workspace, version, small_sample)
        add_release(workspace, register_source(str(tiny_models[0]), None, workspace), small_sample)

    return copy_of(made_once(tmp_path_factory, "two-versions", make), tmp_path_factory.mktemp("served") / "home")
