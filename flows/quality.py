"""The quality flow: what the raw files are worth, as the page of the run and as quality.html beside the files."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.data_quality import report_on, write_report
from flows.data_quality.artifact import publish_artifact
from flows.data_quality.delivery import PAGE
from flows.settings import FlowSettings


@task(name="report", cache_policy=NO_CACHE)
def report(folder: str) -> int:
    """Write the page and show the report on the run's own; returns how many people there are."""
    made = report_on(Path(folder))
    write_report(made, Path(folder) / PAGE)
    publish_artifact(made)
    return made.people


@flow(name="quality", flow_run_name="quality of the raw files", timeout_seconds=3_600)
def quality(folder: str = "") -> int:
    """Report on the raw files: gaps, places, freshness, doubles, skew. Counts only; nobody is named.

    The report is an artifact of the run, and `quality.html` in the folder. Returns how many people there are.

    Args:
        folder: The folder of the raw files, as the worker sees it. Empty is data/raw.
    """
    return report(folder or str(FlowSettings().data / "raw"))


if __name__ == "__main__":
    quality()
