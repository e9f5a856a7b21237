"""The index flow: load -> enrich -> passages -> embed -> build -> check -> publish, one Prefect task each.

Every task calls the plain function that `vivier index` calls. Between tasks go small values (paths, ids, counts); what
is large lies on disk, so that a retried or cached task costs nothing twice.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, cast

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from flows.settings import FlowSettings
from indexing import pipeline
from indexing.assembly import assemble
from indexing.errors import Unavailable
from indexing.model_recipes import ensure_version
from indexing.pipeline import Corpus, Sources
from indexing.raw_data import population_of
from indexing.releases import Release
from indexing.workspace import Workspace

T = TypeVar("T")


def _may_help(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Try again only when something did not answer; a refusal or bad data stays what it is."""
    return isinstance(state.data, Unavailable | OSError)


def _enrichment(_context: TaskRunContext, parameters: dict[str, Any]) -> str:
    """The cache key of an enrichment: the raw files' hash and the code's revision."""
    return f"vivier-enrich-{parameters['revision']}-{pipeline.git_revision()}"


def _whole(value: T) -> T:
    """A value that Prefect hands to the task as it is, instead of looking into each of its profiles."""
    return cast(T, quote(value))


def _workspace() -> Workspace:
    return assemble(FlowSettings())


def _sources(users: str, repos: str, contributions: str | None) -> Sources:
    return Sources(Path(users), Path(repos), Path(contributions) if contributions else None)


@task(name="load", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5, retry_condition_fn=_may_help)
def load(users: str, repos: str, contributions: str | None) -> tuple[str, dict[str, Any]]:
    """Validate the raw files; returns their revision and the report."""
    raw, revision = pipeline.load(_sources(users, repos, contributions), _workspace())
    return revision, asdict(raw.report)


@task(name="enrich", cache_key_fn=_enrichment, persist_result=True)
def enrich(users: str, repos: str, contributions: str | None, revision: str) -> int:
    """Write the enriched profiles; returns how many people."""
    workspace = _workspace()
    raw, _ = pipeline.load(_sources(users, repos, contributions), workspace)
    population = population_of(Path(users))
    return len(pipeline.enrich_people(raw, revision, workspace, population=population).profiles)


@task(name="passages", cache_policy=NO_CACHE)
def passages(corpus: Corpus) -> list[Any]:
    """The words of every passage."""
    return list(pipeline.passages(corpus))


@task(name="embed", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=10, retry_condition_fn=_may_help)
def embed(corpus: Corpus, version: int) -> int:
    """Encode what the embedding cache does not hold; returns how many passages."""
    return pipeline.embed(corpus, version, _workspace())


@task(name="build", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=10, retry_condition_fn=_may_help)
def build(corpus: Corpus, terms: list[Any], version: int) -> Release:
    """Build the collection of a new release."""
    return pipeline.build(corpus, terms, version, _workspace())


@task(name="check", cache_policy=NO_CACHE)
def check(release: Release, corpus: Corpus) -> None:
    """Open the pair as a service would; a release that fails is dropped."""
    pipeline.check(release, corpus, _workspace())


@task(name="publish", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5, retry_condition_fn=_may_help)
def publish(release: Release, *, force: bool) -> bool:
    """Record the release, and serve it when nothing is served yet or when forced."""
    return pipeline.publish(release, _workspace(), force=force)


@flow(name="index", description="Build a release from raw CSV files, and publish it when nothing is served yet.")
def index(
    users: str = "data/samples/github_users.csv",
    repos: str = "data/samples/github_repos.csv",
    contributions: str | None = "data/samples/github_contributions.csv",
    version: int | None = None,
    force_publish: bool = False,
) -> str:
    """Run every stage; returns the release id."""
    workspace = _workspace()
    number = ensure_version(version, workspace)
    with workspace.building():
        revision, report = load(users, repos, contributions)
        # Cached is only what this home still has on disk; another's result would be no profiles here.
        is_kept = pipeline.enriched_revision(workspace) == revision
        people = enrich.with_options(refresh_cache=not is_kept)(users, repos, contributions, revision)
        get_run_logger().info("%s people, data revision %s", people, revision)
        corpus = _whole(pipeline.read_corpus(workspace))
        terms = passages(corpus)
        embedded = embed(corpus, number)
        release = build(corpus, _whole(terms), number)
        check(release, corpus)
        published = publish(release, force=force_publish)
    create_table_artifact(
        key="index-run",
        description="What the run read and built.",
        table=[
            {"what": "release", "value": release.id},
            {"what": "people", "value": str(release.people)},
            {"what": "passages", "value": str(release.passages)},
            {"what": "embedded now", "value": str(embedded)},
            {"what": "published", "value": str(published)},
            {"what": "raw", "value": json.dumps(report)},
        ],
    )
    return release.id


if __name__ == "__main__":
    index()
