"""`make bench`: builds a release of the corpus and measures indexing, serving, recall, and the plain recipe beside it.

Prints a Markdown table and writes it, with the machine and the command, to bench-results/. Nothing here asserts a time:
figures are read by people, and compared as ratios within one run.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from indexing.assembly import assemble
from indexing.index import Filters
from indexing.passages import PASSAGE_BITS
from indexing.settings import HomeSettings
from tests.load import batch, planning
from tests.load.client import Client, Latencies, drive
from tests.load.corpus import ROOT, SEED, SHARES, Corpus, open_text, prepare, queries
from tests.load.report import Row, machine, table
from tests.processes import ServiceProcess, environment, free_port

SAMPLE_FILES = tuple(ROOT / "data" / "samples" / f"github_{name}.csv" for name in ("users", "repos", "contributions"))


def main() -> None:
    """Run every part in order; `--home` keeps the index for another run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="Keep the home here; one that is there already is not built again.")
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--out", type=Path, default=ROOT / "bench-results")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        corpus = prepare(folder)
        home = chosen.home or folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        rows: list[Row] = [("corpus", corpus.name), ("machine", machine())]
        rows += index_corpus(corpus, home)
        rows += serve_corpus(corpus, home, chosen.requests)
        rows += planning.measure().rows()
        rows += recall(corpus, home)
        rows += plain(corpus, home, folder, chosen.requests)
    report = table(rows)
    print(report)
    chosen.out.mkdir(exist_ok=True)
    (chosen.out / f"bench-{time.strftime('%Y%m%d-%H%M%S')}.md").write_text(report + "\n", encoding="utf-8")


def index_corpus(corpus: Corpus, home: Path) -> list[Row]:
    """Build version 1's release, and again with 1 % of the repositories changed."""
    if (home / "mlflow.db").exists():
        return [("index", "kept from an earlier run")]
    first = _index(corpus.users, corpus.repos, home, "--publish")
    both = first["took_s"]["embed"] + first["took_s"]["build"]
    changed = home / "changed.csv"
    _change(corpus, changed)
    again = _index(corpus.users, changed, home)
    return [
        ("people, passages", f"{first['people']:,}, {first['passages']:,}"),
        ("seconds by stage", ", ".join(f"{stage} {took:.1f}" for stage, took in first["took_s"].items())),
        ("embedding and indexing together", f"{first['passages'] / both:.0f} passages/s"),
        (
            "a rebuild with 1 % of the repositories changed",
            f"{again['embedded']:,} passages embedded, {sum(again['took_s'].values()):.1f} s",
        ),
    ]


def serve_corpus(corpus: Corpus, home: Path, requests: int) -> list[Row]:
    """Start, latency with one client, throughput with eight, the query cache, memory."""
    started = time.perf_counter()
    service = ServiceProcess(home)
    try:
        service.wait()
        rows = [("start to first answer", f"{time.perf_counter() - started:.2f} s")]
        fresh = _bodies(queries(corpus, seed=SEED))
        drive(service.port, "/agent_search", fresh, clients=1, requests=50)
        one = drive(service.port, "/agent_search", fresh, clients=1, requests=requests)
        eight = drive(service.port, "/agent_search", fresh, clients=8, requests=3 * requests)
        repeated = list(islice(_bodies(queries(corpus, seed=SEED + 1)), 50))
        drive(service.port, "/agent_search", iter(repeated), clients=1, requests=50)
        cached = drive(service.port, "/agent_search", iter(repeated * 8), clients=1, requests=400)
        hundred = batch.measure(service.port, queries(corpus, seed=SEED + 4))
        process = psutil.Process(service.process.pid)
        maps = {Path(region.path).name for region in process.memory_maps()}
        rows += [
            ("/agent_search, one client", line(one)),
            ("/agent_search, eight clients", line(eight)),
            ("/agent_search, query cache hit, one client", line(cached)),
            ("a batch of 100 against the same 100 one after another", str(hundred)),
            ("memory of the serving process", f"{process.memory_info().rss / 2**20:.0f} MB"),
            ("torch in it", "yes" if any(name.startswith("libtorch") for name in maps) else "no"),
        ]
        return rows
    finally:
        service.stop()


