"""`vivier scrape`: people from a source into the raw files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

APP = typer.Typer(name="scrape", help="Collect people into the raw files.", no_args_is_help=True)


@APP.callback()
def _scrape() -> None:
    """Collect people into the raw files."""


@APP.command()
def github(
    query: Annotated[
        list[str] | None, typer.Option(help="A search as GitHub takes it: 'location:lyon language:rust'. Repeatable.")
    ] = None,
    org: Annotated[list[str] | None, typer.Option(help="Members of an organisation. Repeatable.")] = None,
    login: Annotated[list[str] | None, typer.Option(help="One account. Repeatable.")] = None,
    contributors: Annotated[
        list[str] | None, typer.Option(help="Contributors of OWNER/REPOSITORY. Repeatable.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many people.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the raw files go; data/raw otherwise.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say what it would take, and stop there.")] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Search again instead of going on with an unfinished run.")
    ] = False,
    points: Annotated[
        int | None, typer.Option(min=10, help="Points to use an hour at most, of GitHub's 5,000.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")] = False,
) -> None:
    """Collect everybody in a selection from GitHub; a second run refreshes, a killed one goes on."""
    from flows.data_quality.around import reported
    from flows.github import Selection, plan_scrape, scrape
    from flows.settings import FlowSettings

    settings = FlowSettings()
    selection = Selection.of(
        queries=query or (),
        organisations=org or (),
        logins=login or (),
        repositories=contributors or (),
        limit=limit,
    )
    if plan:
        planned = plan_scrape(selection, settings, say=say, points_an_hour=points, anew=refresh)
        _print(json.dumps({"plan": planned.to_dict()}) if as_json else "\n".join(planned.lines()))
        return
    folder = out or settings.data / "raw"
    with reported(folder, say=say):
        ledger = scrape(selection, settings, folder, say=say, points_an_hour=points, anew=refresh)
    if as_json:
        _print(json.dumps(ledger.to_dict(), ensure_ascii=False))
        return
    short = [each for each in ledger.slices if each.of is not None and each.collected < each.of]
    for each in short:
        _print(f"{each.name}: {each.collected:,} of {each.of:,}")
    for reason, number in ledger.left_out.items():
        _print(f"{number:,} left out: {reason}")
    _print(f"{ledger.people:,} people, {ledger.repositories:,} repositories in {folder}.")


def say(sentence: str) -> None:
    """One line for who watches, on standard error."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
