"""The scrape flow: plan, then collect; each task calls the plain function that `vivier scrape github` calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from prefect import flow, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.tasks import exponential_backoff
from pydantic import Field

from flows.data_quality import report_on
from flows.data_quality.around import reported
from flows.data_quality.artifact import publish_artifact
from flows.github import Selection, plan_scrape
from flows.github import scrape as scrape_github
from flows.retries import JITTER, may_help
from flows.run_page import show
from flows.settings import FlowSettings

DAYS = 86_400
_ASKED = {
    "queries": ("query", "queries"),
    "organisations": ("organisation", "organisations"),
    "logins": ("login", "logins"),
    "contributors": ("repository", "repositories"),
}


def _run_name() -> str:
    """`scrape 2 queries, 1 login`: how much was asked for, and nobody's login or need."""
    given = runtime.flow_run.parameters
    parts = [f"{len(given[name])} {kind[len(given[name]) > 1]}" for name, kind in _ASKED.items() if given.get(name)]
    return f"scrape {', '.join(parts) or 'nothing'}"


@task(
    name="plan",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=exponential_backoff(60),
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def plan(selection: Selection, points_an_hour: int | None) -> dict[str, Any]:
    """Slices, people, points and hours."""
    say = get_run_logger().info
    return plan_scrape(selection, FlowSettings(), say=say, points_an_hour=points_an_hour).to_dict()


# GitHub forgets what was used after an hour: the pauses add up to more than two.
@task(
    name="collect",
    cache_policy=NO_CACHE,
    retries=5,
    retry_delay_seconds=exponential_backoff(300),
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def collect(selection: Selection, out: str, points_an_hour: int | None) -> dict[str, Any]:
    """Write the raw files; returns the ledger. Tried again, the journal goes on from where it was."""
    say = get_run_logger().info
    with reported(Path(out), say=say):
        return scrape_github(selection, FlowSettings(), Path(out), say=say, points_an_hour=points_an_hour).to_dict()


@task(name="quality", cache_policy=NO_CACHE)
def quality(out: str) -> None:
    """Show what the scrape brought as an artifact of the run."""
    publish_artifact(report_on(Path(out)))


# Empty lists, which nothing here changes: the form shows a field for each, where None would show a switch.
@flow(name="scrape", flow_run_name=_run_name, timeout_seconds=7 * DAYS)
def scrape(
    queries: list[str] = [],  # noqa: B006
    organisations: list[str] = [],  # noqa: B006
    logins: list[str] = [],  # noqa: B006
    contributors: list[str] = [],  # noqa: B006
    limit: Annotated[int, Field(ge=1)] | None = None,
    out: str = "",
    points_an_hour: Annotated[int, Field(ge=10, le=5_000)] | None = None,
) -> dict[str, Any]:
    """Collect people from GitHub into the raw files; a second run refreshes, one that was stopped goes on.

    Needs `GITHUB_TOKEN` where the worker runs. What is given here is kept by Prefect with the run: let logins be those
    of people who agreed. Returns the ledger: how many were asked for, collected, left out.

    Args:
        queries: Searches as GitHub takes them, such as `location:lyon language:rust`.
        organisations: Members of these organisations.
        logins: These accounts.
        contributors: Contributors of these repositories, OWNER/REPOSITORY.
        limit: At most so many people.
        out: Where the raw files go, as the worker sees it. Empty is data/raw.
        points_an_hour: Points to use an hour at most, of GitHub's 5,000.
    """
    selection = Selection.of(
        queries=queries,
        organisations=organisations,
        logins=logins,
        repositories=contributors,
        limit=limit,
    )
    planned = plan(selection, points_an_hour)
    folder = out or str(FlowSettings().data / "raw")
    ledger = collect(selection, folder, points_an_hour)
    quality(folder)
    rows = [
        ("people planned", planned["people"]),
        *((name, ledger[name]) for name in ("people", "repositories", "contributions")),
        *((f"left out: {reason}", count) for reason, count in ledger["left_out"].items()),
    ]
    show("scrape", f"{ledger['people']:,} people collected; `vivier index` or the refresh flow takes them.", rows)
    return ledger


if __name__ == "__main__":
    scrape()
