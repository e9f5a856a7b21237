"""`vivier scrape git` and `vivier scrape csv`: people from clones on this machine, and from files that are there."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flows.settings import FlowSettings
    from flows.sources.port import Ledger, Source

Out = Annotated[Path | None, typer.Option(help="Where the raw files go; data/raw otherwise.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]


def scrape_git(
    paths: Annotated[list[Path], typer.Argument(help="Clones on this machine, also bare ones.", metavar="PATH...")],
    out: Out = None,
    mailmap: Annotated[
        Path | None, typer.Option(help="Whose addresses and names belong together, beside each clone's own .mailmap.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only commits since this day, YYYY-MM-DD.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call the only clone: owner/name; its remote's name otherwise.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Collect the people of local clones from their history; no token, and no address is kept."""
    from flows.settings import FlowSettings
    from flows.sources.git_history import GitHistory

    day = None if since is None else since.replace(tzinfo=UTC)
    source = GitHistory(paths, datetime.now(UTC), mailmap=mailmap, since=day, repository=name)
    _collect(source, FlowSettings(), out, as_json=as_json)


def scrape_csv(
    users: Annotated[Path, typer.Option(help="github_users.csv, also .gz.")],
    repos: Annotated[Path, typer.Option(help="github_repos.csv, also .gz.")],
    contributions: Annotated[
        Path | None, typer.Option(help="github_contributions.csv; without it, owners own.")
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Check raw files from elsewhere and take what can be used; the other rows go to OUT/rejected with the reasons."""
    from flows.settings import FlowSettings
    from flows.sources.csv_files import CsvFiles

    _collect(CsvFiles(users, repos, contributions, datetime.now(UTC)), FlowSettings(), out, as_json=as_json)


def _collect(source: Source, settings: FlowSettings, out: Path | None, *, as_json: bool) -> None:
    from flows.data_quality.around import reported
    from flows.raw_files import RawFiles
    from indexing.assembly import tombstones_of

    folder = out or settings.data / "raw"
    with reported(folder, say=_say), RawFiles(folder, is_erased=tombstones_of(settings).covers) as into:
        ledger = source.collect(into, say=_say)
    if as_json:
        _print(json.dumps(ledger.to_dict() | {"out": str(folder)}, ensure_ascii=False))
    else:
        _print("\n".join(_lines(ledger, folder)))


def _lines(ledger: Ledger, folder: Path) -> list[str]:
    left_out = [f"{count:,} left out: {reason}" for reason, count in ledger.left_out.items()]
    found = f"{ledger.people:,} people, {ledger.repositories:,} repositories, {ledger.contributions:,} contributions"
    return [*left_out, f"{found} in {folder}."]


def _say(sentence: str) -> None:
    """One line for who watches, on standard error."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
