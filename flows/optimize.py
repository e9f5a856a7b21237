"""The optimize flow: a study's trials by some processes, its report, and the best trial as the next version.

Runs of it on several workers go on with one study when they name it: each process asks the database for its next trial.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from pydantic import Field

from flows.commands import JUDGEMENTS, SAMPLE
from flows.optimizing import Request, Watching, begin_run, start_worker, workshop_of
from flows.optimizing import optimize as run_study
from flows.promotion_settings import PromotionSettings
from flows.retries import JITTER, PAUSES, RETRIES, may_help
from flows.run_page import StageBars, links_of, show
from indexing.errors import InputError, VivierError

MAX_WORKERS = 16


def _run_name() -> str:
    """`optimize v1`, with the space."""
    asked = runtime.flow_run.parameters
    versions = asked.get("versions") or []
    return f"optimize {f'v{versions[0]}' if versions else 'the champion'}, {asked.get('space')}"


@task(name="begin", cache_policy=NO_CACHE, persist_result=False)
def begin(request: dict[str, Any]) -> None:
    """Begin the study, or find it as it was left."""
    log = get_run_logger()
    begin_run(Request(**request), PromotionSettings(), Watching(StageBars("optimize"), say=log.info, warn=log.warning))


@task(name="trials", cache_policy=NO_CACHE, persist_result=False, retries=1, retry_delay_seconds=5)
def trials(request: dict[str, Any]) -> None:
    """Run trials in a process of their own, until the study has enough; begun again when the process is killed."""
    process = start_worker(Request(**request), PromotionSettings())
    try:
        code = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if code:
        raise VivierError(f"The process that ran trials ended with code {code}; its log says why.")


@task(
    name="report",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def report(request: dict[str, Any]) -> dict[str, Any]:
    """Run what trials are missing here, check the best ones on the half set apart, and log the study to MLflow."""
    log = get_run_logger()
    watching = Watching(StageBars("optimize"), say=log.info, warn=log.warning)
    return run_study(Request(**request), PromotionSettings(), watching)


@task(name="register", cache_policy=NO_CACHE, persist_result=False)
def register(study: str) -> int:
    """Make the best trial the next version; returns its number."""
    from indexing.optimization.registering import BEST, chosen, register_trial
    from indexing.optimization.storage import known_study, opened_storage

    settings, log = PromotionSettings(), get_run_logger()
    workshop = workshop_of(settings, Watching(warn=log.warning))
    with opened_storage(settings.database) as storage:
        kept = known_study(storage, study)
        return register_trial(kept, chosen(kept, BEST), None, workshop).version


@flow(name="optimize", flow_run_name=_run_name, timeout_seconds=86_400)
def optimize(
    users: str | None = None,
    repos: str | None = None,
    contributions: str | None = None,
    judgements: list[str] | None = None,
    versions: list[int] | None = None,
    space: Literal["ranking", "index", "full"] = "ranking",
    study: str | None = None,
    trials_wanted: Annotated[int, Field(ge=1)] = 40,
    builds: Annotated[int, Field(ge=1, le=12)] = 4,
    timeout_seconds: Annotated[float, Field(gt=0)] | None = None,
    workers: Annotated[int, Field(ge=1, le=MAX_WORKERS)] = 1,
    seed: int = 0,
    register_best: bool = False,
) -> dict[str, Any]:
    """Search for a better way to serve a version; nothing is published.

    Trials are tuned on one half of the judged needs; the best is checked on the other. A study of the same name goes on
    where it was, also from another worker. Returns the comparison on the half set apart.

    Args:
        users: github_users.csv, also .gz, as the worker sees it. Empty is the shipped, fictional sample.
        repos: github_repos.csv, also .gz.
        contributions: github_contributions.csv; without it, owners own.
        judgements: Files of judged needs, JSON lines. Needed with users and repos.
        versions: Where to start; others are tried beside it in the full space. Empty is the champion's, or 1.
        space: ranking takes seconds a trial; index builds collections; full embeds other texts, by other encoders.
        study: Its name; the corpus, version and space otherwise.
        trials_wanted: How many the study is to have, earlier ones counted.
        builds: Collections built at most.
        timeout_seconds: After which no trial is begun.
        workers: Processes of this run that run trials.
        seed: What is drawn follows from it.
        register_best: Make the best trial the next version.
    """
    if bool(users) != bool(repos) or (users and not judgements):
        raise InputError("users, repos and judgements go together; without them the sample is optimised for.")
    sample = [str(SAMPLE / f"github_{name}.csv") for name in ("users", "repos", "contributions")]
    of_people, of_works, of_shares = (users, repos, contributions) if users and repos else sample
    request = {
        "users": str(Path(of_people)),
        "repos": str(Path(of_works)),
        "contributions": of_shares,
        "judgements": tuple(judgements or map(str, JUDGEMENTS)),
        "versions": tuple(versions or ()),
        "space": space,
        "study": study,
        "trials": trials_wanted,
        "builds": builds,
        "seed": seed,
        "timeout_seconds": timeout_seconds,
    }
    begin(request)
    futures: list[PrefectFuture[None]] = [trials.submit(request) for _ in range(workers)]
    for future in futures:
        future.wait()  # one that failed leaves its trials to the others, and at last to the report
    found = report(request)
    best, queries = found["best"], found["queries"]
    create_table_artifact(
        [
            {"trial": row["trial"], "nDCG@10": row["ndcg@10"], "set apart": row["set_apart_ndcg@10"],
             "ms": row["milliseconds"], "served": row["is_start"], "best": row["is_best"]}
            for row in found["front"]
        ],
        "optimize-front",
        "The front",
    )  # fmt: skip
    apart = best["set_apart"]
    rows: list[tuple[str, object]] = [
        ("study", found["study"]),
        ("trials", ", ".join(f"{count} {state}" for state, count in found["trials"].items())),
        ("best trial", best["trial"]),
        ("tuned on, nDCG@10", f"{best['tuned_on']['difference']:+.4f}"),
        (
            "set apart, nDCG@10",
            f"{apart['difference']:+.4f} ({apart['interval'][0]:+.4f} to {apart['interval'][1]:+.4f})",
        ),
        ("set apart, p", f"{apart['p']:.3f}"),
    ]
    version = None
    if register_best and best["trial"] != found["start"]["trial"]:
        version = register(found["study"])
        rows.append(("registered as version", version))
    sentence = f"Trial {best['trial']} of {found['study']}, checked on {queries['set_apart']} needs set apart."
    show("optimize", sentence, rows, links=links_of(PromotionSettings(), version=version))
    return dict(best)


if __name__ == "__main__":
    optimize()
