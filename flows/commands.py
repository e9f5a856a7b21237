"""The commands that make things: releases, models, evaluations, erasures. What is heavy is imported by who needs it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.backup_commands import warn_of_backups
from flows.progress_bars import Bars
from indexing.errors import InputError
from indexing.terminal import ERR, print_json, say

if TYPE_CHECKING:
    from flows.erase import Erased

DATA = Path(__file__).parents[1] / "data"
SAMPLE = DATA / "samples"
JUDGEMENTS = [DATA / "judgements" / name for name in ("sample.jsonl", "written.jsonl")]
PAIRS = DATA / "judgements" / "pairs.jsonl"
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]


def index(
    users: Annotated[Path | None, typer.Option(help="github_users.csv, also .gz.")] = None,
    repos: Annotated[Path | None, typer.Option(help="github_repos.csv, also .gz.")] = None,
    contributions: Annotated[
        Path | None, typer.Option(help="github_contributions.csv; without it, owners own.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="Model version; 1 and 2 come with the project.")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Serve the release at once.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build a release: load, enrich, embed, build, check, and publish when nothing is served yet."""
    from flows.raw_tables import tables_to_enrich
    from flows.settings import FlowSettings
    from indexing.assembly import assemble
    from indexing.model_recipes import ensure_version
    from indexing.pipeline import Sources, index_corpus

    if (users is None) != (repos is None):
        raise InputError("--users and --repos go together; without both, the people enriched last are indexed.")
    settings = FlowSettings()
    sources = Sources(users, repos, contributions) if users and repos else tables_to_enrich(settings)
    workspace = assemble(settings)
    with Bars() as bars:
        number = ensure_version(version, workspace, bars)
        done = index_corpus(sources, workspace, version=number, force_publish=publish, progress=bars)
    release = done.release
    summary = {
        "release": release.id,
        "people": release.people,
        "passages": release.passages,
        "embedded": done.embedded,
        "published": done.published,
        "data_rev": release.data_rev,
        "took_s": done.took_seconds,
    }
    if done.report is not None:
        summary["raw"] = asdict(done.report)
    if as_json:
        print_json(summary)
        return
    if done.report is not None:
        say("\n".join(done.report.lines()))
    say(
        f"Release {release.id}: {release.people} people, {release.passages} passages, {done.embedded} embedded now, "
        + ("published." if done.published else f"not served yet; `vivier load {release.id}` serves it.")
    )


def register(
    model: Annotated[str, typer.Option(help="A sentence-transformers folder, or a hub name.")],
    name: Annotated[str | None, typer.Option(help="What to call it; the folder's or hub's name otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register a model as the next version of vivier-encoder."""
    from flows.settings import FlowSettings
    from indexing.assembly import assemble
    from indexing.model_recipes import register_source

    workspace = assemble(FlowSettings())
    with Bars() as bars:
        number = register_source(model, name, workspace, bars)
    if as_json:
        print_json({"version": number})
    else:
        say(f"Registered as version {number}; `vivier index --version {number}` makes its collection.")


def evaluate(
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
    version: Annotated[list[int] | None, typer.Option(help="Model version; several only with --parity.")] = None,
    parity: Annotated[
        bool, typer.Option("--parity", help="Compare French with English, for versions 1 and 2.")
    ] = False,
    similarity: Annotated[
        bool, typer.Option("--similarity", help="Measure how alike texts are found instead, on pairs labelled by hand.")
    ] = False,
    pairs: Annotated[
        list[Path] | None, typer.Option(help="With --similarity: other pairs than the shipped ones; may be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the report there, as JSON.")] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log a run to MLflow.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure search on judged queries, with the code that serves; nothing is registered or published."""
    from flows.evaluating import evaluate_search, evaluate_similarity
    from indexing.pipeline import Sources

    if similarity and (users or repos or contributions or judgements or parity):
        raise InputError("--similarity takes --pairs and --version; the other files and --parity are for searches.")
    if pairs and not similarity:
        raise InputError("--pairs goes with --similarity.")
    versions = tuple(dict.fromkeys(version or ()))
    if similarity:
        evaluate_similarity(pairs or [PAIRS], versions, out=out, track=track, as_json=as_json)
        return
    if (users is None) != (repos is None) or (users and not judgements) or (contributions and not users):
        raise InputError("--users, --repos and --judgements go together; without them the shipped sample is evaluated.")
    if len(versions) > 1 and not parity:
        raise InputError("Several --version are compared by --parity; evaluate one at a time otherwise.")
    sample = [SAMPLE / f"github_{name}.csv" for name in ("users", "repos", "contributions")]
    sources = Sources(users, repos, contributions) if users and repos else Sources(*sample)
    evaluate_search(sources, judgements or JUDGEMENTS, versions, parity=parity, out=out, track=track, as_json=as_json)


def forget(
    logins: Annotated[list[str] | None, typer.Argument(help="Who leaves: logins.", show_default=False)] = None,
    now: Annotated[bool, typer.Option("--now", help="Erase at once, not with the week's batch.")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="Erase whoever was hidden before.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let people leave for good: hidden at once, and erased from everything that is kept."""
    from flows.erase import erase_pending, hide
    from flows.settings import FlowSettings

    if bool(logins) == pending:
        raise InputError("Name who leaves, or say --pending to erase those who were hidden before.")
    settings = FlowSettings()
    answer: dict[str, Any] = {}
    if logins:
        answer["hidden_at"] = hide(settings, logins).isoformat()
        say(f"{len(logins)} hidden from every answer since {answer['hidden_at']}.") if not as_json else None
        warn_of_backups()
    if now or pending:
        done = erase_pending(settings, say=lambda sentence: ERR.print(f"[dim]{sentence}[/dim]"))
        answer |= {"erased": done.requests, "still_open": done.still_open}
        if done.swept is not None:
            answer["swept"] = asdict(done.swept)
        if not as_json:
            say(_erased(done))
    if as_json:
        print_json(answer)
    if answer.get("still_open"):
        raise typer.Exit(1)


def _erased(done: Erased) -> str:
    """What an erasure did, in a sentence."""
    if done.swept is None:
        return "Nobody was waiting to be erased."
    if done.still_open:
        return f"A process keeps {', '.join(done.still_open)} open; stop it, then run `vivier forget --pending` again."
    return f"Erased: {done.swept.profiles} profiles, {done.swept.rows} raw rows; " + (
        f"{', '.join(done.swept.replaced.values())} stand for the releases they were in."
        if done.swept.replaced
        else "they were in no release."
    )
