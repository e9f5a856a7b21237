"""What Qdrant Edge promises beyond the contract: other processes, killed builders, damaged files, recall."""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from indexing.edge_index import EdgeStore
from indexing.edge_index.inventory import take_inventory
from indexing.edge_index.models import EdgeSettings
from indexing.encoder import FloatArray
from indexing.errors import IndexUnavailable, InputError, ReleaseRefused
from indexing.index import Filters, IndexPoint, PersonFields, SparseVector
from indexing.passages import point_id
from tests.contracts.conftest import quick_folder
from tests.index_points import DIMENSION, endless, is_kept, marker, passage, random_unit, random_world, unit

ROOT = Path(__file__).resolve().parents[2]
NAME = "profiles-v1-test"
EVERYWHERE = SparseVector((7,), (1.0,))
WORLD = random_world(40)

# Other processes: {home} is theirs too; each says a word when it is where the test wants it, and then stays there.
BUILDING = """
from pathlib import Path
from indexing.edge_index import EdgeStore
from tests.contracts.conftest import quick_folder
from tests.index_points import DIMENSION, endless, random_world
def points():
    for number, point in enumerate(endless(random_world(40).points)):
        if number == 2000:
            print("ready", flush=True)
        yield point
EdgeStore(Path({home!r})).build("never-finished", points(), dimension=DIMENSION, manifest={{}})
"""
OPENED = """
from pathlib import Path
from indexing.edge_index import EdgeStore
index = EdgeStore(Path({home!r})).open({name!r})
print("ready", index.count_people(), flush=True)
input()
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home with one finished collection, which tests open and never change."""
    with quick_folder() as folder:
        EdgeStore(folder).build(NAME, WORLD.points, dimension=DIMENSION, manifest={})
        yield folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """A home without anything."""
    with quick_folder() as empty:
        yield empty


@pytest.fixture
def fresh(folder: Path) -> EdgeStore:
    return EdgeStore(folder, settings=EdgeSettings(batch_points=64))


def debris(home: Path) -> list[str]:
    """Everything under a home that is no finished collection."""
    hidden = [path.name for path in (home / "collections").glob(".building-*")]
    return hidden + [path.name for path in (home / "clones").glob("*")]


@pytest.fixture
def run() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start another process, wait for its word; at the end none is left."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that a test can press Ctrl-C in it
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def children_of(process: int) -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process(process).children()
    return found


def test_searching_in_a_clone_leaves_every_byte_of_the_master(home: Path) -> None:
    """Clones are hard links: whatever one changed would be changed for everybody."""
    master = home / "collections" / NAME
    before = take_inventory(master)
    with closing(EdgeStore(home).open(NAME)) as index:
        for point in WORLD.points[::10]:
            index.search_dense(unit(1.0), limit=50, filters=Filters(only_people=(point.fields.person,)))
            index.search_sparse(EVERYWHERE, limit=50)
            index.read([point.point_id])
            index.read_dense([point.point_id])
        index.count_people()
    assert take_inventory(master) == before
    assert len(before) > 50


def test_an_index_removes_its_clone_when_it_is_closed(home: Path) -> None:
    index = EdgeStore(home).open(NAME)
    assert len(debris(home)) == 1
    index.close()
    assert debris(home) == []


def test_processes_open_one_collection_at_the_same_time(home: Path, run: Callable[[str], object]) -> None:
    with closing(EdgeStore(home).open(NAME)) as index:
        run(OPENED.format(home=str(home), name=NAME))
        assert index.count_people() == 40
        assert len(debris(home)) == 2


def test_a_sweep_removes_the_clones_of_dead_processes_and_no_others(
    home: Path, run: Callable[[str], subprocess.Popen[str]]
) -> None:
    EdgeStore(home).sweep()
    with closing(EdgeStore(home).open(NAME)) as index:
        other = run(OPENED.format(home=str(home), name=NAME))
        assert EdgeStore(home).sweep() == []
        other.kill()
        other.wait()
        assert len(EdgeStore(home).sweep()) == 1
        assert index.count_people() == 40
        assert len(debris(home)) == 1


def test_a_dropped_collection_goes_on_for_those_who_have_it_open(fresh: EdgeStore, folder: Path) -> None:
    fresh.build(NAME, WORLD.points, dimension=DIMENSION, manifest={})
    with closing(fresh.open(NAME)) as index:
        fresh.drop(NAME)
        assert fresh.names() == []
        assert len(index.search_sparse(EVERYWHERE, limit=10)) == 10
        assert index.read([point_id(1, 0)]) != [None]
    assert debris(folder) == []


