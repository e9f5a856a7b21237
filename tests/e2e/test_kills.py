"""A run of `vivier index` killed at a random moment: the next one finishes, and nothing half-made is left or served."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from indexing.build import check_release
from indexing.embedding_cache import ROWS, VECTORS
from indexing.errors import RawDataError
from indexing.pipeline import index_corpus, read_corpus
from indexing.profiles import Profile
from tests.e2e.homes import champion, copy_of, index, options, raw_files, versions, workspace_at
from tests.processes import ROOT, environment, vivier
from tests.tiny_model import make_tiny_model

pytestmark = pytest.mark.e2e

RUNS, MANY_RUNS = 3, 20
SEED = 20_261_123
LOCKS = {".folders.lock", ".lock", "build.lock"}


@pytest.fixture(scope="module")
def whole_home(registered_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that nobody kills anything in."""
    return copy_of(registered_master, tmp_path_factory.mktemp("whole") / "home")


@pytest.fixture(scope="module")
def full_run_seconds(whole_home: Path, small_sample: Path) -> float:
    """How long an indexing run takes that nobody kills."""
    started = time.monotonic()
    assert index(whole_home, small_sample, "--version", "1")["published"]
    return time.monotonic() - started


@pytest.fixture(scope="module")
def profiles(full_run_seconds: float, whole_home: Path) -> list[Profile]:
    """The people that every run enriches."""
    return list(read_corpus(workspace_at(whole_home)).profiles)


def killed(arguments: list[str], home: Path, *, after_seconds: float, with_its_children: bool) -> bool:
    """Start a command and kill it, or it alone, after a while; whether it was still running."""
    run = subprocess.Popen(
        [sys.executable, str(ROOT / "vivier.py"), *arguments],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        run.wait(timeout=after_seconds)
    except subprocess.TimeoutExpired:
        if with_its_children:
            os.killpg(run.pid, signal.SIGKILL)
        else:
            run.kill()
        run.wait(timeout=30)
        return True
    return False


def assert_nothing_half_made_is_seen(home: Path, profiles: list[Profile]) -> None:
    """Whatever is listed is whole, and what the alias names was recorded and opens."""
    workspace = workspace_at(home)
    recorded = {release for known in workspace.registry.versions() for release in known.releases}
    listed = workspace.store.names()
    assert {f"profiles-{release_id}" for release_id in recorded} <= set(listed)
    assert champion(home) in {None, *recorded}
    for release_id in recorded:
        opened = workspace.open(workspace.verify(workspace.registry.release(release_id)))
        check_release(opened, profiles)
        opened.close()
    for collection in listed:
        people = workspace.store.open(collection)
        assert people.count_people() == workspace.store.manifest(collection)["people"]
        people.close()


def assert_no_debris(home: Path) -> None:
    """After a run that finished: only collections of recorded releases, and no unfinished or temporary file."""
    recorded = {release for known in versions(home).values() for release in known.releases}
    assert set(workspace_at(home).store.names()) == {f"profiles-{release_id}" for release_id in recorded}
    assert {path.name for path in (home / "collections").iterdir()} == set(workspace_at(home).store.names())
    assert not (home / "unfinished").exists()
    assert list((home / "clones").glob("*")) == []
    hidden = {path.relative_to(home).as_posix() for path in home.rglob(".*") if path.name not in LOCKS}
    assert hidden == set()


def assert_the_cache_is_whole(home: Path) -> None:
    """As many vectors as lines, each of unit length, no text twice."""
    folder = home / "processed" / versions(home)[1].fingerprint
    vectors = np.load(folder / VECTORS)
    texts = [line.split(",")[0] for line in (folder / ROWS).read_text(encoding="utf-8").splitlines()[1:]]
    assert len(vectors) == len(texts) == len(set(texts))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def kill_and_go_on(home: Path, sample: Path, profiles: list[Profile], seconds: float, *, kills: int, seed: int) -> None:
    """Kill runs in one home, each while it runs, at moments spread over a run's whole duration."""
    moments = random.Random(seed)
    arguments = ["index", "--version", "1", "--publish", *options(sample)]
    order = list(range(kills))
    moments.shuffle(order)
    for turn, place in enumerate(order):
        after = seconds * (place + moments.random()) / kills
        while not killed(arguments, home, after_seconds=after, with_its_children=turn % 2 == 0):
            after *= 0.8  # it was faster than the run that was timed
        assert_nothing_half_made_is_seen(home, profiles)


def finish(home: Path, sample: Path, profiles: list[Profile]) -> None:
    done = index(home, sample, "--version", "1", "--publish")
    assert done["published"]
    assert champion(home) == done["release"]
    assert done["people"] == len(profiles)
    assert_nothing_half_made_is_seen(home, profiles)
    assert_no_debris(home)
    assert_the_cache_is_whole(home)


@pytest.mark.slow
def test_a_run_killed_at_any_moment_leaves_nothing_that_the_next_one_does_not_mend(
    registered_home: Path, small_sample: Path, profiles: list[Profile], full_run_seconds: float
) -> None:
    kill_and_go_on(registered_home, small_sample, profiles, full_run_seconds, kills=RUNS, seed=SEED)
    finish(registered_home, small_sample, profiles)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(900)
def test_twenty_kills_in_one_home(
    registered_home: Path, small_sample: Path, profiles: list[Profile], full_run_seconds: float
) -> None:
    for block in range(4):
        kill_and_go_on(
            registered_home, small_sample, profiles, full_run_seconds, kills=MANY_RUNS // 4, seed=SEED + block
        )
        finish(registered_home, small_sample, profiles)


@pytest.mark.slow
@pytest.mark.long
def test_a_killed_registration_leaves_no_version_and_no_scratch_folder(registered_home: Path, tmp_path: Path) -> None:
    model = make_tiny_model(tmp_path / "third", seed=3)
    command = ["register", "--model", str(model), "--json"]
    started = time.monotonic()
    vivier(*command, home=copy_of(registered_home, tmp_path / "measured"))
    seconds = time.monotonic() - started
    for turn in range(4):
        if killed(command, registered_home, after_seconds=seconds * (turn + 1) / 5, with_its_children=turn % 2 == 0):
            assert set(versions(registered_home)) in ({1, 2}, {1, 2, 3})
    done = json.loads(vivier(*command, home=registered_home).stdout)
    assert done == {"version": 3}
    assert set(versions(registered_home)) == {1, 2, 3}
    assert list(registered_home.glob(".scratch-*")) == []


def test_a_kill_while_profiles_are_written_leaves_no_half_of_them_in_use(tiny_home: Path, small_sample: Path) -> None:
    processed = tiny_home / "processed"
    (processed / "profiles_enriched.json").unlink()
    (processed / ".profiles_enriched.parquet.999999999").write_bytes(b"half a file")  # no process has this number
    with pytest.raises(RawDataError, match="was not finished"):
        index_corpus(None, workspace_at(tiny_home), version=1)
    done = index_corpus(raw_files(small_sample), workspace_at(tiny_home), version=1)
    assert done.embedded == 0
    assert_no_debris(tiny_home)