def recall(corpus: Corpus, home: Path) -> list[Row]:
    """Recall@100 of the index against an exact search, without and with filters."""
    os.environ.update({"VIVIER_HOME": str(home), "VIVIER_PROCESSED": str(home / "processed")})
    workspace = assemble(HomeSettings())
    champion = workspace.registry.champion()
    assert champion is not None
    opened = workspace.open(workspace.verify(workspace.registry.release(champion.release_id)))
    try:
        vectors = opened.encoder.encode_queries(list(islice(queries(corpus, seed=SEED + 2), 200)))
        rows = []
        kept = [("nobody filtered", Filters())]
        kept += [(f"a filter keeping {share:.1%}", Filters(countries=(code,))) for share, code, _ in SHARES]
        for name, filters in kept:
            found = [recall_at_100(opened.index, vector, filters) for vector in vectors]
            rows.append((f"ANN recall@100 against exact, {name}", f"{np.mean(found):.4f} (worst {min(found):.2f})"))
        return rows
    finally:
        opened.close()


def plain(corpus: Corpus, home: Path, folder: Path, requests: int) -> list[Row]:
    """The plain recipe on the same corpus: torch in the route, one vector per person."""
    from indexing.export.sources import english_minilm

    people = _person_vectors(home)
    np.save(folder / "people.npy", people)
    port = free_port()
    arguments = (folder / "people.npy", english_minilm().folder, port)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load.plain_recipe", *map(str, arguments)],
        cwd=ROOT,
        env=environment(home),
    )
    try:
        _wait(port)
        fresh = ({"query": query, "limit": 10} for query in queries(corpus, seed=SEED + 3))
        drive(port, "/agent_search", fresh, clients=1, requests=20)
        one = drive(port, "/agent_search", fresh, clients=1, requests=max(200, requests // 4))
        eight = drive(port, "/agent_search", fresh, clients=8, requests=max(400, requests // 2))
        memory = psutil.Process(process.pid).memory_info().rss / 2**20
        return [
            ("plain recipe, one client", line(one)),
            ("plain recipe, eight clients", line(eight)),
            ("plain recipe, memory", f"{memory:.0f} MB"),
        ]
    finally:
        process.terminate()
        process.wait(20)


def _index(users: Path, repos: Path, home: Path, *more: str) -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "vivier.py"), "index", "--version", "1", "--json"]
    finished = subprocess.run(
        [*command, "--users", str(users), "--repos", str(repos), *more],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    summary: dict[str, Any] = json.loads(finished.stdout)
    return summary


def _change(corpus: Corpus, destination: Path) -> None:
    """The repositories with every hundredth description changed."""
    with open_text(corpus.repos) as source, destination.open("w", encoding="utf-8", newline="") as target:
        reader = csv.DictReader(source)
        writer = csv.DictWriter(target, reader.fieldnames or [])
        writer.writeheader()
        for number, row in enumerate(reader):
            writer.writerow(row | ({"description": row["description"] + " Rewritten."} if number % 100 == 0 else {}))


def _bodies(words: Iterator[str]) -> Iterator[dict[str, Any]]:
    return ({"query": query} for query in words)


def line(found: Latencies) -> str:
    """Percentiles, throughput and failures in one line."""
    failed = f", {len(found.failures)} FAILED" if found.failures else ""
    return (
        f"p50 {found.millis(50):.1f} ms, p99 {found.millis(99):.1f} ms, {found.per_second:.0f} requests/s"
        f" over {len(found.seconds)} requests{failed}"
    )


def recall_at_100(index: Any, vector: np.ndarray, filters: Filters) -> float:
    """The share of the hundred nearest that a search finds."""
    exact = index.search_dense(vector, limit=100, filters=filters, exact=True)
    found = index.search_dense(vector, limit=100, filters=filters)
    if not len(exact):
        return 1.0
    # By score, so that passages with the same words (and so the same vector) stand for each other.
    worst = exact.scores[-1] - 1e-6
    return float(np.sum(found.scores >= worst)) / len(exact)


def _person_vectors(home: Path) -> np.ndarray:
    """One vector per person: that of the first work; the plain recipe's latency does not depend on which."""
    workspace = assemble(HomeSettings())
    champion = workspace.registry.champion()
    assert champion is not None
    release = workspace.registry.release(champion.release_id)
    store = workspace.store.open(release.collection)
    try:
        points = [person << PASSAGE_BITS | 1 for person in range(release.people)]
        found = [vector for vector in store.read_dense(points) if vector is not None]
    finally:
        store.close()
    return np.stack(found).astype(np.float32)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            Client(port).post("/agent_search", {"query": "ready", "limit": 1})
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("The plain recipe did not start.")


if __name__ == "__main__":
    main()
