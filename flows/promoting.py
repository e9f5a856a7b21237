"""A promotion's stages as plain functions: compare -> report -> judge -> approve -> move -> watch -> retire.

The command line calls them in a row; the Prefect flow calls the same ones, one task each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flows.promotion_report.tracking import log, log_end
from flows.promotion_settings import PromotionSettings
from indexing.assembly import assemble
from indexing.errors import Busy, DatabaseUnavailable, InputError, ReleaseRefused
from indexing.pipeline import Progress, silent
from indexing.promotion.change import Say, loadable, usable, way_back
from indexing.promotion.gate import Mode, Verdict, judge
from indexing.promotion.records import Section, keep_page, keep_record
from indexing.promotion.retention import prune
from indexing.promotion.term import Office, resume, step_down
from indexing.registry import Champion
from indexing.run_environment import git_revision
from indexing.run_log import UNTRACKED, Tracker
from indexing.workspace import Workspace

if TYPE_CHECKING:
    from indexing.evaluation.judgements import Judgement
    from indexing.open_release import OpenRelease
    from indexing.promotion.contest import Asked, Which
    from indexing.promotion.findings import Findings
    from indexing.promotion.running_service import RunningService

DEFAULT_URL = "http://127.0.0.1:8000"
DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True, slots=True)
class Installation:
    """What promotions need from outside, and who is told."""

    settings: PromotionSettings
    workspace: Workspace
    say: Say
    warn: Say
    progress: Progress = silent
    tracker: Tracker = UNTRACKED


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate measured beside the champion, before anything is decided."""

    champion: Champion
    candidate: Champion
    findings: Findings


def install(settings: PromotionSettings, *, say: Say, warn: Say, progress: Progress = silent) -> Installation:
    """The installation that settings describe."""
    from indexing.model_registry.run_logs import open_tracker

    workspace = assemble(settings)
    return Installation(
        settings, workspace, say, warn, progress, open_tracker(settings.tracking_uri, workspace.home, warn=warn)
    )


def contenders(reference: str, workspace: Workspace) -> tuple[Champion, Champion]:
    """Champion and candidate. InputError when there is nothing to compare, ReleaseNotFound."""
    candidate = workspace.registry.resolve(reference)
    champion = workspace.registry.champion()
    if champion is None:
        raise InputError(f"Nothing is served yet; `vivier load {candidate.release_id}` serves the first.", field="ref")
    if champion == candidate:
        raise InputError(f"{candidate.release_id} is what is served already.", field="ref")
    return champion, candidate


def compare(reference: str, installation: Installation, *, judgements: Sequence[Path] = ()) -> Compared:
    """Open both as they serve and ask them the same. ReleaseRefused when the candidate does not open."""
    from indexing.evaluation.judgements import read_judgements
    from indexing.promotion.contest import hold
    from indexing.promotion.findings import find

    workspace = installation.workspace
    champion, candidate = contenders(reference, workspace)
    manifests = [workspace.registry.release(one.release_id) for one in (champion, candidate)]
    files = list(judgements) or installation.settings.judgements() or _of_the_sample([m.data_rev for m in manifests])
    judged = read_judgements(files)
    with ExitStack() as opened:
        pairs = []
        for manifest in manifests:
            pairs.append(workspace.open(workspace.verify(manifest)))
            opened.callback(pairs[-1].close)
        releases: dict[Which, OpenRelease] = {"champion": pairs[0], "candidate": pairs[1]}
        contest = hold(
            [*_asked(judged), *saved_searches(installation)],
            releases,
            on_progress=lambda done, total: installation.progress("contest", done, total),
        )
        findings = find(
            contest,
            releases,
            workspace.registry.versions(),
            files=[file.name for file in files],
        )
    return Compared(champion, candidate, findings)


def _of_the_sample(revisions: Sequence[str]) -> list[Path]:
    from indexing.raw_data import data_rev

    sample = data_rev(*(DATA / "samples" / f"github_{name}.csv" for name in ("users", "repos", "contributions")))
    if any(revision != sample for revision in revisions):
        raise InputError(
            "What was released is not the shipped sample, so its judgements say nothing; name judged queries of your "
            "own with --judgements or VIVIER_GATE_JUDGEMENTS.",
            field="judgements",
        )
    return [DATA / "judgements" / name for name in ("sample.jsonl", "written.jsonl")]


def _asked(judged: Sequence[Judgement]) -> Iterator[Asked]:
    from indexing.candidates import Need
    from indexing.promotion.contest import Asked

    return (Asked(one.id, Need(one.query), one) for one in judged)


