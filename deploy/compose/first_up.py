"""What the first `docker compose up` does once everything is healthy; a second one finds nothing to do.

The sample is indexed when nothing is served yet, every flow is registered, and one line says where everything is.
"""

import json
import os
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

VIVIER = [sys.executable, "/app/vivier.py"]
SAMPLE = "/app/data/samples/github_{}.csv"
PATIENCE_SECONDS = 300


def main() -> None:
    """Index, register, wait for the service, and say where things are."""
    if is_anything_served():
        print("A release is served already; nothing is indexed.", flush=True)
    else:
        print("Nothing is served yet: indexing the shipped, fictional sample.", flush=True)
        files = [part for name in ("users", "repos", "contributions") for part in (f"--{name}", SAMPLE.format(name))]
        run("index", "--version", "1", *files, "--publish")
    run("flows", "deploy", "--folder", "/app")
    release = served_by(os.environ["VIVIER_SERVICE_URL"])
    where = f"search {os.environ['VIVIER_PUBLIC_URL']}/ui | flows http://localhost:4200 | models http://localhost:5000"
    print(f"\nVivier serves {release}: {where} | storage http://localhost:9001 | keys in .env", flush=True)


def is_anything_served() -> bool:
    """Whether the registry has a champion."""
    told = subprocess.run([*VIVIER, "releases", "--json"], check=True, stdout=subprocess.PIPE).stdout
    return any("served" in marks for version in json.loads(told) for marks in version["marks"].values())


def run(*command: str) -> None:
    """A command of Vivier; its failure is this one's."""
    ended = subprocess.run([*VIVIER, *command], check=False)
    if ended.returncode:
        sys.exit(ended.returncode)


def served_by(service: str) -> str:
    """The release that the service has taken up."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{service}/health", timeout=5) as response:  # noqa: S310  # our own service
                return str(json.load(response)["release"]["id"])
        except (URLError, OSError, TypeError, KeyError):
            time.sleep(1)
    sys.exit(f"{service} took up no release in {PATIENCE_SECONDS} s; `docker compose logs api` says why.")


if __name__ == "__main__":
    main()