def test_many_threads_search_one_index(home: Path) -> None:
    with closing(EdgeStore(home).open(NAME)) as index, ThreadPoolExecutor(8) as pool:
        chance = np.random.default_rng(2)
        queries = [random_unit(chance) for _ in range(40)]
        alone = [index.search_dense(query, limit=10).points.tolist() for query in queries]
        together = pool.map(lambda query: index.search_dense(query, limit=10).points.tolist(), queries * 5)
        assert list(together) == alone * 5


def test_a_damaged_collection_is_refused_before_it_answers(fresh: EdgeStore, folder: Path) -> None:
    """Edge itself opens a truncated file of vectors without a word."""
    fresh.build(NAME, WORLD.points, dimension=DIMENSION, manifest={})
    files = [path for path in (folder / "collections" / NAME / "shard").rglob("*") if path.is_file()]
    files.sort(key=lambda path: (path.stat().st_size, path))
    for victim in (files[-1], files[len(files) // 2], next(path for path in files if path.name == "segment.json")):
        sound = victim.read_bytes()
        for damaged in (sound[: len(sound) // 2], bytes([sound[0] ^ 1]) + sound[1:]):
            victim.write_bytes(damaged)
            with pytest.raises(ReleaseRefused, match=victim.name):
                fresh.open(NAME)
        victim.unlink()
        with pytest.raises(ReleaseRefused, match=victim.name):
            fresh.open(NAME)
        victim.write_bytes(sound)
    assert debris(folder) == []
    with closing(fresh.open(NAME)) as index:
        assert index.count_people() == 40


def test_a_build_from_any_folder_holds_a_few_batches_and_never_all_points(
    fresh: EdgeStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    alive: list[int] = []

    def points_alive() -> int:
        return sum(type(one) is IndexPoint for one in gc.get_objects())

    def counted() -> Iterator[IndexPoint]:
        for number in range(2000):
            if number % 500 == 499:
                alive.append(points_alive() - of_other_tests)
            yield passage(PersonFields(number), 1, unit(1.0))

    gc.collect()
    of_other_tests = points_alive()
    fresh.build(NAME, counted(), dimension=DIMENSION, manifest={})
    assert len(alive) == 4
    assert max(alive) <= 2 * 64
    assert fresh.names() == [NAME]


def test_a_builder_that_fails_says_why(fresh: EdgeStore, folder: Path) -> None:
    with pytest.raises(IndexUnavailable, match="exit 1"):
        fresh.build(NAME, [], dimension=0, manifest={})
    assert debris(folder) == []


def test_a_name_that_leads_elsewhere_is_refused(fresh: EdgeStore, folder: Path) -> None:
    for name in ("../outside", "", ".hidden", "a/b", "x" * 300):
        with pytest.raises(InputError, match="name"):
            fresh.build(name, [], dimension=DIMENSION, manifest={})
        with pytest.raises(InputError, match="name"):
            fresh.drop(name)
    assert sorted(path.name for path in folder.rglob("*")) == [".folders.lock"]


@pytest.mark.parametrize("moment", range(2))
def test_a_killed_builder_leaves_nothing_that_is_seen(fresh: EdgeStore, folder: Path, moment: int) -> None:
    delay = random.Random(moment).uniform(0.0, 1.5)  # from its imports to its flush
    others = {child.pid for child in children_of(os.getpid())}

    def strike() -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for child in children_of(os.getpid()):
                if child.pid not in others:
                    time.sleep(delay)
                    with suppress(psutil.NoSuchProcess):
                        child.kill()
                    return
            time.sleep(0.01)

    killer = threading.Thread(target=strike)
    killer.start()
    with pytest.raises(IndexUnavailable, match="killed"):
        fresh.build(NAME, endless(WORLD.points), dimension=DIMENSION, manifest={})
    killer.join()
    assert fresh.names() == []
    assert debris(folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(2))
def test_a_builder_dies_with_its_parent_and_a_sweep_removes_what_they_left(
    folder: Path, run: Callable[[str], subprocess.Popen[str]], moment: int
) -> None:
    parent = run(BUILDING.format(home=str(folder)))
    children = children_of(parent.pid)
    store = EdgeStore(folder)
    assert len(children) == 1
    assert store.sweep() == []  # both are alive
    time.sleep(random.Random(moment).uniform(0.0, 0.5))
    parent.kill()
    parent.wait()
    _, living = psutil.wait_procs(children, timeout=10)
    assert living == []
    assert store.names() == []
    assert len(store.sweep()) == 1
    assert debris(folder) == []


def test_ctrl_c_ends_the_build_and_its_child_and_cleans_up(
    folder: Path, run: Callable[[str], subprocess.Popen[str]]
) -> None:
    parent = run(BUILDING.format(home=str(folder)))
    children = children_of(parent.pid)
    os.killpg(parent.pid, signal.SIGINT)
    assert parent.wait(timeout=20) != 0
    _, living = psutil.wait_procs(children, timeout=5)
    assert living == []
    assert debris(folder) == []


def clustered(count: int, dimension: int, chance: np.random.Generator) -> FloatArray:
    centres = chance.normal(size=(60, dimension))
    vectors = centres[chance.integers(0, 60, count)] + 0.9 * chance.normal(size=(count, dimension))
    unit_vectors: FloatArray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit_vectors


def test_the_manifest_says_how_dense_the_graph_is_and_who_opens_how_far_a_search_looks(
    fresh: EdgeStore, folder: Path
) -> None:
    fresh.build(NAME, random_world(30).points, dimension=DIMENSION, manifest={"hnsw_m": 8, "ranking": {"hnsw_ef": 64}})
    described = (folder / "collections" / NAME / "shard" / "edge_config.json").read_text(encoding="utf-8")
    assert json.loads(described)["vectors"]["dense"]["hnsw_config"]["m"] == 8
    with closing(fresh.open(NAME)) as usual, closing(fresh.open(NAME, hnsw_ef=32)) as shallow:
        assert (usual.settings.hnsw_ef, shallow.settings.hnsw_ef) == (64, 32)


@pytest.mark.parametrize(
    ("passages", "scanned", "links"), [(64_142, 20_000, 8), (1_000_000, 50_000, 16), (10_000_000, 60_000, 16)]
)
def test_a_large_collection_scans_more_points_before_it_trusts_a_denser_graph(
    fresh: EdgeStore, folder: Path, passages: int, scanned: int, links: int
) -> None:
    fresh.build(NAME, random_world(30).points, dimension=DIMENSION, manifest={"passages": passages, "hnsw_m": 8})
    described = (folder / "collections" / NAME / "shard" / "edge_config.json").read_text(encoding="utf-8")
    graph = json.loads(described)["vectors"]["dense"]["hnsw_config"]
    assert (graph["full_scan_threshold"], graph["m"]) == (scanned * DIMENSION * 4 // 1024, links)


@pytest.mark.quality
def test_the_graph_finds_what_an_exact_search_finds_filtered_or_not(fresh: EdgeStore, folder: Path) -> None:
    """With a low limit for scans, so that 4,000 passages are enough to send searches through the graph."""
    chance = np.random.default_rng(11)
    vectors = clustered(4000, 48, chance)
    owner = np.sort(chance.integers(0, 1000, 4000))
    shares = {"fifth": 0.2, "fiftieth": 0.02, "five-hundredth": 0.002}
    luck = chance.permutation(1000) / 1000
    fields = [
        PersonFields(person, topics=tuple(name for name, share in shares.items() if luck[person] < share))
        for person in range(1000)
    ]
    points = [marker(one, f"p{one.person}") for one in fields]
    points += [passage(fields[person], 1 + row, vectors[row]) for row, person in enumerate(owner.tolist())]
    store = EdgeStore(folder, settings=EdgeSettings(scan_below_points=300))
    store.build(NAME, points, dimension=48, manifest={})
    ids = np.array([point_id(int(person), 1 + row) for row, person in enumerate(owner)])
    with closing(store.open(NAME)) as index:
        for filters, floor in [(Filters(), 0.97), *((Filters(topics=(name,)), 0.95) for name in shares)]:
            kept = np.array([is_kept(fields[person], filters) for person in owner])
            found = wanted = 0
            for query in clustered(20, 48, chance):
                best = ids[kept][np.argsort(-(vectors[kept] @ query))[:100]]
                hits = index.search_dense(query, limit=100, filters=filters)
                found += len(set(hits.points.tolist()) & set(best.tolist()))
                wanted += len(best)
            assert found >= floor * wanted, filters
