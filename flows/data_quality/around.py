"""A report around a collection: what lay there before is read first, so that changes can be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from flows.data_quality.delivery import deliver
from flows.data_quality.facts import facts_of


@contextmanager
def reported(folder: Path, *, say: Callable[[str], None]) -> Iterator[None]:
    """Put a report beside the raw files that are collected within the block.

    In a process of its own: tables of fifty thousand people take a gigabyte, and collecting them takes little.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as worker:
        before = worker.submit(facts_of, folder).result()
        yield
        page = worker.submit(deliver, folder, before).result()
    say(f"{page} reports on the data.")
