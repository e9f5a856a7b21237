"""The commands of champions: promote, roll back, pin, list. What is heavy is imported by who needs it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from flows.progress_bars import Bars
from indexing.errors import InputError, ReleaseRefused
from indexing.terminal import OUT, print_json, say, warn

if TYPE_CHECKING:
    from flows.promoting import Installation
    from indexing.promotion.gate import Verdict

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]
ServiceUrl = Annotated[
    str | None, typer.Option("--service", help="The running service; VIVIER_SERVICE_URL, else port 8000 here.")
]
Reference = Annotated[str, typer.Argument(help="A version, an alias or a release id.")]


def promote(
    ref: Annotated[str | None, typer.Argument(help="A version, an alias or a release id.", show_default=False)] = None,
    judgements: Annotated[
        list[Path] | None, typer.Option(help="Judged queries, JSON lines; the sample's when it was released.")
    ] = None,
    mode: Annotated[
        Literal["better", "not-worse"] | None, typer.Option(help="What it must be; VIVIER_GATE_MODE otherwise.")
    ] = None,
    allow_equal: Annotated[bool, typer.Option("--allow-equal", help="The same as --mode not-worse.")] = False,
    force: Annotated[str, typer.Option(help="Promote in spite of the gate; say why. It is recorded.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the alias moves.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare and report; change nothing.")] = False,
    service: ServiceUrl = None,
    probation_minutes: Annotated[
        float | None, typer.Option(min=0, help="How long the service is watched afterwards; 0: not at all.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Only finish a probation that was interrupted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare a release with the champion, and serve it when it is better."""
    if resume == bool(ref):
        raise InputError("Name the release to promote, or say --resume.", field="ref")
    from flows import promoting
    from indexing.promotion.records import promoting as right_to_promote

    with Bars() as bars:
        installation = _installation(bars, quiet=as_json)
        with right_to_promote(installation.workspace):
            finished = promoting.finish_interrupted(installation, url=service, minutes=probation_minutes)
            if ref is None:
                _tell_finished(finished, as_json=as_json)
                return
            record = _promote(
                ref,
                installation,
                judgements=judgements or [],
                mode="not-worse" if allow_equal else mode,
                force=force,
                by="--yes" if yes else None,
                dry_run=dry_run,
                url=service,
                minutes=probation_minutes,
                as_json=as_json,
            )
    if as_json:
        print_json({name: part for name, part in record.items() if name != "findings"})
    if record["state"] == "refused" and not dry_run:
        raise ReleaseRefused(record["verdict"])
    if record["state"] == "rolled back":
        raise ReleaseRefused(f"{record['candidate']} was rolled back: {record['probation']}")


def _promote(
    ref: str,
    installation: Installation,
    *,
    judgements: list[Path],
    mode: Literal["better", "not-worse"] | None,
    force: str,
    by: str | None,
    dry_run: bool,
    url: str | None,
    minutes: float | None,
    as_json: bool,
) -> dict[str, Any]:
    from flows import promoting
    from flows.promotion_report.tracking import log_end
    from indexing.promotion.records import new_promotion_id
    from indexing.promotion.term import serve_probation, take_office

    compared = promoting.compare(ref, installation, judgements=judgements)
    verdict = promoting.judged(compared, installation, mode=mode)
    record = promoting.report(new_promotion_id(), compared, verdict, installation)
    if not as_json:
        _show(record, verdict, is_end=dry_run)
    if dry_run or (not verdict.passes and not force):
        return record
    if by is None and not _asked(f"Serve {compared.candidate.release_id} instead of {compared.champion.release_id}?"):
        installation.say("Not promoted.")
        return promoting.decline(record, installation, by="the command line")
    record = promoting.decide(record, installation, by=by or "the command line", forced=force)
    with promoting.service_for(compared.candidate.release_id, installation, url=url) as running:
        office = promoting.office_of(installation, running, minutes=minutes, on_progress=_counting_down(installation))
        record = take_office(compared.candidate, compared.champion, record, office)
        record = serve_probation(record, office)
    log_end(record, installation.tracker)
    if record["state"] == "promoted":
        promoting.retire(installation)
    return record


