"""The promote and rollback flows: the stages of `vivier promote` and `vivier rollback`, one task each."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from pydantic import Field

from flows import promoting
from flows.promoting import Compared, Installation
from flows.promotion_report.tracking import description, log_end
from flows.promotion_settings import PromotionSettings
from flows.retries import JITTER, PAUSES, RETRIES, may_help
from flows.run_page import StageBars, links_of, show
from indexing.errors import ReleaseRefused
from indexing.promotion.gate import Mode
from indexing.promotion.records import Section, new_promotion_id
from indexing.promotion.records import promoting as right_to_promote
from indexing.promotion.term import serve_probation, take_office


class Approval(RunInput):
    """What a person answers while the run is paused."""

    approve: bool = Field(default=False, description="Serve the candidate.")
    note: str = Field(default="", description="Why; kept with the promotion.")


@task(
    name="compare",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=PAUSES,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_help,
)
def compare(release: str, judgements: list[str]) -> Compared:
    """Open both as they serve and ask them the same."""
    return promoting.compare(release, _installation(), judgements=[Path(name) for name in judgements])


@task(name="report", cache_policy=NO_CACHE, persist_result=False)
def report(compared: Compared, mode: Mode | None) -> Section:
    """Judge, and write page, record and MLflow run. The artifact names nobody."""
    installation = _installation()
    verdict = promoting.judged(compared, installation, mode=mode)
    record = promoting.report(new_promotion_id(), compared, verdict, installation)
    create_markdown_artifact(description(record, record["findings"]), "promotion-report", verdict.sentence)
    rows = [(rule.name, f"{rule.value:.4g} ({'met' if rule.is_met else 'not met'})") for rule in verdict.rules]
    settings = installation.settings
    links = links_of(settings, version=compared.candidate.version)
    if settings.mlflow_page and record["mlflow_run"]:
        links["Report in MLflow"] = f"{settings.mlflow_page}/#/runs/{record['mlflow_run']}"
    show("promotion", verdict.sentence, rows, links=links, notes=[f"The page for readers inside: {record['page']}"])
    return record


@task(name="move", cache_policy=NO_CACHE, persist_result=False)
def move(compared: Compared, record: Section, service: str | None, minutes: float | None) -> Section:
    """Let the candidate be the champion, through the running service when one answers."""
    installation = _installation()
    with promoting.service_for(compared.candidate.release_id, installation, url=service) as running:
        office = promoting.office_of(installation, running, minutes=minutes)
        return take_office(compared.candidate, compared.champion, record, office)


@task(name="probation", cache_policy=NO_CACHE, persist_result=False)
def probation(record: Section, service: str | None, minutes: float | None) -> Section:
    """Watch the service, and go back by itself on trouble."""
    installation = _installation()
    bar, total = StageBars("promotion"), installation.settings.limits(minutes=minutes).minutes * 60
    with promoting.service_for(record["candidate"], installation, url=service) as running:
        office = promoting.office_of(
            installation,
            running,
            minutes=minutes,
            on_progress=lambda left: bar("probation", round(total - left), round(total)),
        )
        return serve_probation(record, office)


@task(name="retire", cache_policy=NO_CACHE, persist_result=False)
def retire() -> tuple[str, ...]:
    """Drop releases beyond those kept."""
    return promoting.retire(_installation())


@flow(name="promote", flow_run_name=lambda: f"promote {runtime.flow_run.parameters.get('release', '')}")
def promote(
    release: str,
    judgements: list[str] | None = None,
    mode: Literal["better", "not-worse"] | None = None,
    approval: bool = False,
    approval_hours: float = 24.0,
    force: str = "",
    probation_minutes: float | None = None,
    service: str | None = None,
) -> str:
    """Compare a release with the champion, and serve it when it is better.

    Refused by the gate, the run fails and nothing has changed. After the switch the service is watched; on trouble the
    release that was served before comes back by itself and the run fails. Returns how the promotion ended.

    Args:
        release: The candidate: a version, an alias or a release id.
        judgements: Files of judged queries, as the worker sees them. Empty: the sample's, when it was released.
        mode: What the candidate must be. Empty: VIVIER_GATE_MODE.
        approval: Pause after the report until somebody approves on this run's page; no answer is a no.
        approval_hours: How long to wait for that.
        force: Promote in spite of the gate, and why; it is recorded.
        probation_minutes: How long the service is watched after the switch; 0: not at all. Empty: the setting.
        service: The running service's address. Empty: VIVIER_SERVICE_URL, else port 8000 of the worker's machine.
    """
    installation = _installation()
    with right_to_promote(installation.workspace):
        promoting.finish_interrupted(installation, url=service, minutes=probation_minutes)
        compared = compare(release, judgements or [])
        record = report(compared, mode)
        if record["state"] == "refused" and not force:
            raise ReleaseRefused(record["verdict"])  # nobody need be asked
        by = "the flow"
        if approval:
            answer = _answer(record, approval_hours)
            if answer is None or not answer.approve:
                by = "a person, on the run's page" if answer else f"nobody's answer within {approval_hours:g} hours"
                return str(promoting.decline(record, installation, by=by)["state"])
            by = f"a person, on the run's page{f': {answer.note}' if answer.note else ''}"
        record = promoting.decide(record, installation, by=by, forced=force)
        record = move(compared, record, service, probation_minutes)
        if record["state"] == "on probation":
            record = probation(record, service, probation_minutes)
        log_end(record, installation.tracker)
        if record["state"] == "rolled back":
            raise ReleaseRefused(f"{record['candidate']} was rolled back: {record['probation']}")
        retire()
    return str(record["state"])


@flow(name="rollback", flow_run_name=lambda: f"rollback {runtime.flow_run.parameters.get('release') or ''}".strip())
def rollback(release: str | None = None, service: str | None = None) -> str:
    """Serve the release that was served before, or the one that is named; nothing is compared.

    Args:
        release: A version, an alias or a release id. Empty: what was served before.
        service: The running service's address. Empty: VIVIER_SERVICE_URL, else port 8000 of the worker's machine.
    """
    before, after = promoting.roll_back(release, _installation(), url=service)
    show("rollback", f"Serving {after} (before: {before}).", [("serving", after), ("before", before)])
    return after


def _answer(record: Section, hours: float) -> Approval | None:
    """What a person says on the run's page; None when nobody says anything in time."""
    asked = Approval.with_initial_data(description=description(record, record["findings"]), approve=False, note="")
    try:
        answer = pause_flow_run(wait_for_input=asked, timeout=max(1, round(hours * 3_600)), poll_interval=5)
    except FlowPauseTimeout:
        return None
    return Approval(approve=answer.approve, note=answer.note)


def _installation() -> Installation:
    log = get_run_logger()
    return promoting.install(PromotionSettings(), say=log.info, warn=log.warning, progress=StageBars("promotion"))


if __name__ == "__main__":
    import sys

    promote(sys.argv[1])
