"""Objects moved between DVC's cache and the storage, by DVC; when that fails, the storage is asked what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from flows.data_versions.dvc import run_dvc
from flows.data_versions.repository import Repository
from flows.data_versions.storage import Storage
from indexing.errors import Unavailable, VivierError


def transfer(
    direction: Literal["push", "fetch"], repository: Repository, storage: Storage, paths: Iterable[str]
) -> None:
    """Run `dvc push` or `dvc fetch` for these paths. Its own complaint counts files and gives no reason."""
    options = ["--no-run-cache"] if direction == "push" else []  # DVC #10449: the run cache hangs the push
    try:
        run_dvc(
            repository.root,
            direction,
            "--quiet",
            *options,
            *sorted(paths),
            environment=dict(storage.remote.environment),
        )
    except VivierError as failed:
        try:
            storage.objects()
        except Unavailable as away:
            raise Unavailable(
                f"{away} The same command goes on from there: what has arrived is not sent twice."
            ) from failed
        raise
