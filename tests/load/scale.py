"""`python -m tests.load.scale --passages 1000000`: a release as large as that, built, searched, filtered, switched to.

The people are the shipped sample's, again and again under other names, each time with vectors drawn around the real
ones: as far from them as 0.6 to 0.99 by cosine, so that neighbours differ. Words and fields stay as they are. Prints
a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import psutil

from indexing.assembly import assemble
from indexing.index import Filters, IndexPoint, ProfileIndex
from indexing.open_release import PROBES
from indexing.passages import PASSAGE_BITS, point_id
from indexing.releases import Release, collection_name, new_release_id
from indexing.settings import HomeSettings
from indexing.workspace import Workspace
from tests.load.bench import SAMPLE_FILES, line, recall_at_100
from tests.load.client import drive
from tests.load.corpus import SEED, Corpus, queries
from tests.load.report import Row, machine, table
from tests.load.switching import ask, load
from tests.processes import ServiceProcess, vivier

SHARES = (0.3, 0.03, 0.003)  # of the people: countries are looked for that hold about so many
CORPUS = Corpus("the shipped sample, enlarged", *SAMPLE_FILES)
DEPTH = 300  # passages that a leg looks at


@dataclass(frozen=True, slots=True)
class Enlarged:
    """The large release, the small one beside it, and what building it took."""

    small: Release
    large: Release
    rows: list[Row]


def enlarge(workspace: Workspace, passages: int) -> Enlarged:
    """Build and record a release of at least so many passages from the sample's."""
    small = smallest(workspace)
    index = workspace.store.open(small.collection)
    try:
        points = list(index.points())
    finally:
        index.close()
    times = -(-passages // small.passages)
    release_id = new_release_id(small.model_version)
    large = replace(
        small,
        id=release_id,
        collection=collection_name(release_id),
        people=small.people * times,
        passages=small.passages * times,
        works=small.works * times,
    )
    started = time.perf_counter()
    workspace.store.build(
        large.collection,
        copies(points, small.people, times),
        dimension=large.dimension,
        manifest=large.to_dict(),
    )
    took = time.perf_counter() - started
    workspace.registry.record(large)
    size = sum(path.stat().st_size for path in (workspace.home / "collections" / large.collection).rglob("*"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows: list[Row] = [
        ("people, passages", f"{large.people:,}, {large.passages:,}"),
        ("building the collection", f"{took:.0f} s ({large.passages / took:,.0f} passages/s), without embedding"),
        ("the building process", f"{used.ru_utime + used.ru_stime:.0f} CPU-s, {used.ru_maxrss / 2**20:.1f} GB at most"),
        ("on disk", f"{size / 2**30:.1f} GB"),
    ]
    return Enlarged(small, large, rows)


def sample_workspace(home: Path) -> Workspace:
    """A home with a release of the sample, made when it is not there; this process takes it as its own."""
    if not (home / "mlflow.db").exists():
        files = [f"--{name}={path}" for name, path in CORPUS.files().items()]
        vivier("index", *files, "--version", "1", "--publish", home=home, timeout=1_800)
    os.environ.update({"VIVIER_HOME": str(home), "VIVIER_PROCESSED": str(home / "processed")})
    return assemble(HomeSettings())


def smallest(workspace: Workspace) -> Release:
    """The sample's release: a home that was measured before has larger ones beside it, and serves one of them."""
    releases = [name for version in workspace.registry.versions() for name in version.releases]
    return min((workspace.registry.release(name) for name in releases), key=lambda release: release.passages)


def copies(points: Sequence[IndexPoint], people: int, times: int) -> Iterator[IndexPoint]:
    """Everybody again and again: the first time as they are."""
    draw = np.random.default_rng(SEED)
    # Whoever opens a release encodes the works of a few people again: these keep the vectors of their words.
    probed = {point_id(int(person), 1) for person in np.linspace(0, people * times - 1, PROBES).astype(int)}
    for copy in range(times):
        for point in points:
            yield point if copy == 0 else _moved(point, copy * people, draw, probed)


def _moved(point: IndexPoint, shift: int, draw: np.random.Generator, probed: set[int]) -> IndexPoint:
    """A point of somebody else so many ordinals further, whose vector lies around this one's."""
    moved_id = point.point_id + (shift << PASSAGE_BITS)
    login = None if point.login is None else f"{point.login}-{shift}"
    return replace(
        point,
        point_id=moved_id,
        fields=replace(point.fields, person=point.fields.person + shift),
        payload=point.payload if login is None else {**point.payload, "login": login},
        login=login,
        dense=point.dense if point.dense is None or moved_id in probed else _around(point.dense, draw),
    )


def _around(vector: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    noise = draw.standard_normal(len(vector), dtype=np.float32)
    noise -= noise @ vector * vector
    cosine = draw.uniform(0.6, 0.99)
    found = cosine * vector + np.sqrt(1 - cosine**2) * noise / np.linalg.norm(noise)
    return np.asarray(found / np.linalg.norm(found), dtype=np.float32)


def searched(workspace: Workspace, large: Release, corpus: Corpus) -> list[Row]:
    """Opening it, memory, and each leg's time and recall, without and with filters."""
    before = psutil.Process().memory_info().rss
    started = time.perf_counter()
    opened = workspace.open(workspace.verify(large))
    rows: list[Row] = [("opening it", f"{time.perf_counter() - started:.1f} s")]
    try:
        vectors = opened.encoder.encode_queries(list(islice(queries(corpus, seed=SEED + 2), 200)))
        kept = [("nobody filtered", Filters())]
        kept += [(f"{share:.1%} kept", Filters(countries=(code,))) for share, code in countries(opened.index)]
        for name, filters in kept:
            rows.append((f"dense leg, {name}", _timed(opened.index, vectors, filters)))
        grown = psutil.Process().memory_info().rss - before
        rows.append(("memory it took", f"{grown / 2**30:.1f} GB with the pages of its files"))
    finally:
        opened.close()
    return rows


def countries(index: ProfileIndex) -> list[tuple[float, str]]:
    """The countries whose shares of the people are nearest to those wanted, and the shares."""
    everybody = index.count_people()
    seen: Counter[str] = Counter()
    for point in islice(index.points(), 20_000):
        if point.login is not None and point.fields.country:
            seen[point.fields.country] += 1
    shares = {code: index.count_people(Filters(countries=(code,))) / everybody for code in seen}
    nearest = [min(shares, key=lambda code: abs(np.log(shares[code] / wanted))) for wanted in SHARES]
    return [(shares[code], code) for code in dict.fromkeys(nearest)]


def _timed(index: ProfileIndex, vectors: np.ndarray, filters: Filters) -> str:
    seconds, found = [], []
    for vector in vectors:
        started = time.perf_counter()
        index.search_dense(vector, limit=DEPTH, filters=filters)
        seconds.append(time.perf_counter() - started)
        found.append(recall_at_100(index, vector, filters))
    middle, last = np.percentile(seconds, [50, 99]) * 1_000
    return f"p50 {middle:.1f} ms, p99 {last:.1f} ms, recall@100 {np.mean(found):.4f} (worst {min(found):.2f})"


def served(home: Path, enlarged: Enlarged, corpus: Corpus, requests: int) -> list[Row]:
    """The service on the small release, switched to the large one under load, and its answers then."""
    fresh = queries(corpus, seed=SEED + 5)
    service = ServiceProcess(home)
    try:
        service.wait()
        load(service.port, enlarged.small.id)
        done = threading.Event()
        took: list[float] = []

        def switch() -> None:
            time.sleep(2)
            took.append(load(service.port, enlarged.large.id)["took_ms"])
            done.set()

        switching = threading.Thread(target=switch)
        switching.start()
        meanwhile = ask(service.port, fresh, clients=1, until=done)
        switching.join()
        bodies = ({"query": query} for query in fresh)
        drive(service.port, "/agent_search", bodies, clients=1, requests=100)
        one = drive(service.port, "/agent_search", bodies, clients=1, requests=requests)
        four = drive(service.port, "/agent_search", bodies, clients=4, requests=requests)
        memory = psutil.Process(service.process.pid).memory_info().rss
        return [
            ("switching to it", f"{took[0] / 1000:.1f} s; meanwhile {meanwhile.line()}"),
            ("/agent_search, one client", line(one)),
            ("/agent_search, four clients", line(four)),
            (
                "memory of the serving process",
                f"{memory / 2**30:.1f} GB with both releases and the pages of their files",
            ),
        ]
    finally:
        service.stop()


def main() -> None:
    """Build where needed, measure, print; `--home` keeps the sample's release for another run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--home", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = chosen.home or Path(scratch) / "home"
        workspace = sample_workspace(home)
        enlarged = enlarge(workspace, chosen.passages)
        rows = enlarged.rows + searched(workspace, enlarged.large, CORPUS)
        rows += served(home, enlarged, CORPUS, chosen.requests)
    print(table([("corpus", CORPUS.name), ("machine", machine()), *rows]))


if __name__ == "__main__":
    main()
