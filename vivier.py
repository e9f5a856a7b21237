"""The command line: the only module that sees both the service and the flows."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
# Standard error is for our bars and sentences: not for "Creating initial MLflow database tables", nor for the bars of
# transformers over 39 weights that load in a millisecond.
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from indexing.errors import VivierError

if TYPE_CHECKING:
    from flows.erase import Erased
    from indexing.evaluation.tracking import Tracker

SAMPLE = Path(__file__).parent / "data" / "samples"
JUDGEMENTS = [Path(__file__).parent / "data" / "judgements" / name for name in ("sample.jsonl", "written.jsonl")]
APP = typer.Typer(
    name="vivier",
    help="Find developers by what they have built.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
INTERRUPTED = 130  # what Typer makes of a KeyboardInterrupt, and shells of a process that SIGINT ended
ERR = Console(stderr=True)
OUT = Console()
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]
STAGES = {
    "fetch": "Fetching the model",
    "load": "Reading the raw files",
    "enrich": "Enriching profiles",
    "passages": "Counting words",
    "export": "Exporting the encoder to ONNX",
    "embed": "Embedding passages",
    "build": "Building the collection",
}


class Bars:
    """Progress bars on standard error, one for each stage that is under way."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=ERR
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._tasks:
            self._progress.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that a stage has come so far."""
        self._progress.start()  # not before: an error without any progress stays one line
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(STAGES.get(stage, stage), total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


@APP.command()
def run(
    port: Annotated[int, typer.Option(envvar="PORT", help="The port to serve on.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to bind; loopback unless you say otherwise.")] = "127.0.0.1",
) -> None:
    """Serve; when no release exists yet, index the shipped fictional sample first."""
    from indexing.assembly import assemble
    from service.settings import ServiceSettings

    workspace = assemble(ServiceSettings())
    try:
        known = workspace.confirmed_champion(workspace.registry.revision())
        nothing_served = known is None and workspace.registry.champion() is None
    except VivierError as error:
        nothing_served = workspace.last_served() is None
        ERR.print(f"[yellow]{error}[/yellow]")
    if nothing_served:
        ERR.print("No release exists yet: indexing the shipped, fictional sample first.")
        # A process of its own, so that the serving one never imports torch.
        command = [sys.executable, __file__, "index", "--version", "1"]
        command += ["--users", str(SAMPLE / "github_users.csv"), "--repos", str(SAMPLE / "github_repos.csv")]
        command += ["--contributions", str(SAMPLE / "github_contributions.csv")]
        finished = subprocess.run(command, check=False)
        if finished.returncode:
            raise typer.Exit(finished.returncode)
    serve(port=port, host=host)


@APP.command()
def serve(
    port: Annotated[int, typer.Option(envvar="PORT", help="The port to serve on.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to bind; loopback unless you say otherwise.")] = "127.0.0.1",
) -> None:
    """Serve the champion release over HTTP."""
    import uvicorn

    from indexing.assembly import assemble
    from service.app import create_app
    from service.settings import ServiceSettings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = ServiceSettings()
    app = create_app(settings, assemble(settings), erase_command=[sys.executable, __file__, "forget", "--pending"])
    ERR.print(f"Vivier on http://{host}:{port} (documentation on /docs). Ctrl-C stops it.")
    # Who called is what the connection says: the guard refuses what came through a proxy rather than believe it.
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )


@APP.command()
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
    from flows.settings import FlowSettings
    from indexing.assembly import assemble
    from indexing.model_recipes import ensure_version
    from indexing.pipeline import Sources, index_corpus

    if (users is None) != (repos is None):
        _fail("--users and --repos go together; without both, the people enriched last are indexed.")
    sources = Sources(users, repos, contributions) if users and repos else None
    workspace = assemble(FlowSettings())
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
        _print_json(summary)
        return
    if done.report is not None:
        _say("\n".join(done.report.lines()))
    _say(
        f"Release {release.id}: {release.people} people, {release.passages} passages, {done.embedded} embedded now, "
        + ("published." if done.published else f"not served yet; `vivier load {release.id}` serves it.")
    )


@APP.command()
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
        _print_json({"version": number})
    else:
        _say(f"Registered as version {number}; `vivier index --version {number}` makes its collection.")


@APP.command()
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
    out: Annotated[Path | None, typer.Option(help="Write the report there, as JSON.")] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log a run to MLflow.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure search on judged queries, with the code that serves; nothing is registered or published."""
    from flows.settings import FlowSettings
    from indexing.assembly import assemble
    from indexing.evaluation import Installation, Task, check_writable, deliver
    from indexing.evaluation import evaluate as measure
    from indexing.model_recipes import ensure_version
    from indexing.pipeline import Sources

    if (users is None) != (repos is None) or (users and not judgements) or (contributions and not users):
        _fail("--users, --repos and --judgements go together; without them the shipped sample is evaluated.")
    if version and len(version) > 1 and not parity:
        _fail("Several --version are compared by --parity; evaluate one at a time otherwise.")
    check_writable(out)
    settings = FlowSettings()
    workspace = assemble(settings)
    sample = [SAMPLE / f"github_{name}.csv" for name in ("users", "repos", "contributions")]
    sources = Sources(users, repos, contributions) if users and repos else Sources(*sample)
    task = Task(sources, judgements or JUDGEMENTS, tuple(dict.fromkeys(version or ())), parity)
    with Bars() as bars:
        installation = Installation(
            workspace,
            workspace_at=lambda folder: assemble(
                settings.model_copy(update={"home": folder, "processed": folder / "processed", "qdrant_url": ""})
            ),
            ensure_version=lambda number: ensure_version(number, workspace, bars),
            progress=bars,
            warn=_warn,
        )
        report = measure(task, installation)
    tracker = partial(_tracker, settings.tracking_uri, workspace.home / "artifacts") if track else None
    deliver(report, task, out=out, as_json=as_json, tracker=tracker, console=OUT, warn=_warn)


