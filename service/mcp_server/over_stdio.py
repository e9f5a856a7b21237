"""`vivier mcp`: the MCP server as a program that a client starts, over a service that runs somewhere."""

from __future__ import annotations

import logging
from typing import Annotated

import typer
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from indexing.errors import InputError


class AssistantSettings(BaseSettings):
    """The keys, from the environment alone: a `.env` in the current folder gives an assistant no rights."""

    model_config = SettingsConfigDict(env_prefix="VIVIER_", env_ignore_empty=True, extra="ignore", frozen=True)

    search_key: SecretStr = Field(default=SecretStr(""), description="One of the service's VIVIER_SEARCH_KEYS.")
    admin_key: SecretStr = Field(default=SecretStr(""), description="Set: there is a tool that switches releases.")


def mcp(
    url: Annotated[str, typer.Option(envvar="VIVIER_URL", help="The running service.")] = "http://127.0.0.1:8000",
) -> None:
    """Let an assistant search, over standard input and output (MCP); clients start this, see docs/mcp.md."""
    settings = AssistantSettings()
    if not url.startswith(("http://", "https://")):
        raise InputError(f"--url: {url!r} is no address such as http://127.0.0.1:8000.", field="url")
    logging.basicConfig(level=logging.WARNING)  # standard error; output is the protocol's
    admin_key = settings.admin_key.get_secret_value()

    from service.mcp_server import conversation

    conversation.hold(url, key=admin_key or settings.search_key.get_secret_value(), may_switch=bool(admin_key))
