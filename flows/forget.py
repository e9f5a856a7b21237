"""The forget flow: erases whoever has left, at most a week after they asked."""

from __future__ import annotations

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.erase import Erased, erase_pending
from flows.settings import FlowSettings
from indexing.errors import Unavailable


@task(name="erase", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=30)
def erase() -> Erased:
    """Sweep files, releases and databases."""
    return erase_pending(FlowSettings(), say=get_run_logger().info)


@flow(name="forget", description="Erase whoever asked to leave, from everything that is kept.")
def forget() -> int:
    """Returns how many requests were answered. The run's parameters and logs name nobody."""
    done = erase()
    if done.still_open:
        raise Unavailable(f"A process keeps {', '.join(done.still_open)} open; erasing goes on with the next run.")
    swept = done.swept
    text = "Nobody was waiting."
    if swept is not None:
        text = (
            f"{done.requests} requests answered: {swept.profiles} profiles and {swept.rows} raw rows removed, "
            f"{len(swept.replaced)} releases replaced."
        )
    create_markdown_artifact(key="forget-run", markdown=text, description="What an erasure removed")
    return done.requests
