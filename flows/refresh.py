"""The refresh flow: the stages of `vivier refresh`, one task each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from prefect import flow, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE

from flows.embedding import embedder
from flows.promoting import install
from flows.promotion_settings import PromotionSettings
from flows.refreshing import Asked
from flows.refreshing import refresh as refresh_release
from flows.retries import JITTER, PAUSES, RETRIES, may_help
from flows.run_page import StageBars, links_of, show
from indexing.errors import InputError
from indexing.pipeline import Sources
from indexing.stopwatch import Stopwatch

R = TypeVar("R")
DAYS = 86_400


class TaskStages:
    """Each stage as a task of its own, tried again when something did not answer."""

    def __init__(self) -> None:
        self.clock = Stopwatch()

    def time(self, stage: str, work: Callable[[], R]) -> R:
        """Do the work of a stage as a task; nothing large goes through Prefect."""

        @task(
            name=stage,
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=RETRIES,
            retry_delay_seconds=PAUSES,
            retry_jitter_factor=JITTER,
            retry_condition_fn=may_help,
        )
        def as_task() -> R:
            return work()

        return self.clock.time(stage, as_task)


def _run_name() -> str:
    """`refresh from github`, or of the raw files as they are."""
    source = runtime.flow_run.parameters.get("source", "kept")
    return "refresh of the raw files" if source == "kept" else f"refresh from {source}"


# Empty lists and texts, which nothing here changes: the form shows a field for each, where None would show a switch.
@flow(name="refresh", flow_run_name=_run_name, timeout_seconds=7 * DAYS)
def refresh(
    source: Literal["kept", "github", "git"] = "kept",
    queries: list[str] = [],  # noqa: B006
    organisations: list[str] = [],  # noqa: B006
    clones: list[str] = [],  # noqa: B006
    users: str = "",
    repos: str = "",
    contributions: str = "",
    judgements: list[str] = [],  # noqa: B006
    force: bool = False,
    dask: str = "",
) -> str | None:
    """Bring the served release up to date: collect, enrich, embed what changed, build, check, switch.

    The new release has the champion's model version and serves within seconds of the last check, through the running
    service or, when none answers, by the registry. A failure anywhere leaves the served release as it was; run again,
    it goes on. When nobody has changed it says so and builds nothing. Returns the new release's id, if any.

    Args:
        source: Where to collect from first; `kept` takes the raw files as they are.
        queries: With `github`: searches as GitHub takes them, such as `location:lyon language:rust`.
        organisations: With `github`: members of these organisations.
        clones: With `git`: folders of clones, as the worker sees them.
        users: Instead of data/raw: github_users.csv, also .gz.
        repos: Instead of data/raw: github_repos.csv, also .gz.
        contributions: Instead of data/raw: github_contributions.csv.
        judgements: Files of judged needs on which the new release must not be worse. Empty: only the other checks.
        force: Build also when nobody has changed, for new code or settings.
        dask: Embed on a Dask cluster, tcp://host:8786, or `local:2` for two processes here. Empty: in this process.
    """
    log = get_run_logger()
    settings = PromotionSettings()
    installation = install(settings, say=log.info, warn=log.warning, progress=StageBars("refresh"))
    asked = Asked(
        source=source,
        queries=tuple(queries),
        organisations=tuple(organisations),
        clones=tuple(map(Path, clones)),
        files=_files(users, repos, contributions),
        judgements=tuple(map(Path, judgements)),
        is_forced=force,
    )
    champion = installation.workspace.registry.champion()
    version = champion.version if champion else 1
    stages = TaskStages()
    done = refresh_release(asked, installation, stages, encode=embedder(dask, version))
    rows = [
        ("people", done.people),
        ("people before", done.people_before),
        ("passages", done.passages),
        ("embedded now", done.embedded),
        ("served before", done.before),
        *((f"seconds to {stage}", round(took, 1)) for stage, took in stages.clock.seconds.items()),
        *(("removed", release) for release in done.removed),
    ]
    show("refresh", done.sentence, rows, links=links_of(settings, version=version))
    return done.release


def _files(users: str, repos: str, contributions: str) -> Sources | None:
    if bool(users) != bool(repos):
        raise InputError("users and repos go together; without both, the files of data/raw are taken.", field="users")
    return (
        Sources(Path(users), Path(repos), Path(contributions) if contributions else None) if users and repos else None
    )


if __name__ == "__main__":
    refresh()
