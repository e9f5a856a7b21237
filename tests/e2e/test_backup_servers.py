"""A backup of an installation on servers: a real MLflow server, and the Qdrant double over its sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import pytest

from flows.backing_up import take_backup
from flows.bringing_back import Restored, bring_back
from flows.settings import FlowSettings
from indexing.assembly import assemble
from indexing.backup.manifest import Listed
from indexing.candidates import Need
from indexing.champions import pin, pins
from indexing.errors import IndexUnavailable, InputError
from indexing.model_recipes import register_source
from indexing.model_registry import MlflowRegistry
from indexing.search import search_people
from indexing.skills import load_catalogue
from indexing.workspace import Workspace
from tests.e2e.homes import add_release
from tests.fault_qdrant import Fault, faulty_qdrant
from tests.mlflow_server import MlflowServer
from tests.registries import import_mlflow

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def settings_of(home: Path, qdrant: str, mlflow: str) -> FlowSettings:
    return FlowSettings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it
        home=home,
        processed=home / "processed",
        data=home / "data",
        qdrant_url=qdrant,
        mlflow_tracking_uri=mlflow,
    )


@contextmanager
def closing_all(workspace: Workspace) -> Iterator[MlflowRegistry]:
    """The registry; its connections and the store's are closed afterwards."""
    assert isinstance(workspace.registry, MlflowRegistry)
    with closing(workspace.store), closing(workspace.registry):
        yield workspace.registry


def found(settings: FlowSettings) -> list[tuple[str, float]]:
    """Who answers a need, and with which score."""
    workspace = assemble(settings)
    release = workspace.registry.release(workspace.registry.resolve("champion").release_id)
    with closing_all(workspace), closing(workspace.open(workspace.verify(release))) as opened:
        answer = search_people(Need("Rust for databases", limit=20), opened, load_catalogue())
    return [(one.profile.login, one.score) for one in answer.candidates]


def restore(settings: FlowSettings, made: Listed) -> Restored:
    return bring_back(settings, made.folder, into=None, may_replace=False, progress=lambda *_: None, say=lambda _: None)


@pytest.mark.parametrize("target", ["home", pytest.param("server", marks=pytest.mark.long)])
def test_an_empty_installation_is_filled_from_a_backup_of_servers_and_answers_alike(
    target: str, tiny_models: tuple[Path, Path], small_sample: Path, tmp_path: Path
) -> None:
    """The version under its number, its collection by snapshot, the champion last; what fails changes nothing."""
    import_mlflow()
    with (
        MlflowServer(tmp_path / "one") as mlflow,
        MlflowServer(tmp_path / "two") if target == "server" else nullcontext() as empty_mlflow,
        faulty_qdrant() as qdrant,
        faulty_qdrant() as empty_qdrant,
    ):
        first = settings_of(tmp_path / "home", qdrant.url, mlflow.url)
        workspace = assemble(first)
        with closing_all(workspace) as registry:
            add_release(workspace, register_source(str(tiny_models[0]), None, workspace), small_sample)
            pin(registry, "1")
            pinned = pins(registry).keys()
        before = found(first)
        made = take_backup(first, tmp_path / "backups", every_release=False, with_key=False, progress=lambda *_: None)
        assert (made.manifest.engine, made.manifest.registry, len(made.manifest.releases)) == ("server", "export", 1)

        second = settings_of(tmp_path / "another", empty_qdrant.url, empty_mlflow.url if empty_mlflow else "")
        empty_qdrant.fail(Fault(status=400, path="/snapshots/upload", times=1))
        with pytest.raises(IndexUnavailable, match="answers 400"):
            restore(second, made)
        assert not empty_qdrant.engine.get_collections().collections
        with closing_all(assemble(second)) as registry:
            assert registry.champion() is None
        assert restore(second, made).release == made.manifest.champion
        assert found(second) == before
        with closing_all(assemble(second)) as registry:
            assert pins(registry).keys() == pinned
        with pytest.raises(InputError, match="VIVIER_QDRANT_URL"):
            restore(second.model_copy(update={"qdrant_url": ""}), made)
