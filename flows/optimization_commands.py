"""`vivier optimize`: search for a better way to serve a version, see what was found, register it as the next one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import JUDGEMENTS, SAMPLE, AsJson
from flows.progress_bars import Bars
from indexing.errors import InputError
from indexing.terminal import ERR, OUT, print_json, say, warn

if TYPE_CHECKING:
    from flows.settings import FlowSettings

APP = typer.Typer(
    name="optimize",
    help="Search for a better way to serve a version: ranking, index, template, encoder.",
    invoke_without_command=True,
)
MOST_BUILDS = 12
StudyName = Annotated[str | None, typer.Option("--study", help="The study; its corpus, version and space otherwise.")]


@APP.callback()
def optimize(
    context: typer.Context,
    trials: Annotated[int, typer.Option(min=1, help="How many the study is to have, earlier ones counted.")] = 40,
    timeout: Annotated[float | None, typer.Option(min=1, help="Seconds after which no trial is begun.")] = None,
    users: Annotated[
        Path | None, typer.Option(help="github_users.csv, also .gz; the shipped sample otherwise.")
    ] = None,
    repos: Annotated[Path | None, typer.Option(help="github_repos.csv, also .gz.")] = None,
    contributions: Annotated[
        Path | None, typer.Option(help="github_contributions.csv; without it, owners own.")
    ] = None,
    judgements: Annotated[
        list[Path] | None, typer.Option(help="JSON lines {id, kind, query, relevant: {login: gain}}; may be repeated.")
    ] = None,
    version: Annotated[
        list[int] | None, typer.Option(help="Where to start; more than one only with --space full.")
    ] = None,
    space: Annotated[
        str, typer.Option(help="ranking: seconds a trial. index: with builds. full: with other texts and encoders.")
    ] = "ranking",
    template: Annotated[
        list[str] | None, typer.Option(help="A passage template to try with --space full; may be repeated.")
    ] = None,
    builds: Annotated[
        int, typer.Option(min=1, max=MOST_BUILDS, help="Collections built at most, with --space index and full.")
    ] = 4,
    study: StudyName = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that run trials.")] = 1,
    seed: Annotated[int, typer.Option(help="What is drawn follows from it.")] = 0,
    register: Annotated[str | None, typer.Option(help="Register this trial afterwards: `best`, or a number.")] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log runs to MLflow.")] = True,
    as_json: AsJson = False,
) -> None:
    """Try settings on one half of the judged queries, and check the best on the other half; nothing is published."""
    if context.invoked_subcommand:
        return
    if (users is None) != (repos is None) or (users and not judgements) or (contributions and not users):
        raise InputError("--users, --repos and --judgements go together; without them the sample is optimised for.")
    if space != "full" and ((version and len(version) > 1) or template):
        raise InputError("Several --version, and --template, are tried with --space full only.")
    from flows.optimizing import Request, StopAfterTrial, Watching
    from flows.optimizing import optimize as run_study
    from flows.settings import FlowSettings
    from indexing.optimization.space import TEMPLATES
    from indexing.optimization.tables import print_findings

    sample = [SAMPLE / f"github_{name}.csv" for name in ("users", "repos", "contributions")]
    of_people, of_works, of_shares = (users, repos, contributions) if users and repos else sample
    request = Request(
        str(of_people),
        str(of_works),
        str(of_shares) if of_shares else None,
        judgements=tuple(map(str, judgements or JUDGEMENTS)),
        versions=tuple(version or ()),
        templates=tuple(template or TEMPLATES),
        space=space,
        study=study,
        trials=trials,
        builds=builds,
        seed=seed,
        timeout_seconds=timeout,
        tracked=track,
    )
    settings = FlowSettings()
    with Bars() as bars, StopAfterTrial(warn) as stop:
        watching = Watching(bars, say=_quietly, warn=warn, is_stopping=lambda: stop.is_stopping)
        found = run_study(request, settings, watching, workers=workers)
    if register is not None:
        found["registered"] = _register(settings, found["study"], register, None)
    if as_json:
        print_json(found)
        return
    print_findings(found, OUT)
    if register is not None:
        _next(found["registered"])
    elif found["best"]["set_apart"]["interval"][0] > 0:
        say(f"`vivier optimize register --study {found['study']}` makes trial {found['best']['trial']} a version.")


@APP.command("register")
def register_command(
    trial: Annotated[str, typer.Option(help="Its number, or `best`: the highest nDCG@10 at most a tenth slower.")] = (
        "best"
    ),
    study: StudyName = None,
    name: Annotated[str | None, typer.Option(help="What to call the version.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register a trial as the next version, with its tuning; the study begun last when none is named."""
    from flows.settings import FlowSettings

    registered = _register(FlowSettings(), study, trial, name)
    if as_json:
        print_json(registered)
    else:
        _next(registered)


def _register(settings: FlowSettings, study: str | None, trial: str, name: str | None) -> dict[str, Any]:
    from dataclasses import asdict

    from flows.optimizing import Watching, workshop_of
    from indexing.optimization.registering import chosen, register_trial
    from indexing.optimization.storage import known_study, opened_storage

    with opened_storage(settings.database) as storage, Bars() as bars:
        kept = known_study(storage, study)
        workshop = workshop_of(settings, Watching(bars, say=_quietly, warn=warn))
        return asdict(register_trial(kept, chosen(kept, trial), name, workshop))


def _next(registered: dict[str, Any]) -> None:
    version, trial = registered["version"], registered["trial"]
    verb = "is" if registered["is_new"] else "is already"
    say(
        f"Trial {trial} {verb} version {version}. Next: `vivier index --version {version}`, `vivier promote {version}`."
    )


def _quietly(sentence: str) -> None:
    ERR.print(sentence, style="dim", markup=False, highlight=False)