def rollback(
    ref: Annotated[
        str | None, typer.Argument(help="A version, an alias or a release id; what was served before otherwise.")
    ] = None,
    service: ServiceUrl = None,
    as_json: AsJson = False,
) -> None:
    """Serve the release that was served before, or the one that is named; nothing is compared."""
    from flows import promoting

    with Bars() as bars:
        before, after = promoting.roll_back(ref, _installation(bars, quiet=as_json), url=service)
    if as_json:
        print_json({"previous": before, "serving": after})
    else:
        say(f"Serving {after} (before: {before}).")


def pin(ref: Reference) -> None:
    """Keep a release, however many newer ones its version has."""
    from indexing import champions

    say(f"{champions.pin(_registry(), ref)} is pinned: it is never removed.")


def unpin(ref: Reference) -> None:
    """Let a release be removed again when newer ones take its place."""
    from indexing import champions

    say(f"{champions.unpin(_registry(), ref)} is not pinned any more.")


def releases(
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove releases beyond the newest VIVIER_KEEP_RELEASES of each version.")
    ] = False,
    remove: Annotated[str | None, typer.Option(help="Remove one release, by its id.")] = None,
    as_json: AsJson = False,
) -> None:
    """List every version and its releases: which are served, pinned or on probation, and who was champion when."""
    from flows.promotion_settings import PromotionSettings
    from indexing.assembly import assemble
    from indexing.promotion import retention
    from indexing.promotion.listing import champions_table, list_releases, releases_table

    settings = PromotionSettings()
    workspace = assemble(settings)
    if remove is not None:
        say(f"{retention.remove(remove, workspace)} is removed.")
    if prune:
        done = retention.prune(workspace, keep=settings.keep_releases, say=say)
        for release_id in done.kept_open:
            say(f"{release_id} stays for now: a process has it open.")
        if not done.removed:
            say("Nothing to remove.")
    listed = list_releases(workspace.registry)
    if as_json:
        print_json([asdict(known) | {"marks": dict(listed.marks_of(known))} for known in listed.versions])
        return
    OUT.print(releases_table(listed))
    if listed.reigns:
        OUT.print(champions_table(listed))


def _installation(bars: Bars, *, quiet: bool) -> Installation:
    from flows.promoting import install
    from flows.promotion_settings import PromotionSettings

    return install(PromotionSettings(), say=warn if quiet else say, warn=warn, progress=bars)


def _registry() -> Any:
    from indexing.assembly import assemble
    from indexing.settings import HomeSettings

    return assemble(HomeSettings()).registry


def _asked(question: str) -> bool:
    """A yes or no of whoever sits there; nobody there is a no."""
    if not sys.stdin.isatty():
        warn("Nobody is there to be asked; --yes promotes without a question.")
        return False
    return typer.confirm(question, default=False)


def _counting_down(installation: Installation) -> Any:
    total = 0.0

    def show(left: float) -> None:
        nonlocal total
        total = max(total, left)
        installation.progress("probation", round(total - left), round(total))

    return show


def _show(record: dict[str, Any], verdict: Verdict, *, is_end: bool) -> None:
    from indexing.promotion.listing import rules_table

    OUT.print(rules_table(verdict, title=f"{record['candidate']} against {record['champion']}"))
    for rule in verdict.warnings:
        warn(rule.sentence)
    say(f"Report: {record['page']}")
    if record["mlflow_run"]:
        say(f"Logged to MLflow: run {record['mlflow_run']}.")
    if verdict.passes or is_end:  # else the error that ends the command says it
        say(verdict.sentence)


def _tell_finished(finished: dict[str, Any] | None, *, as_json: bool) -> None:
    if as_json:
        print_json({name: part for name, part in (finished or {}).items() if name != "findings"})
    elif finished is None:
        say("No probation was interrupted.")
    else:
        say(f"The promotion {finished['id']} is {finished['state']}.")
