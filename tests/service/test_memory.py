"""Whether a second release fits beside the first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from indexing.open_release import Pair
from service import memory
from tests.worlds import NAMED, World


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED)
    return world.workspace.verify(release)


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A container's folder of limits, without any."""
    folder = tmp_path / "cgroup"
    folder.mkdir()
    monkeypatch.setattr(memory, "CGROUP_LIMIT", folder / "memory.max")
    monkeypatch.setattr(memory, "CGROUP_USED", folder / "memory.current")
    return folder


def limit(cgroup: Path, most: str, used: str) -> None:
    (cgroup / "memory.max").write_text(f"{most}\n")
    (cgroup / "memory.current").write_text(f"{used}\n")


def test_more_passages_and_larger_models_need_more(pair: Pair) -> None:
    needed = memory.needed_bytes(pair)
    more = replace(pair, release=replace(pair.release, passages=pair.release.passages + 1_000))
    assert memory.needed_bytes(more) >= needed + 1_000 * pair.release.dimension * 4
    (pair.folder / "model.onnx").write_bytes(bytes(1_000_000))
    assert memory.needed_bytes(pair) >= needed + 1_000_000


@pytest.mark.usefixtures("cgroup")
def test_without_a_container_the_machine_decides(pair: Pair) -> None:
    assert memory.fits(pair, reserve_bytes=0)
    assert not memory.fits(pair, reserve_bytes=psutil.virtual_memory().total)


def test_a_container_s_limit_counts_for_less_than_the_machine(pair: Pair, cgroup: Path) -> None:
    limit(cgroup, str(900 * 2**20), str(890 * 2**20))
    assert memory.available_bytes() == 10 * 2**20
    assert memory.fits(pair, reserve_bytes=2**20)
    assert not memory.fits(pair, reserve_bytes=10 * 2**20)


def test_a_container_without_a_limit_is_like_none(cgroup: Path) -> None:
    limit(cgroup, "max", "1")
    assert memory.available_bytes() > 10 * 2**20
