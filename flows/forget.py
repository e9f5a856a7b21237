"""The forget flow: erases whoever has left, at most a week after they asked."""

from __future__ import annotations

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.erase import Erased, erase_pending
from flows.retries import JITTER, PAUSES, RETRIES, may_help
from flows.run_page import show
from flows.settings import FlowSettings
from indexing.errors import Unavailable


@task(
    name="erase",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def erase() -> Erased:
    """Sweep files, releases and databases."""
    return erase_pending(FlowSettings(), say=get_run_logger().info)


@flow(name="forget", flow_run_name="erase whoever has left", timeout_seconds=43_200)
def forget() -> int:
    """Erase whoever asked to leave, from everything that is kept: files, releases, databases.

    They are hidden from every answer since they asked; this removes what is kept of them. Returns how many requests
    were answered. The run's page and logs name nobody.
    """
    done = erase()
    if done.still_open:
        raise Unavailable(f"A process keeps {', '.join(done.still_open)} open; erasing goes on with the next run.")
    swept = done.swept
    rows: list[tuple[str, object]] = [("requests answered", done.requests)]
    if swept is not None:
        rows += [("profiles", swept.profiles), ("raw rows", swept.rows), ("releases replaced", len(swept.replaced))]
    show("forget", f"{done.requests} requests answered." if swept else "Nobody was waiting to be erased.", rows)
    return done.requests
