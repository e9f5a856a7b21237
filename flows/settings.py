"""The flows' settings, read once where a flow starts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from indexing.settings import HomeSettings


class FlowSettings(HomeSettings):
    """What flows need: the home, the registry, the vector database, and GitHub."""

    github_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="GITHUB_TOKEN",
        description="What scrapes are made with; no scope needed.",
    )
    github_url: str = Field(
        default="https://api.github.com",
        description="Also GitHub Enterprise (https://github.example.org) or a fake one.",
    )
    github_timeout_seconds: float = Field(default=30.0, gt=0, description="GitHub itself gives up after 10.")
    github_wait_seconds: float = Field(
        default=60.0, gt=0, description="The first wait on a secondary limit that does not say how long to wait."
    )
    github_repositories: int = Field(
        default=100, ge=1, le=1_000, description="Repositories fetched a person, owned and contributed to each."
    )
    github_activity_years: int = Field(default=1, ge=0, le=10, description="Years back that commits are counted.")

    prefect_api_url: str = Field(
        default="", validation_alias="PREFECT_API_URL", description="Empty: flows run without a server of their own."
    )
    prefect_ui_url: str = Field(
        default="", validation_alias="PREFECT_UI_URL", description="Where people reach Prefect's page, for links."
    )
    refresh_cron: str = Field(default="", description="When a deployed refresh runs by itself; empty: never.")
    refresh_source: Literal["kept", "github", "git"] = Field(
        default="kept", description="Where a refresh collects; kept: nowhere, from the raw files as they are."
    )
    refresh_queries: str = Field(default="", description="Searches of a refresh from GitHub, separated by ;.")
    refresh_clones: str = Field(default="", description="Clones of a refresh from git, separated by ;.")


def listed(setting: str) -> list[str]:
    """What a setting lists, separated by semicolons."""
    return [each.strip() for each in setting.split(";") if each.strip()]
