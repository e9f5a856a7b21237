"""Prefect's own server and worker, started with the project's home and without reporting to anybody.

Each takes the place of this process, so that signals reach Prefect itself: Ctrl-C and SIGTERM end it cleanly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from flows.deployments.flows_table import POOL
from flows.deployments.server_address import PrefectServer
from flows.settings import FlowSettings

_QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_CLI_PROMPT": "false",
}


def environment(settings: FlowSettings, **more: str) -> dict[str, str]:
    """What a server or a worker is started with: Prefect's files under the home, unless PREFECT_HOME says otherwise.

    Paths are absolute: a run's process works in the folder that its deployment names, not in this one.
    """
    home = settings.home.resolve()
    own = {
        "PREFECT_HOME": str(home / "prefect"),
        "VIVIER_HOME": str(home),
        "VIVIER_PROCESSED": str(settings.processed.resolve()),
        "VIVIER_DATA": str(settings.data.resolve()),
    }
    kept = {name: value for name, value in os.environ.items() if name == "PREFECT_HOME" and value}
    return {**os.environ, **_QUIET, **own, **kept, **more}


def become_server(settings: FlowSettings, *, host: str, port: int) -> None:
    """Turn into a Prefect server.

    Who holds a place among the runs allowed at once is written to disk: kept in memory, Prefect's default, it would be
    forgotten by a server that is killed, and the place would stay taken. The page asks the address it came from: by
    default it asks port 4200 wherever the server listens.
    """
    environ = environment(
        settings,
        PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE="prefect.server.concurrency.lease_storage.filesystem",
        PREFECT_SERVER_UI_API_URL="/api",
    )
    # On a busy machine SQLite is locked for longer than the 10 s after which a click ends in "Something went wrong".
    environ.setdefault("PREFECT_SERVER_DATABASE_TIMEOUT", "60")
    environ.pop("PREFECT_API_URL", None)  # of another server: the page would ask that one
    _become(["server", "start", "--host", host, "--port", str(port)], environ)


def become_worker(settings: FlowSettings, server: PrefectServer, *, name: str | None, limit: int | None) -> None:
    """Turn into a worker of the pool."""
    arguments = ["worker", "start", "--pool", POOL, "--type", "process", "--no-create-pool-if-not-found"]
    arguments += ["--name", name] if name else []
    arguments += ["--limit", str(limit)] if limit else []
    _become(arguments, environment(settings, PREFECT_API_URL=server.api_url))


def _become(arguments: list[str], environ: Mapping[str, str]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-m", "prefect", *arguments]
    os.execve(sys.executable, command, environ)  # noqa: S606  # a program of our own environment, no shell
