"""Fixtures that more than one folder of tests needs: small models, homes that have them registered, and databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from lingua import LanguageDetector

from tests.made_once import made_once
from tests.postgres_server import PostgresServer, postgres_binaries
from tests.tiny_model import make_tiny_model

# A law holds or does not; how long an example takes on a busy machine is no part of it.
settings.register_profile("vivier", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vivier")


@pytest.fixture(scope="session", autouse=True)
def _language_models_stay_loaded() -> Iterator[None]:
    """Every build lets go of lingua's models, and reading them takes most of a second; here they are read once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LanguageDetector, "unload_language_models", lambda self: None)
        yield


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two models of one size and different weights."""
    names = {"tiny-one": 1, "tiny-two": 2}

    def make(folder: Path) -> None:
        for name, seed in names.items():
            make_tiny_model(folder / name, seed=seed)

    one, two = (made_once(tmp_path_factory, "models", make) / name for name in names)
    return one, two


@pytest.fixture(scope="session")
def registered_master(tiny_models: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two tiny versions and no release; copied, never used itself."""
    from indexing.model_recipes import register_source
    from tests.e2e.homes import workspace_at  # MLflow takes seconds to import: not for the tests that need no home

    def make(home: Path) -> None:
        for model in tiny_models:
            register_source(str(model), None, workspace_at(home))

    return made_once(tmp_path_factory, "registered", make)


@pytest.fixture
def registered_home(registered_master: Path, tmp_path: Path) -> Path:
    """A home of the test's own with two tiny versions and no release."""
    from tests.e2e.homes import copy_of

    return copy_of(registered_master, tmp_path / "home")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for all tests of a run; skips where PostgreSQL is not installed."""
    if postgres_binaries() is None:
        pytest.skip("no PostgreSQL binaries on this machine (`apt install postgresql` brings them)")
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A new, empty database on that server."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty database of each kind that the project's own may be."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/vivier.db"
    url: str = request.getfixturevalue("postgres_url")
    return url