def saved_searches(installation: Installation) -> list[Asked]:
    """Searches that were kept, one for each need, newest first; none when nobody keeps them."""
    from indexing.promotion.contest import Asked

    settings = installation.settings
    is_elsewhere = bool(settings.database_url.get_secret_value())
    if settings.gate_saved_searches == 0 or not (is_elsewhere or (settings.home / "vivier.db").exists()):
        return []
    from indexing.search_store import SearchStore

    searches = SearchStore(settings.database)
    try:
        found = searches.latest(settings.gate_saved_searches)
    except DatabaseUnavailable as error:
        installation.warn(f"Saved searches are left out: {error}")
        return []
    finally:
        searches.close()
    needs = {repr(one.need): Asked(one.id, one.need) for one in reversed(found)}
    return list(needs.values())[::-1]


def report(promotion_id: str, compared: Compared, verdict: Verdict, installation: Installation) -> Section:
    """Write the page and the record and log a run to MLflow; returns the record, which names nobody."""
    from flows.promotion_report.page import page

    workspace, findings = installation.workspace, compared.findings
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    path = keep_page(
        promotion_id,
        findings.changes,
        lambda changes: page(promotion_id, findings, verdict, made_at=made_at, changes=changes),
        workspace,
    )
    record: Section = {
        "id": promotion_id,
        "champion": compared.champion.release_id,
        "candidate": compared.candidate.release_id,
        "made_at": made_at,
        "state": "passed" if verdict.passes else "refused",
        "mode": verdict.mode,
        "verdict": verdict.sentence,
        "rules": [rule.to_dict() for rule in verdict.rules],
        "page": str(path),
        "git_revision": git_revision(),
    }
    keep_record({**record, "findings": findings.sections}, workspace)
    record["mlflow_run"] = log(
        record, findings.sections, page(promotion_id, findings, verdict, made_at=made_at), installation.tracker
    )
    keep_record({**record, "findings": findings.sections}, workspace)
    return {**record, "findings": findings.sections}


def decide(record: Section, installation: Installation, *, by: str, forced: str = "") -> Section:
    """Write down who said yes, and why in spite of the gate; ReleaseRefused when the gate says no and nobody forces."""
    if record["state"] == "refused" and not forced:
        raise ReleaseRefused(record["verdict"])
    decision = f"forced by {by}: {forced}" if record["state"] == "refused" else f"approved by {by}"
    return _kept({**record, "decision": decision, "state": "approved"}, installation)


def decline(record: Section, installation: Installation, *, by: str) -> Section:
    """Write down that somebody said no."""
    record = _kept({**record, "decision": f"declined by {by}", "state": "declined"}, installation)
    log_end(record, installation.tracker)
    return record


def _kept(record: Section, installation: Installation) -> Section:
    keep_record(record, installation.workspace)
    return record


def judged(compared: Compared, installation: Installation, *, mode: Mode | None = None) -> Verdict:
    """The gate's verdict."""
    return judge(compared.findings.sections, installation.settings.thresholds(mode=mode))


@contextmanager
def service_for(
    release_id: str, installation: Installation, *, url: str | None = None
) -> Iterator[RunningService | None]:
    """The service that is to switch, None when none of this installation answers."""
    from indexing.promotion.running_service import connect

    named = url or installation.settings.service_url
    service = connect(named or DEFAULT_URL, installation.settings.admin_key.get_secret_value())
    try:
        yield usable(service, release_id, is_named=bool(named), say=installation.say)
    finally:
        service.close()


def office_of(
    installation: Installation,
    service: RunningService | None,
    *,
    minutes: float | None = None,
    on_progress: Callable[[float], None] = lambda left: None,
) -> Office:
    """Where a release takes office."""
    limits = installation.settings.limits(minutes=minutes)
    return Office(installation.workspace, service, limits, installation.say, on_progress)


def finish_interrupted(
    installation: Installation, *, url: str | None = None, minutes: float | None = None
) -> Section | None:
    """Finish a probation whose process was killed; None when there is none."""
    from indexing.promotion.probation import under_way

    probation = under_way(installation.workspace.registry)
    if probation is None:
        return None
    with service_for(probation.release_id, installation, url=url) as service:
        return resume(office_of(installation, service, minutes=minutes))


def roll_back(reference: str | None, installation: Installation, *, url: str | None = None) -> tuple[str, str]:
    """Serve the release named, else the one served before; returns what was served and what is."""
    registry = installation.workspace.registry
    target = way_back(reference, installation.workspace)
    if target.release_id not in loadable(installation.workspace):
        raise ReleaseRefused(f"The collection of {target.release_id} is gone; build it again with `vivier index`.")
    champion = registry.champion()
    with service_for(target.release_id, installation, url=url) as service:
        step_down(target, office_of(installation, service))
    return (champion.release_id if champion else "nothing"), target.release_id


def retire(installation: Installation) -> tuple[str, ...]:
    """Drop releases beyond those kept; returns which went. Somebody who builds meanwhile is left in peace."""
    try:
        done = prune(installation.workspace, keep=installation.settings.keep_releases, say=installation.say)
    except Busy as error:
        installation.warn(f"Older releases stay for now: {error}")
        return ()
    for release_id in done.kept_open:
        installation.say(f"{release_id} stays for now: a process has it open.")
    return done.removed
