"""The registry on an MLflow server whose database is PostgreSQL: versions, releases, the alias, a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexing.errors import RegistryUnavailable
from indexing.model_registry import MlflowRegistry
from indexing.registry import Champion
from tests.mlflow_server import MlflowServer
from tests.postgres_server import PostgresServer, postgres_binaries
from tests.registries import FIRST, SECOND, import_mlflow, make_release, publish, register_two
from tests.tiny_model import shared_tiny_model

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.timeout(900)  # MLflow makes its tables first: minutes on a busy machine
@pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL binaries on this machine")
def test_a_registry_over_postgresql_registers_records_publishes_and_survives_a_restart(tmp_path: Path) -> None:
    import_mlflow()
    with PostgresServer() as postgres, postgres.database() as url:
        # The same form as VIVIER_DATABASE_URL: MLflow hands it to SQLAlchemy, which takes psycopg 3.
        with MlflowServer(tmp_path / "server", backend=url) as server:
            registry = MlflowRegistry(server.url, artifacts=tmp_path / "unused", timeout_seconds=20)
            register_two(registry, shared_tiny_model(), tmp_path / "made")
            assert [(known.version, known.fingerprint) for known in registry.versions()] == [(2, SECOND), (1, FIRST)]
            first, second = publish(registry, make_release()), publish(registry, make_release(2, SECOND))
            assert registry.champion() == Champion(2, second.id)
            registry.make_champion(1)
            assert registry.champion() == Champion(1, first.id)
            assert registry.resolve(second.id) == Champion(2, second.id)
            assert registry.find(SECOND) == 2

            postgres.stop()
            with pytest.raises(RegistryUnavailable):
                registry.champion()
            postgres.start()
            assert registry.champion() == Champion(1, first.id), "MLflow looks whether a pooled connection lives"
            assert registry.release(second.id) == second
            assert (registry.fetch_model(1, tmp_path / "models" / FIRST) / "model.onnx").exists()
        assert postgres.ask("SELECT count(*) FROM model_versions", url) == [(2,)]
        assert not (tmp_path / "server" / "server.db").exists()
