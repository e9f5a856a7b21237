"""The commands of a service: start one, let one switch. What is heavy is imported by who needs it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from indexing.errors import InputError
from indexing.terminal import ERR, print_json, say

LOG = logging.getLogger("vivier.service")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]


def start(
    port: int,
    host: str,
    *,
    erase_command: Sequence[str],
) -> None:
    """Serve the champion release over HTTP until stopped; `erase_command` erases whoever is hidden."""
    import uvicorn

    from indexing.assembly import assemble
    from service import logs
    from service.app import create_app
    from service.connections import SERVER_OPTIONS
    from service.settings import ServiceSettings
    from service.tracing import tracing_to

    settings = ServiceSettings()
    logs.configure(settings.log_format)
    tracing = tracing_to(settings.otlp_endpoint)
    app = create_app(settings, assemble(settings), erase_command=erase_command, tracing=tracing)
    if settings.log_format == "json":
        LOG.info("Vivier on http://%s:%d", host, port)
    else:
        ERR.print(f"Vivier on http://{host}:{port}/ui (routes on /docs). Ctrl-C stops it.")
    uvicorn.run(app, host=host, port=port, **SERVER_OPTIONS)


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
        problem = f"The service at {url} does not answer ({type(error).__name__}); start it with `vivier serve`."
        raise InputError(problem) from error
    answer: dict[str, Any] = response.json()
    if response.is_error:
        raise InputError(str(answer.get("detail", response.status_code)))
    if as_json:
        print_json(answer)
    else:
        say(f"Serving {answer['serving']} (before: {answer['previous']}) after {answer['took_ms']:.0f} ms.")
