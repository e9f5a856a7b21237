"""The index flow: load -> enrich -> passages -> embed -> build -> check -> publish, one Prefect task each.

Every task calls the plain function that `vivier index` calls. Between tasks go small values (paths, ids, counts); what
is large lies on disk, so that a retried or cached task costs nothing twice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from prefect import flow, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.context import TaskRunContext
from prefect.utilities.annotations import quote
from pydantic import Field

from flows.embedding import embedder
from flows.promotion_settings import PromotionSettings
from flows.retries import JITTER, PAUSES, RETRIES, may_help
from flows.run_page import StageBars, links_of, show
from flows.settings import FlowSettings
from indexing import pipeline
from indexing.assembly import assemble
from indexing.model_recipes import ensure_version
from indexing.pipeline import Corpus, Sources
from indexing.raw_data import population_of
from indexing.releases import Release
from indexing.run_environment import git_revision
from indexing.workspace import Workspace

T = TypeVar("T")
BARS = "index"
HOURS = 3_600


def _enrichment(_context: TaskRunContext, parameters: dict[str, Any]) -> str:
    """The cache key of an enrichment: the raw files' hash and the code's revision."""
    return f"vivier-enrich-{parameters['revision']}-{git_revision()}"


def _whole(value: T) -> T:
    """A value that Prefect hands to the task as it is, instead of looking into each of its profiles."""
    return cast(T, quote(value))


def _workspace() -> Workspace:
    return assemble(FlowSettings())


def _sources(users: str, repos: str, contributions: str | None) -> Sources:
    return Sources(Path(users), Path(repos), Path(contributions) if contributions else None)


def _run_name() -> str:
    """`index v1`, or the champion's version when the run names none."""
    version = runtime.flow_run.parameters.get("version")
    return f"index v{version}" if version else "index the champion's version"


@task(
    name="load",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def load(users: str, repos: str, contributions: str | None) -> tuple[str, list[str]]:
    """Validate the raw files; returns their revision and what became of their rows."""
    raw, revision = pipeline.load(_sources(users, repos, contributions), _workspace())
    return revision, raw.report.lines()


@task(name="enrich", cache_key_fn=_enrichment, persist_result=True)
def enrich(users: str, repos: str, contributions: str | None, revision: str) -> int:
    """Write the enriched profiles; returns how many people."""
    workspace = _workspace()
    raw, _ = pipeline.load(_sources(users, repos, contributions), workspace)
    population = population_of(Path(users))
    corpus = pipeline.enrich_people(raw, revision, workspace, StageBars(BARS), population=population)
    return len(corpus.profiles)


@task(name="passages", cache_policy=NO_CACHE)
def passages(corpus: Corpus, version: int) -> list[Any]:
    """The words of every passage."""
    return list(pipeline.passages(corpus, version, _workspace()))


@task(
    name="embed",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def embed(corpus: Corpus, version: int, dask: str) -> int:
    """Encode what the embedding cache does not hold; returns how many passages."""
    return pipeline.embed(corpus, version, _workspace(), StageBars(BARS), encode=embedder(dask, version))


@task(
    name="build",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def build(corpus: Corpus, terms: list[Any], version: int) -> Release:
    """Build the collection of a new release."""
    return pipeline.build(corpus, terms, version, _workspace(), StageBars(BARS))


@task(name="check", cache_policy=NO_CACHE)
def check(release: Release, corpus: Corpus) -> None:
    """Open the pair as a service would; a release that fails is dropped."""
    pipeline.check(release, corpus, _workspace())


@task(
    name="publish",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def publish(release: Release, *, force: bool) -> bool:
    """Record the release, and serve it when nothing is served yet or when forced."""
    return pipeline.publish(release, _workspace(), force=force)


@flow(name="index", flow_run_name=_run_name, timeout_seconds=12 * HOURS)
def index(
    users: str = "data/samples/github_users.csv",
    repos: str = "data/samples/github_repos.csv",
    contributions: str | None = "data/samples/github_contributions.csv",
    version: Annotated[int, Field(ge=1)] | None = None,
    force_publish: bool = False,
    dask: str = "",
) -> str:
    """Build a release from raw CSV files, and publish it when nothing is served yet.

    Only passages that were never embedded are; a run that was stopped goes on from there. Returns the release id.

    Args:
        users: github_users.csv, also .gz, as the worker sees it. The shipped sample unless said otherwise.
        repos: github_repos.csv, also .gz.
        contributions: github_contributions.csv; without it, owners own.
        version: The model version; 1 and 2 come with the project. Empty is the champion's, or 1.
        force_publish: Serve the release at once, also when another is served.
        dask: Embed on a Dask cluster, tcp://host:8786, or `local:2` for two processes here. Empty: in this process.
    """
    workspace = _workspace()
    number = ensure_version(version, workspace)
    with workspace.building():
        revision, read = load(users, repos, contributions)
        # Cached is only what this home still has on disk; another's result would be no profiles here.
        is_kept = pipeline.enriched_revision(workspace) == revision
        people = enrich.with_options(refresh_cache=not is_kept)(users, repos, contributions, revision)
        get_run_logger().info("%s people, data revision %s", people, revision)
        corpus = _whole(pipeline.read_corpus(workspace))
        terms = passages(corpus, number)
        embedded = embed(corpus, number, dask)
        release = build(corpus, _whole(terms), number)
        check(release, corpus)
        published = publish(release, force=force_publish)
    rows = [
        ("people", release.people),
        ("passages", release.passages),
        ("embedded now", embedded),
        ("data revision", revision),
    ]
    serving = "is served" if published else f"is recorded; `vivier load {release.id}` serves it"
    show(
        "index",
        f"Release {release.id} {serving}.",
        rows,
        links=links_of(PromotionSettings(), version=number),
        notes=read,
    )
    return release.id


if __name__ == "__main__":
    index()
