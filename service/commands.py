"""The commands of a service: start one, let one switch. What is heavy is imported by who needs it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from indexing.errors import InputError
from indexing.terminal import ERR, print_json, say

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
    from service.app import create_app
    from service.settings import ServiceSettings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = ServiceSettings()
    app = create_app(settings, assemble(settings), erase_command=erase_command)
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