def _tracker(tracking_uri: str, artifacts: Path) -> Tracker:
    """MLflow as an evaluation logs to it, each call bounded."""
    from indexing.evaluation.tracking import Tracker
    from indexing.model_registry.address import parse_address
    from indexing.model_registry.artifacts import run_files
    from indexing.model_registry.connection import connect

    connection = connect(parse_address(tracking_uri), artifacts=artifacts, timeout_seconds=10)
    return Tracker(
        connection,
        artifacts=None if connection.server else artifacts.absolute().as_uri(),
        put=lambda run_id, folder: run_files(connection, run_id).put(folder, ""),
    )


@APP.command()
def search(
    query: Annotated[str, typer.Argument(help="A need, in French or English.")],
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
    country: Annotated[list[str] | None, typer.Option(help="A country, by name or code; may be repeated.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="A programming language; may be repeated.")] = None,
    release: Annotated[str, typer.Option(help="A version, an alias or a release id.")] = "champion",
    as_json: AsJson = False,
) -> None:
    """Search a release from the command line, without the service."""
    from indexing.assembly import assemble
    from indexing.candidates import Conditions, Need
    from indexing.hidden_people import HiddenPeople
    from indexing.search import search_people
    from indexing.settings import HomeSettings
    from indexing.skills import load_catalogue
    from indexing.terminal import people_table, remarks

    workspace = assemble(HomeSettings())
    target = workspace.registry.resolve(release)
    opened = workspace.open(workspace.verify(workspace.registry.release(target.release_id)))
    try:
        conditions = Conditions(countries=tuple(country or ()), languages=tuple(language or ()))
        need = Need(query, limit=limit, conditions=conditions)
        answer = search_people(need, opened, load_catalogue(), hidden=HiddenPeople().of(opened))
    finally:
        opened.close()
    if as_json:
        _print_json({"release": target.release_id, **asdict(answer)})
        return
    for line in remarks(answer):
        _say(line)
    OUT.print(people_table(answer, target.release_id))


@APP.command()
def releases(as_json: AsJson = False) -> None:
    """List every version, its releases, and which one is the champion."""
    from indexing.assembly import assemble
    from indexing.settings import HomeSettings
    from indexing.terminal import versions_table

    versions = assemble(HomeSettings()).registry.versions()
    if as_json:
        _print_json([asdict(known) for known in versions])
        return
    OUT.print(versions_table(versions))


@APP.command()
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
        _fail("Name who leaves, or say --pending to erase those who were hidden before.")
    settings = FlowSettings()
    answer: dict[str, Any] = {}
    if logins:
        answer["hidden_at"] = hide(settings, logins).isoformat()
        _say(f"{len(logins)} hidden from every answer since {answer['hidden_at']}.") if not as_json else None
    if now or pending:
        done = erase_pending(settings, say=lambda sentence: ERR.print(f"[dim]{sentence}[/dim]"))
        answer |= {"erased": done.requests, "still_open": done.still_open}
        if done.swept is not None:
            answer["swept"] = asdict(done.swept)
        if not as_json:
            _say(_erased(done))
    if as_json:
        _print_json(answer)
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


@APP.command()
def load(
    reference: Annotated[str, typer.Argument(help="A version, an alias or a release id.")],
    url: Annotated[str, typer.Option(envvar="VIVIER_URL", help="The running service.")] = "http://127.0.0.1:8000",
    drop_first: Annotated[
        bool, typer.Option("--drop-first", help="Unload before loading: less memory, a gap.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let the running service switch to a release; every process on the same registry follows."""
    import httpx

    from service.settings import ServiceSettings

    key = ServiceSettings().admin_key.get_secret_value()
    try:
        response = httpx.post(
            f"{url.rstrip('/')}/models/load/{reference}",
            params={"policy": "drop-first" if drop_first else "keep"},
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=120,
        )
    except httpx.HTTPError as error:
        _fail(f"The service at {url} does not answer ({type(error).__name__}); start it with `vivier serve`.")
    answer: dict[str, Any] = response.json()
    if response.is_error:
        _fail(str(answer.get("detail", response.status_code)))
    if as_json:
        _print_json(answer)
    else:
        _say(f"Serving {answer['serving']} (before: {answer['previous']}) after {answer['took_ms']:.0f} ms.")


def _say(text: str) -> None:
    """Print for people; lines are left to the terminal to wrap, so that a pipe gets them whole."""
    OUT.print(text, markup=False, highlight=False, soft_wrap=True)


def _print_json(value: Any) -> None:
    print(json.dumps(value, default=str, ensure_ascii=False))


def _warn(sentence: str) -> None:
    ERR.print(sentence, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _fail(sentence: str) -> NoReturn:
    ERR.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def main() -> None:
    """Run the command line; what went wrong is one sentence and exit code 1, Ctrl-C one line and 130."""
    try:
        APP()
    except VivierError as error:
        ERR.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            ERR.print("Stopped. What was done is kept; the same command goes on from there.")
        raise


if __name__ == "__main__":
    main()
