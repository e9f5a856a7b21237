"""MLflow calls that fail, get lost, do nothing or kill the process: versions stay whole, moves are read back."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from indexing.errors import AliasNotMoved, RegistryUnavailable
from indexing.model_registry import MlflowRegistry
from indexing.registry import Champion
from tests.registries import (
    SECOND,
    ask_database,
    faulty_registry,
    finish,
    ignore,
    lose_the_answer,
    make_release,
    open_home,
    publish,
    refuse,
    run_in_a_process,
    shared_home,
    status_of_run,
)
from tests.tiny_model import make_onnx_folder, shared_tiny_model


@pytest.fixture
def tiny_model() -> Path:
    return shared_tiny_model()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shared_home(), tmp_path / "home"))


@pytest.fixture
def registry(home: Path) -> Iterator[MlflowRegistry]:
    with closing(open_home(home)) as registry:
        yield registry


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    """The ONNX folder of a third version."""
    return make_onnx_folder(tmp_path / "onnx", fingerprint="dddd")


def test_a_registration_that_fails_midway_leaves_no_version(home: Path, tiny_model: Path, onnx: Path) -> None:
    broken = faulty_registry(home, "create_model_version", refuse)
    with pytest.raises(RegistryUnavailable, match="refused on purpose"):
        broken.register(tiny_model, onnx, name="third")
    assert [version.version for version in broken.versions()] == [2, 1]
    assert status_of_run(home, "third") == ("FAILED", "deleted")
    assert status_of_run(home, "tiny") == ("FINISHED", "active")
    broken.close()


def test_a_lost_answer_does_not_take_the_files_from_under_a_version(
    home: Path, tiny_model: Path, onnx: Path, tmp_path: Path
) -> None:
    broken = faulty_registry(home, "create_model_version", lose_the_answer)
    with pytest.raises(RegistryUnavailable):
        broken.register(tiny_model, onnx, name="third")
    assert broken.find("dddd") == 3
    broken.fetch_model(3, tmp_path / "cache")
    assert (tmp_path / "cache" / "encoder.json").exists()
    assert status_of_run(home, "third") == ("FINISHED", "active")
    broken.close()


@pytest.mark.slow
def test_what_a_killed_registration_left_is_removed_by_a_later_one(
    registry: MlflowRegistry, home: Path, tiny_model: Path, onnx: Path
) -> None:
    code = "faulty_registry(folder[0], 'create_model_version', die).register(folder[1], folder[2], name='killed')"
    killed, printed = finish(run_in_a_process(code, home, tiny_model, onnx))
    assert killed == -signal.SIGKILL, printed
    assert [version.version for version in registry.versions()] == [2, 1]
    assert registry.find("dddd") is None
    assert status_of_run(home, "killed") == ("RUNNING", "active")
    ask_database(home, "UPDATE runs SET start_time = start_time - 4000000 WHERE name = 'killed'")
    assert registry.register(tiny_model, onnx, name="third") == 3
    assert status_of_run(home, "killed") == ("FAILED", "deleted")


def test_a_write_that_mlflow_refuses_moves_nothing(registry: MlflowRegistry, home: Path) -> None:
    publish(registry, make_release(2, SECOND))
    first = publish(registry, make_release())
    broken = faulty_registry(home, "set_registered_model_alias", refuse)
    with pytest.raises(AliasNotMoved, match=r"did not move the alias `champion` to 2, it names 1: .*on purpose"):
        broken.make_champion(2)
    assert registry.champion() == Champion(1, first.id)
    broken.close()


def test_a_write_whose_answer_was_lost_counts_when_it_is_read_back(registry: MlflowRegistry, home: Path) -> None:
    release = make_release()
    registry.record(release)
    broken = faulty_registry(home, "set_model_version_tag", lose_the_answer)
    broken.make_current(1, release.id)
    assert registry.resolve("1") == Champion(1, release.id)
    broken.close()


@pytest.mark.parametrize(
    ("method", "move"),
    [
        ("set_registered_model_alias", lambda registry, release: registry.make_champion(1)),
        ("set_model_version_tag", lambda registry, release: registry.make_current(1, release.id)),
    ],
)
def test_a_move_that_does_not_hold_is_noticed(
    registry: MlflowRegistry, home: Path, method: str, move: Callable[..., None]
) -> None:
    publish(registry, make_release())
    champion = publish(registry, make_release(2, SECOND))
    newer = make_release()
    registry.record(newer)
    broken = faulty_registry(home, method, ignore)
    with pytest.raises(AliasNotMoved, match="somebody else"):
        move(broken, newer)
    assert registry.champion() == Champion(2, champion.id)
    assert registry.resolve("1").release_id != newer.id
    broken.close()
