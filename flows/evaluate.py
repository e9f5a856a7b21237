"""The evaluate flow: search measured on judged needs, with the code that serves; nothing is registered or published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import Field

from flows.commands import JUDGEMENTS, SAMPLE
from flows.promotion_settings import PromotionSettings
from flows.retries import JITTER, PAUSES, RETRIES, may_help
from flows.run_page import StageBars, links_of, show
from indexing.assembly import assemble
from indexing.errors import InputError
from indexing.evaluation import Installation, Task
from indexing.evaluation import evaluate as measure_search
from indexing.evaluation.tracking import track
from indexing.model_recipes import ensure_version
from indexing.model_registry.run_logs import open_tracker
from indexing.pipeline import Sources

MEASURES = ("ndcg@10", "recall@100", "mrr")


def _run_name() -> str:
    """`evaluate v1`, or the champion's version when the run names none."""
    version = runtime.flow_run.parameters.get("version")
    return f"evaluate v{version}" if version else "evaluate the champion's version"


@task(
    name="measure",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def measure(asked: Task) -> dict[str, Any]:
    """Index the corpus aside and ask every need; returns the report."""
    settings, bars, log = PromotionSettings(), StageBars("evaluate"), get_run_logger()
    workspace = assemble(settings)
    installation = Installation(
        workspace,
        workspace_at=lambda folder: assemble(
            settings.model_copy(update={"home": folder, "processed": folder / "processed", "qdrant_url": ""})
        ),
        ensure_version=lambda number: ensure_version(number, workspace, bars),
        progress=bars,
        warn=log.warning,
    )
    return measure_search(asked, installation)


@task(name="log", cache_policy=NO_CACHE, persist_result=False)
def log_report(report: dict[str, Any]) -> str | None:
    """Log the report to MLflow; returns the run's id, None when it could not be logged whole."""
    settings = PromotionSettings()
    tracker = open_tracker(settings.tracking_uri, settings.home, warn=get_run_logger().warning)
    return track(report, tracker, assemble(settings).registry)


@flow(name="evaluate", flow_run_name=_run_name, timeout_seconds=43_200)
def evaluate(
    users: str = "",
    repos: str = "",
    contributions: str = "",
    judgements: list[str] = [],  # noqa: B006  # the form shows a field, where None would show a switch
    version: Annotated[int, Field(ge=1)] | None = None,
    parity: bool = False,
) -> dict[str, float]:
    """Measure search on judged needs, with the code that serves; nothing is registered or published.

    The report is logged to MLflow. Returns the means of what serves.

    Args:
        users: github_users.csv, also .gz, as the worker sees it. Empty is the shipped, fictional sample.
        repos: github_repos.csv, also .gz.
        contributions: github_contributions.csv; without it, owners own.
        judgements: Files of judged needs, JSON lines. Needed with users and repos.
        version: The model version. Empty is the champion's, or 1.
        parity: Compare French with English, for versions 1 and 2.
    """
    if bool(users) != bool(repos) or (users and not judgements):
        raise InputError("users, repos and judgements go together; without them the shipped sample is evaluated.")
    if users and repos:
        sources = Sources(Path(users), Path(repos), Path(contributions) if contributions else None)
    else:
        sources = Sources(*(SAMPLE / f"github_{name}.csv" for name in ("users", "repos", "contributions")))
    files = [Path(file) for file in judgements] if judgements else JUDGEMENTS
    report = measure(Task(sources, files, (version,) if version else (), parity))
    run_id = log_report(report)
    number, queries = report["release"]["model_version"], report["queries"]
    create_table_artifact(
        [{"system": system, **{name: f"{means[name]:.3f}" for name in MEASURES}}
         for system, means in report["systems"].items()],
        "evaluate-systems",
        "Systems side by side",
    )  # fmt: skip
    full: dict[str, float] = report["systems"]["full"]
    rows = [*((name, f"{full[name]:.3f}") for name in MEASURES), ("needs", queries), ("MLflow run", run_id or "none")]
    sentence = f"Version {number} on {report['corpus']['name']}, {queries} judged needs."
    show("evaluate", sentence, rows, links=links_of(PromotionSettings(), version=number))
    return full


if __name__ == "__main__":
    evaluate()
