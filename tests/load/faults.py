"""`python -m tests.load.faults --services postgres mlflow`: what clients see while services of a running stack fail.

Run it where `docker compose` finds the stack (and as root, for `kill -9`). One client searches ten times a second. Each
service is, in turn, stopped and started; its process killed; held still, as if it hung; and, for those that have a
volume, left with a full one: `--fill s3:/data`, over volumes that have a size (deploy/stand-ins/small-volumes.yml).
Prints a Markdown table: failed and slowest searches while it was away, how long until all was well, and whether Docker
had to start it again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

AWAY_SECONDS = 8.0
PATIENCE_SECONDS = 180.0
HOWS = ("stop", "kill", "hang")
BALLAST = "ballast.of.a.drill"


@dataclass(slots=True)
class Searches:
    """What one client saw: when it asked, what was answered, how long it took."""

    url: str
    seen: list[tuple[float, str, float]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        """Search ten times a second until done."""
        for number in itertools.count():
            if self.done.is_set():
                return
            body = json.dumps({"query": f"rust embarqué {number % 50}", "limit": 5}).encode()
            request = urllib.request.Request(f"{self.url}/agent_search", body, {"Content-Type": "application/json"})
            started = time.time()
            try:
                with urllib.request.urlopen(request, timeout=15) as answer:
                    answer.read()
                    said = str(answer.status)
            except urllib.error.HTTPError as error:
                retry = error.headers.get("Retry-After")
                said = f"{error.code} (Retry-After {retry})" if retry else str(error.code)
            except OSError as error:
                said = type(getattr(error, "reason", error)).__name__
            self.seen.append((started, said, time.time() - started))
            time.sleep(0.1)

    def line(self, since: float, until: float) -> str:
        """Counts by answer, and the slowest answered one, between two moments."""
        within = [(said, took) for started, said, took in self.seen if since <= started < until]
        failed = Counter(said for said, _ in within if said != "200")
        slowest = max((took for said, took in within if said == "200"), default=0.0)
        what = ", ".join(f"{count} {said}" for said, count in failed.most_common()) or "none failed"
        return f"{what} of {len(within)}; slowest {slowest * 1000:.0f} ms"


def compose(*arguments: str) -> str:
    """What a `docker compose` command prints; SystemExit with its reason when it fails."""
    done = subprocess.run(["docker", "compose", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"docker compose {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def container(service: str) -> dict[str, Any]:
    """The first container of a service, as Docker describes it."""
    identifier = compose("ps", "--all", "--quiet", service).splitlines()[0]
    done = subprocess.run(["docker", "inspect", identifier], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


def is_well(service: str) -> bool:
    """Whether its container runs and, where it has a health check, passes it."""
    state = container(service)["State"]
    return bool(state["Status"] == "running" and state.get("Health", {}).get("Status", "healthy") == "healthy")


def health(url: str) -> dict[str, Any]:
    """What the service says of itself; also when it says 503, empty when it says nothing."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=8) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        found = {"status": str(error.code)}
    except OSError:
        found = {}
    return found


@contextmanager
def failing(service: str, how: str, folder: str | None) -> Iterator[None]:
    """The fault, for as long as the block lasts; Docker itself brings back who was killed."""
    match how:
        case "stop":
            compose("stop", "--timeout", "10", service)
            yield
            compose("start", service)
        case "kill":
            os.kill(container(service)["State"]["Pid"], signal.SIGKILL)
            yield
        case "hang":
            compose("pause", service)
            yield
            compose("unpause", service)
        case _:
            fill = f"dd if=/dev/zero of={folder}/{BALLAST} bs=1M 2>&1 || true; df -m {folder}"
            compose("exec", "--no-TTY", "--user", "0", service, "sh", "-c", fill)
            yield
            compose("exec", "--no-TTY", "--user", "0", service, "rm", "-f", f"{folder}/{BALLAST}")


def drill(searches: Searches, service: str, how: str, folder: str | None = None) -> tuple[str, ...]:
    """One row: the fault, what clients saw, what the service said of itself, and how long until all was well."""
    began, started = time.time(), container(service)["State"]["StartedAt"]
    with failing(service, how, folder):
        time.sleep(AWAY_SECONDS)
        said = health(searches.url).get("status", "no answer")
    over = time.time()
    while not (is_well(service) and health(searches.url).get("status") == "ok"):
        if time.time() - over > PATIENCE_SECONDS:
            return service, how, searches.line(began, time.time()), said, f"not within {PATIENCE_SECONDS:.0f} s"
        time.sleep(0.5)
    well = time.time()
    again = ", started again" if container(service)["State"]["StartedAt"] != started else ""
    return service, how, searches.line(began, well), said, f"{well - over:.0f} s{again}"


def main() -> None:
    """Drill each service, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--services", nargs="*", default=["mlflow", "prefect", "postgres", "s3", "worker", "api"])
    parser.add_argument("--how", nargs="*", choices=HOWS, default=HOWS)
    parser.add_argument("--fill", nargs="*", default=[], metavar="SERVICE:FOLDER")
    chosen = parser.parse_args()
    searches = Searches(chosen.url)
    client = threading.Thread(target=searches.ask)
    client.start()
    print("| service | how | searches | `/health` meanwhile | all well after |\n|---|---|---|---|---|", flush=True)
    try:
        time.sleep(3)
        for service, how in itertools.product(chosen.services, chosen.how):
            print(f"| {' | '.join(drill(searches, service, how))} |", flush=True)
        for filled in chosen.fill:
            service, _, folder = filled.partition(":")
            print(f"| {' | '.join(drill(searches, service, 'full volume', folder))} |", flush=True)
    finally:
        searches.done.set()
        client.join()


if __name__ == "__main__":
    main()
