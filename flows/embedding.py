"""Embedding on several processes or machines: chunks of texts go to Dask workers, vectors come back in order.

A text's vector depends on that text alone, so that the embedding cache holds the same bytes whoever encoded them. Only
the process that runs the flow writes it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.retries import JITTER, PAUSES, RETRIES, may_help
from flows.settings import FlowSettings
from indexing.assembly import assemble
from indexing.encoder import Encoder, FloatArray
from indexing.errors import InputError
from indexing.pipeline import Encode, fetch_model

if TYPE_CHECKING:
    from prefect_dask.task_runners import DaskTaskRunner

LOCAL = "local:"
IN_FLIGHT = 16  # chunks sent and not yet back: enough for eight workers, 4 MB of texts and vectors


def embedder(dask: str, version: int) -> Encode | None:
    """What `pipeline.embed` is to encode with: None for this process, when no cluster is named."""
    if not dask:
        return None
    runner = task_runner(dask)
    return partial(_on_dask, runner, version)


def task_runner(dask: str) -> DaskTaskRunner:
    """A runner on a cluster's address, or on `local:N` processes of this machine. InputError for anything else."""
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise InputError("Dask is not installed; `pip install 'vivier[dask]'` adds it.", field="dask") from error
    if "://" in dask:
        return DaskTaskRunner(address=dask)
    count = dask.removeprefix(LOCAL)
    if not (dask.startswith(LOCAL) and count.isdecimal() and int(count)):
        raise InputError(f"dask is {dask!r}; write tcp://HOST:PORT of a scheduler, or local:2.", field="dask")
    return DaskTaskRunner(
        cluster_kwargs={
            "n_workers": int(count),
            "threads_per_worker": 1,
            "host": "127.0.0.1",
            "dashboard_address": None,
        }
    )


@task(
    name="encode",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def encode(version: int, texts: list[str]) -> FloatArray:
    """The vectors of some texts, made by whichever worker this comes to."""
    return _encoder(version).encode_passages(texts)


@cache
def _encoder(version: int) -> Encoder:
    """This worker's encoder, fetched from the registry that its settings name, and kept for the next chunk."""
    workspace = assemble(FlowSettings())
    folder, _ = fetch_model(version, workspace)
    return workspace.load_encoder(folder)


def _on_dask(
    runner: DaskTaskRunner, version: int, chunks: Sequence[Sequence[str]]
) -> Generator[FloatArray, None, None]:
    """The vectors of each chunk in order, never more than some chunks ahead of who writes them down.

    A chunk whose worker dies goes to another: Dask keeps what it was given until the vectors are back.
    """
    waiting: deque[Any] = deque()
    with runner:
        for texts in chunks:
            if len(waiting) >= IN_FLIGHT:
                yield waiting.popleft().result()
            waiting.append(runner.submit(encode, {"version": version, "texts": list(texts)}))
        while waiting:
            yield waiting.popleft().result()
