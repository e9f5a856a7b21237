"""Switching under load: eight clients search while the pair changes, and every answer is compared afterwards.

`python -m tests.load.switching` prints a Markdown table: how many answers failed or differed from what the release they
name gives alone, and how long requests took while nothing changed, while two open pairs took turns, and while every
pair had to be loaded cold.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.load.client import Client
from tests.load.corpus import SEED, Corpus, experts, queries
from tests.load.report import Row, machine, table
from tests.processes import ServiceProcess, serving, vivier

CLIENTS = 8
VERSIONS = (1, 2)
Essence = tuple[tuple[str, float], ...]


@dataclass(slots=True)
class Asked:
    """What the clients sent and got back."""

    answers: list[tuple[str, str, Essence]] = field(default_factory=list)  # query, release id, what it answered
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Percentiles in milliseconds."""
        p50, p99 = (np.percentile(self.seconds, at) * 1000 for at in (50, 99))
        return (
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {max(self.seconds) * 1000:.0f} ms, "
            f"{len(self.seconds)} requests, {len(self.failures)} failed"
        )


def essence(body: bytes) -> tuple[str, Essence]:
    """The release an answer names, and its people in order with their scores."""
    answer = json.loads(body)
    return answer["release"]["id"], tuple((one["login"], one["score"]) for one in answer["candidates"])


def is_same(found: Essence, wanted: Essence) -> bool:
    """The same people in the same order, scores within 1e-5."""
    return [login for login, _ in found] == [login for login, _ in wanted] and all(
        abs(left - right) <= 1e-5 for (_, left), (_, right) in zip(found, wanted, strict=True)
    )


def ask(port: int, fresh: Iterator[str], *, clients: int, until: threading.Event) -> Asked:
    """Search from several clients, no query twice, until told to stop."""
    found, lock = Asked(), threading.Lock()

    def work() -> None:
        client = Client(port)
        while not until.is_set():
            with lock:
                query = next(fresh)
            started = time.perf_counter()
            try:
                status, body = client.post("/agent_search", {"query": query})
            except OSError as error:
                status, body = 0, repr(error).encode()
            took = time.perf_counter() - started
            with lock:
                found.seconds.append(took)
                if status == 200:
                    found.answers.append((query, *essence(body)))
                else:
                    found.failures.append(f"{status} {body[:200]!r}")
        client.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def load(port: int, reference: object) -> dict[str, Any]:
    """Switch; SystemExit when the service refuses."""
    client = Client(port)
    status, body = client.post(f"/models/load/{reference}", {})
    client.close()
    if status != 200:
        raise SystemExit(f"Loading {reference} answered {status}: {body.decode()}")
    answer: dict[str, Any] = json.loads(body)
    return answer


def steady(port: int, fresh: Iterator[str], *, seconds: float) -> Asked:
    """Eight clients while nothing changes."""
    done = threading.Event()
    threading.Timer(seconds, done.set).start()
    return ask(port, fresh, clients=CLIENTS, until=done)


def switching(port: int, fresh: Iterator[str], *, seconds: float, switches: int) -> tuple[Asked, list[float]]:
    """Eight clients while the pair changes at even intervals; also how many milliseconds each load took."""
    done = threading.Event()
    took: list[float] = []

    def change() -> None:
        started = time.perf_counter()
        for turn in range(switches):
            time.sleep(max(0.0, started + turn * seconds / switches - time.perf_counter()))
            took.append(load(port, VERSIONS[(turn + 1) % 2])["took_ms"])
        time.sleep(max(0.0, started + seconds - time.perf_counter()))
        done.set()

    changer = threading.Thread(target=change)
    changer.start()
    found = ask(port, fresh, clients=CLIENTS, until=done)
    changer.join()
    return found, took


def differing(service: ServiceProcess, asked: Asked) -> int:
    """How many answers are not what the release they name gives alone, asked again one by one of a quiet service."""
    wrong = 0
    for version in VERSIONS:
        release = load(service.port, version)["serving"]
        client = Client(service.port)
        for query, named, found in asked.answers:
            if named == release:
                answered_by, alone = essence(client.post("/agent_search", {"query": query})[1])
                wrong += answered_by != release or not is_same(found, alone)
        client.close()
    return wrong


def measure(corpus: Corpus, home: Path, *, seconds: float, switches: int) -> list[Row]:
    """Both parts on a home with a release of both versions."""
    fresh = queries(corpus, seed=SEED + 7)
    rows: list[Row] = []
    with serving(home) as service:
        for version in VERSIONS:
            load(service.port, version)
            steady(service.port, fresh, seconds=3)
            rows.append((f"version {version} alone", steady(service.port, fresh, seconds=seconds / 3).line()))
        load(service.port, VERSIONS[0])
        warm, took = switching(service.port, fresh, seconds=seconds, switches=switches)
    rows.append((f"{switches} switches in {seconds:.0f} s, both pairs open", warm.line()))
    rows.append(("a load then took", f"median {np.median(took):.0f} ms, longest {max(took):.0f} ms"))
    with serving(home, VIVIER_KEEP_OPEN="0") as service:
        load(service.port, VERSIONS[0])
        steady(service.port, fresh, seconds=3)
        cold, took = switching(service.port, fresh, seconds=seconds, switches=switches)
    rows.append((f"{switches} switches in {seconds:.0f} s, every pair loaded cold", cold.line()))
    rows.append(("a load then took", f"median {np.median(took):.0f} ms, longest {max(took):.0f} ms"))
    with serving(home) as service:
        wrong = differing(service, warm), differing(service, cold)
    rows.append(("answers that differ from what their release gives alone", f"{wrong[0]} and {wrong[1]}"))
    return rows


def build(corpus: Corpus, home: Path) -> None:
    """A release of both versions; a home that has them is left as it is."""
    if (home / "both.json").exists():
        return
    files = [f"--{name}={path}" for name, path in corpus.files().items()]
    vivier("index", *files, "--version", "1", "--publish", home=home, timeout=1_800)
    vivier("index", "--version", "2", home=home, timeout=3_600)
    (home / "both.json").write_text(json.dumps({"corpus": corpus.name}), encoding="utf-8")


def main() -> None:
    """Build where needed, measure, print; `--home` keeps the releases for another run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--switches", type=int, default=24)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        corpus = experts(Path(scratch))
        home = chosen.home or Path(scratch) / "home"
        home.mkdir(parents=True, exist_ok=True)
        build(corpus, home)
        rows = measure(corpus, home, seconds=chosen.seconds, switches=chosen.switches)
    print(table([("corpus", corpus.name), ("machine", machine()), *rows]))


if __name__ == "__main__":
    main()
