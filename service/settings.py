"""The service's settings, read once when it starts."""

from __future__ import annotations

from pydantic import Field, SecretStr

from indexing.settings import HomeSettings
from service.logs import LogFormat


class ServiceSettings(HomeSettings):
    """What the HTTP service needs beyond the home."""

    admin_key: SecretStr = Field(
        default=SecretStr(""), description="Set: admin routes want it as a Bearer token. Empty: loopback callers only."
    )
    search_keys: SecretStr = Field(default=SecretStr(""), description="Comma-separated; set: search routes want one.")
    watch_seconds: float = Field(default=5.0, gt=0, description="How often a process looks for a new champion.")
    keep_open: int = Field(default=1, ge=0, le=3, description="Releases kept open beside the served one.")
    search_threads: int = Field(default=0, ge=0, le=64, description="0: as many as there are cores.")
    batch_helpers: int = Field(
        default=1,
        ge=0,
        le=64,
        description="Processes that help with batches, on as many cores as there are beside one.",
    )
    max_body_bytes: int = Field(default=262_144, ge=1_024)
    body_seconds: float = Field(default=10.0, gt=0, description="How long a request's body may take to arrive.")
    request_seconds: float = Field(default=30.0, gt=0, description="How long an answer may take before it is a 503.")
    rate_limit_per_minute: int = Field(
        default=0, ge=0, description="Searches of one key, or one address, a minute; 0: no limit."
    )
    auth_failures_per_minute: int = Field(
        default=10, ge=0, description="Wrong keys from one address a minute; 0: no limit."
    )
    trusted_proxies: str = Field(
        default="", description="Addresses and networks whose X-Forwarded-For is believed, comma-separated."
    )
    allowed_hosts: str = Field(
        default="", description="Hosts that /mcp answers to beside this machine's own names, comma-separated."
    )
    log_format: LogFormat = Field(default="text", description="Log lines for people, or JSON for programs.")
    otlp_endpoint: str = Field(
        default="",
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Where traces are sent, OTLP over HTTP; empty: there are none.",
    )
    store_searches: bool = Field(default=False, description="Keep searches, so that they can be replayed.")
    search_days: int = Field(default=30, ge=1, le=3_650, description="How long a search is kept.")
    memory_reserve_bytes: int = Field(default=256 * 2**20, ge=0, description="Memory a load must leave free.")
