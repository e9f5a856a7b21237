"""The scrape flow: plan, then collect; each task calls the plain function that `vivier scrape github` calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from flows.data_quality import report_on
from flows.data_quality.around import reported
from flows.data_quality.artifact import publish_artifact
from flows.github import Selection, plan_scrape
from flows.github import scrape as scrape_github
from flows.settings import FlowSettings
from indexing.errors import Unavailable


def _may_help(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Try again only when GitHub did not answer: the journal goes on from there. A refusal stays what it is."""
    return isinstance(state.data, Unavailable)


@task(name="plan", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=60, retry_condition_fn=_may_help)
def plan(selection: Selection, points_an_hour: int | None) -> dict[str, Any]:
    """Slices, people, points and hours."""
    say = get_run_logger().info
    return plan_scrape(selection, FlowSettings(), say=say, points_an_hour=points_an_hour).to_dict()


@task(name="collect", cache_policy=NO_CACHE, retries=5, retry_delay_seconds=600, retry_condition_fn=_may_help)
def collect(selection: Selection, out: str, points_an_hour: int | None) -> dict[str, Any]:
    """Write the raw files; returns the ledger."""
    say = get_run_logger().info
    with reported(Path(out), say=say):
        return scrape_github(selection, FlowSettings(), Path(out), say=say, points_an_hour=points_an_hour).to_dict()


@task(name="quality", cache_policy=NO_CACHE)
def quality(out: str) -> None:
    """Show what the scrape brought as an artifact of the run."""
    publish_artifact(report_on(Path(out)))


@flow(name="scrape", description="Collect people from GitHub into the raw files.")
def scrape(
    queries: list[str] | None = None,
    organisations: list[str] | None = None,
    logins: list[str] | None = None,
    contributors: list[str] | None = None,
    limit: int | None = None,
    out: str | None = None,
    points_an_hour: int | None = None,
) -> dict[str, Any]:
    """Run both stages; returns the ledger, which is the artifact as well."""
    selection = Selection.of(
        queries=queries or (),
        organisations=organisations or (),
        logins=logins or (),
        repositories=contributors or (),
        limit=limit,
    )
    planned = plan(selection, points_an_hour)
    folder = out or str(FlowSettings().data / "raw")
    ledger = collect(selection, folder, points_an_hour)
    quality(folder)
    create_table_artifact(
        key="scrape",
        table=[
            {"what": "planned people", "value": str(planned["people"])},
            *({"what": name, "value": str(ledger[name])} for name in ("people", "repositories", "contributions")),
            *({"what": f"left out: {reason}", "value": str(count)} for reason, count in ledger["left_out"].items()),
        ],
    )
    return ledger


if __name__ == "__main__":
    scrape()
