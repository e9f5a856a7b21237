"""`vivier refresh`: the served release, brought up to date."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.progress_bars import Bars
from indexing.errors import InputError
from indexing.terminal import ERR, print_json, say, warn

SOURCES = ("kept", "github", "git")


def refresh(
    source: Annotated[
        str | None, typer.Option(help="kept: the raw files as they are; github or git: collect first.")
    ] = None,
    query: Annotated[list[str] | None, typer.Option(help="With github: a search. Repeatable.")] = None,
    org: Annotated[list[str] | None, typer.Option(help="With github: an organisation's members. Repeatable.")] = None,
    clone: Annotated[list[Path] | None, typer.Option(help="With git: a clone's folder. Repeatable.")] = None,
    users: Annotated[Path | None, typer.Option(help="github_users.csv, also .gz, instead of data/raw.")] = None,
    repos: Annotated[Path | None, typer.Option(help="github_repos.csv, also .gz.")] = None,
    contributions: Annotated[
        Path | None, typer.Option(help="github_contributions.csv; without it, owners own.")
    ] = None,
    judgements: Annotated[
        list[Path] | None, typer.Option(help="Judged needs on which it must not be worse. Repeatable.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Build also when nobody has changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")] = False,
) -> None:
    """Bring the served release up to date: collect, embed what changed, build, check, switch."""
    from flows.promoting import install
    from flows.promotion_settings import PromotionSettings
    from flows.refreshing import Asked
    from flows.refreshing import refresh as refresh_release
    from flows.settings import listed
    from indexing.pipeline import Sources
    from indexing.stopwatch import Stopwatch

    if (users is None) != (repos is None) or (contributions and not users):
        raise InputError("--users and --repos go together; without both, the files of data/raw are taken.")
    settings = PromotionSettings()
    chosen = source or settings.refresh_source
    if chosen not in SOURCES:
        raise InputError(f"--source is {chosen!r}; it is one of {', '.join(SOURCES)}.", field="source")
    asked = Asked(
        source=chosen,  # type: ignore[arg-type]  # one of the three by now
        queries=tuple(query or listed(settings.refresh_queries)),
        organisations=tuple(org or ()),
        clones=tuple(clone or map(Path, listed(settings.refresh_clones))),
        files=Sources(users, repos, contributions) if users and repos else None,
        judgements=tuple(judgements or ()),
        is_forced=force,
    )
    clock = Stopwatch()
    with Bars() as bars:
        tell = say if not as_json else lambda sentence: ERR.print(f"[dim]{sentence}[/dim]")
        done = refresh_release(asked, install(settings, say=tell, warn=warn, progress=bars), clock)
    if as_json:
        print_json({**asdict(done), "took_s": clock.seconds})
    else:
        say(done.sentence)
