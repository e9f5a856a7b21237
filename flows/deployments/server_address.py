"""Which Prefect server there is to talk to, asked before anything else so that its absence is one clear sentence."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from flows.settings import FlowSettings
from indexing.errors import InputError, Unavailable

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """A server that answers."""

    api_url: str
    ui_url: str


def reachable_server(settings: FlowSettings) -> PrefectServer:
    """The server that PREFECT_API_URL names. InputError when it names none, Unavailable when it does not answer."""
    api_url = settings.prefect_api_url.rstrip("/")
    if not api_url:
        raise InputError(
            "PREFECT_API_URL is not set; start a server with `vivier flows server` and set it to http://127.0.0.1:4200/api.",
            field="PREFECT_API_URL",
        )
    if not api_url.endswith("/api"):
        raise InputError(f"PREFECT_API_URL is {api_url}; a Prefect server's ends in /api.", field="PREFECT_API_URL")
    try:
        answer = httpx.get(f"{api_url}/health", timeout=PATIENCE_SECONDS)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(
            f"The Prefect server at {api_url} does not answer ({type(error).__name__}); start it with "
            "`vivier flows server`, or correct PREFECT_API_URL."
        ) from error
    return PrefectServer(api_url, settings.prefect_ui_url.rstrip("/") or api_url.removesuffix("/api"))
