"""Where MLflow is: a tracking URI taken apart once, so that its credentials never travel with its address."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from indexing.errors import InputError

SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Address:
    """A server (`database` is None) or a SQLite file; `url` carries no credentials and may be shown."""

    url: str
    database: Path | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def parse_address(tracking_uri: str) -> Address:
    """The parts of a tracking URI. InputError when it is neither an MLflow server nor a SQLite file."""
    if tracking_uri.startswith(SQLITE) and tracking_uri != SQLITE:
        database = Path(tracking_uri.removeprefix(SQLITE)).absolute()
        return Address(f"{SQLITE}{database}", database)
    try:
        parts = urlsplit(tracking_uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _unusable() from None  # the original quotes the address, and with it a password
    if parts.scheme not in ("http", "https") or not host:
        raise _unusable()
    netloc = f"[{host}]" if ":" in host else host
    netloc += f":{port}" if port else ""
    return Address(
        urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", "")),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _unusable() -> InputError:
    return InputError(
        "MLFLOW_TRACKING_URI must be http(s)://host:port of an MLflow server or sqlite:////path/mlflow.db; "
        "for PostgreSQL, put an MLflow server in front of it.",
        field="MLFLOW_TRACKING_URI",
    )
