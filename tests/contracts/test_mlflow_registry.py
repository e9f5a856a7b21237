"""What only MLflow over SQLite can get wrong: half-made databases, lost answers, kills, files that are gone."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.errors import InputError, ModelFilesCorrupt, RegistryUnavailable, ReleaseNotFound
from indexing.model_registry import MlflowRegistry
from indexing.owned_folders import claim
from indexing.registry import Champion
from indexing.releases import Bm25Statistics
from tests.registries import (
    FIRST,
    ask_database,
    faulty_registry,
    finish,
    ignore,
    make_release,
    open_home,
    publish,
    run_in_a_process,
    shared_home,
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shared_home(), tmp_path / "home"))


@pytest.fixture
def registry(home: Path) -> Iterator[MlflowRegistry]:
    with closing(open_home(home)) as registry:
        yield registry


def test_mlflow_itself_loads_the_registered_model() -> None:
    """The sentence-transformers flavour is there for whoever uses MLflow directly."""
    ((uri,),) = ask_database(shared_home(), "SELECT storage_location FROM model_versions WHERE version = 1")
    import mlflow.sentence_transformers

    model = mlflow.sentence_transformers.load_model(uri)
    assert model.encode("an open source parser").shape == (32,)
    assert "sentence-transformers==" in (Path(uri.removeprefix("file://")) / "requirements.txt").read_text()


def test_the_champion_costs_one_call_of_mlflow(registry: MlflowRegistry, home: Path) -> None:
    release = publish(registry, make_release())
    counted = faulty_registry(home, "nothing", ignore)
    assert counted.champion() == Champion(1, release.id)
    assert counted._connection.versions.calls == ["get_model_version_by_alias"]
    counted.close()


@pytest.mark.slow
def test_two_processes_of_one_home_see_each_other(registry: MlflowRegistry, home: Path) -> None:
    assert registry.champion() is None
    code, printed = finish(run_in_a_process("publish(open_home(folder[0]), make_release())", home))
    assert code == 0, printed
    champion = registry.champion()
    assert champion is not None
    assert champion.version == 1


def test_a_version_made_by_hand_is_left_alone_and_left_out(registry: MlflowRegistry, home: Path) -> None:
    by_hand = faulty_registry(home, "nothing", ignore)
    versions = by_hand._connection.versions
    assert versions.create_model_version("vivier-encoder", "file:///somewhere", None, []).version == 3
    assert [version.version for version in registry.versions()] == [2, 1]
    with pytest.raises(ReleaseNotFound):
        registry.resolve("3")
    by_hand.close()


def test_a_tag_that_was_removed_by_hand_means_no_champion(registry: MlflowRegistry, home: Path) -> None:
    publish(registry, make_release())
    ask_database(home, "DELETE FROM model_version_tags WHERE key = 'release'")
    assert registry.champion() is None


@pytest.mark.slow
def test_processes_that_start_at_once_make_one_whole_database(tmp_path: Path) -> None:
    code = "r = open_home(folder[0]); assert r.champion() is None; assert r.versions() == []; r.close()"
    started = [run_in_a_process(code, tmp_path / "home") for _ in range(2)]
    finished = [finish(process) for process in started]
    assert [code for code, _ in finished] == [0, 0], finished
    assert sorted(child.name for child in (tmp_path / "home").iterdir()) == ["mlflow.db", "mlflow.db.lock"]


def test_a_database_whose_creation_was_killed_is_created_again(tmp_path: Path) -> None:
    (tmp_path / ".mlflow.db.new").write_bytes(b"half of a database")
    with closing(open_home(tmp_path)) as registry:
        assert registry.versions() == []
    assert not (tmp_path / ".mlflow.db.new").exists()


def test_a_file_that_is_no_database_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"MLflow alone would try this for 100 seconds" * 50)
    started = time.monotonic()
    registry = open_home(tmp_path)
    with pytest.raises(RegistryUnavailable, match="not a database"):
        registry.versions()
    assert not registry.is_healthy()
    assert time.monotonic() - started < 10


def test_a_database_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RegistryUnavailable, match="cannot be created"):
        open_home(tmp_path / "file" / "home").champion()


def test_a_version_whose_files_are_gone_is_corrupt_and_nothing_is_left(
    registry: MlflowRegistry, home: Path, tmp_path: Path
) -> None:
    for folder in (home / "artifacts").glob("*/artifacts/onnx"):
        shutil.rmtree(folder)
    with pytest.raises(ModelFilesCorrupt, match="no ONNX folder"):
        registry.fetch_model(1, tmp_path / "models" / FIRST)
    assert folders_in(tmp_path / "models") == []


def test_a_manifest_that_was_damaged_is_said_to_be(registry: MlflowRegistry, home: Path) -> None:
    release = publish(registry, make_release())
    (path,) = (home / "artifacts").rglob("release.json")
    path.write_text("{")
    with pytest.raises(ModelFilesCorrupt, match=release.id):
        registry.release(release.id)


def folders_in(models: Path) -> list[str]:
    return sorted(child.name for child in models.iterdir() if child.is_dir())


def test_what_a_killed_fetch_left_is_removed_by_a_later_one(registry: MlflowRegistry, tmp_path: Path) -> None:
    models = tmp_path / "models"
    (models / ".killed-1234" / "onnx").mkdir(parents=True)
    with claim(models, ".under-way"):
        registry.fetch_model(1, models / FIRST)
        left = folders_in(models)
    assert left[-1] == FIRST
    assert [name.partition("-")[0] for name in left[:-1]] == [".under"]


def test_of_several_that_fetch_at_once_each_gets_the_model(registry: MlflowRegistry, tmp_path: Path) -> None:
    folder = tmp_path / "models" / FIRST
    threads = [threading.Thread(target=registry.fetch_model, args=(1, folder)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(file.name for file in folder.iterdir()) == ["encoder.json", "model.onnx", "tokenizer.json"]
    assert folders_in(folder.parent) == [FIRST]


def test_who_asks_while_the_registry_is_being_opened_is_told_so(home: Path) -> None:
    registry = open_home(home, opening_seconds=0.05)
    with registry._opening:
        assert registry.is_healthy()  # its database answers, and MLflow need not be open for that
        with pytest.raises(RegistryUnavailable, match="still being opened"):
            registry.versions()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frequencies=st.dictionaries(st.integers(0, 2**32 - 1), st.integers(1, 10**6), max_size=20),
    average=st.floats(0, 1000),
    data_rev=st.text(max_size=20),
)
def test_any_manifest_survives_the_round_trip(
    registry: MlflowRegistry, frequencies: dict[int, int], average: float, data_rev: str
) -> None:
    release = make_release(data_rev=data_rev, bm25=Bm25Statistics(len(frequencies), average, frequencies))
    registry.record(release)
    assert registry.release(release.id) == release


def test_reading_the_registry_imports_neither_torch_nor_sentence_transformers(home: Path, tmp_path: Path) -> None:
    """A serving process has neither; importing the adapter alone does not even import mlflow."""
    code = (
        "assert 'mlflow' not in sys.modules; r = open_home(folder[0]); assert r.champion() is None; "
        "assert len(r.versions()) == 2; assert r.find('x') is None; r.fetch_model(1, folder[1]); "
        "publish(r, make_release()); r.close(); "
        "print([m for m in ('torch', 'sentence_transformers', 'transformers', 'sklearn') if m in sys.modules])"
    )
    _, printed = finish(run_in_a_process(code, home, tmp_path / "fetched"))
    assert printed.splitlines()[-1] == "[]", printed


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "mlruns",
        "sqlite:///",
        "postgresql://u:s3cret@db/mlflow",
        "http://",
        "ftp://u:s3cret@h",
        "http://u:s3cret@h:p",
    ],
)
def test_an_address_that_cannot_be_used_is_said_without_quoting_it(uri: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI must be") as caught:
        MlflowRegistry(uri, artifacts=tmp_path)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_is_not_there_is_noticed_at_once_and_its_password_stays_hidden(tmp_path: Path) -> None:
    registry = MlflowRegistry("http://ada:s3cret@127.0.0.1:9/mlflow", artifacts=tmp_path)
    started = time.monotonic()
    with pytest.raises(RegistryUnavailable, match=r"127\.0\.0\.1:9/mlflow does not answer") as caught:
        registry.versions()
    assert not registry.is_healthy()
    assert time.monotonic() - started < 10
    shown = [str(caught.value), repr(registry), repr(registry._address), str(caught.value.__cause__)]
    assert not any("s3cret" in text for text in shown)
