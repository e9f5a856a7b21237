"""The command line: the only module that sees both the service and the flows."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
# Standard error is for our bars and sentences: not for "Creating initial MLflow database tables", nor for the bars of
# transformers over 39 weights that load in a millisecond.
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

import typer

from flows import commands as making
from flows import promotion_commands as deciding
from flows.backup_commands import BACKUP
from flows.data_commands import DATA
from flows.deployment_commands import APP as FLOWS
from flows.fake_github.commands import fake_github
from flows.optimization_commands import APP as OPTIMIZE
from flows.quality_commands import quality
from flows.refresh_commands import refresh
from flows.scrape_commands import APP as SCRAPE
from flows.source_commands import scrape_csv, scrape_git
from flows.training_commands import train
from indexing.errors import VivierError
from indexing.terminal import ERR, OUT, print_json, say
from service import commands as serving
from service.mcp_server.over_stdio import mcp

SAMPLE = Path(__file__).parent / "data" / "samples"
APP = typer.Typer(
    name="vivier",
    help="Find developers by what they have built.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
INTERRUPTED = 130  # what Typer makes of a KeyboardInterrupt, and shells of a process that SIGINT ended
Port = Annotated[int, typer.Option(envvar="PORT", help="The port to serve on.")]
Host = Annotated[str, typer.Option(help="The address to bind; loopback unless you say otherwise.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]


@APP.command()
def run(port: Port = 8000, host: Host = "127.0.0.1") -> None:
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
def serve(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Serve the champion release over HTTP."""
    serving.start(port, host, erase_command=[sys.executable, __file__, "forget", "--pending"])


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
        print_json({"release": target.release_id, **asdict(answer)})
        return
    for line in remarks(answer):
        say(line)
    OUT.print(people_table(answer, target.release_id))


APP.command()(making.index)
APP.command()(making.register)
APP.command()(making.evaluate)
APP.command()(train)
APP.command()(serving.load)
APP.command()(mcp)
APP.command()(deciding.promote)
APP.command()(deciding.rollback)
APP.command()(deciding.pin)
APP.command()(deciding.unpin)
APP.command()(deciding.releases)
APP.command()(making.forget)
SCRAPE.command("git")(scrape_git)
SCRAPE.command("csv")(scrape_csv)
APP.add_typer(SCRAPE)
APP.command("quality")(quality)
APP.add_typer(DATA)
APP.add_typer(BACKUP)
APP.command("refresh")(refresh)
APP.add_typer(OPTIMIZE)
APP.add_typer(FLOWS)
APP.command("fake-github")(fake_github)


def main() -> None:
    """Run the command line; what went wrong is one sentence and exit code 1, Ctrl-C one line and 130."""
    try:
        APP()
    except ModuleNotFoundError as error:
        if find_spec("torch") is not None:
            raise
        ERR.print(
            f"This installation only serves, and has no {error.name}: run the command where everything is installed, "
            "on the stack by `docker compose exec worker vivier ...`.",
            style="red",
            highlight=False,
            soft_wrap=True,
        )
        sys.exit(1)
    except VivierError as error:
        ERR.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            ERR.print("Stopped. What was done is kept; the same command goes on from there.")
        raise


if __name__ == "__main__":
    main()
