"""`vivier flows`: the flows on a Prefect server, to be started, watched and scheduled from its page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from indexing.terminal import print_json, say

ROOT = Path(__file__).resolve().parents[1]
APP = typer.Typer(name="flows", help="Run flows from the Prefect UI.", no_args_is_help=True)


@APP.command()
def server(
    port: Annotated[int, typer.Option(help="The port to serve on.")] = 4200,
    host: Annotated[str, typer.Option(help="The address to bind; loopback unless you say otherwise.")] = "127.0.0.1",
) -> None:
    """Start a Prefect server whose files are under VIVIER_HOME; it reports to nobody."""
    from flows.deployments.processes import become_server
    from flows.settings import FlowSettings

    become_server(FlowSettings(), host=host, port=port)


@APP.command()
def deploy(
    folder: Annotated[
        Path, typer.Option(help="Where workers find the project, when that is elsewhere: /app in the image.")
    ] = ROOT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")] = False,
) -> None:
    """Register every flow on the Prefect server at PREFECT_API_URL; a second time changes nothing."""
    import asyncio
    from dataclasses import asdict

    from flows.deployments.register import register
    from flows.settings import FlowSettings

    done = asyncio.run(register(FlowSettings(), folder=folder))
    if as_json:
        print_json([asdict(one) for one in done])
        return
    for one in done:
        say(f"{one.flow:<9} {one.outcome:<10} {one.url}")
    say("`vivier flows worker` runs what is started there.")


@APP.command()
def worker(
    name: Annotated[str | None, typer.Option(help="What the page calls this worker.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many runs at once.")] = None,
) -> None:
    """Run what is started from the page, each run a process of its own, until stopped."""
    from flows.deployments.processes import become_worker
    from flows.deployments.server_address import reachable_server
    from flows.settings import FlowSettings

    settings = FlowSettings()
    become_worker(settings, reachable_server(settings), name=name, limit=limit)
