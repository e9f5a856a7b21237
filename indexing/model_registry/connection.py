"""MLflow's own stores, opened so that every call ends within a known time and fails in our words.

MLflow's HTTP client waits 120 s per attempt and makes 8 attempts, and only process-wide variables change that. Its REST
stores all pass through one method; the subclasses here give that method's request a timeout of its own. Importing this
module imports mlflow (2 s, no torch): `model_registry` does so on first use, after the entry point has set
MLFLOW_DISABLE_TELEMETRY=true (mlflow reads it at import).
"""

# mlflow annotates only part of what it exports.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from filelock import FileLock, Timeout
from mlflow.exceptions import MlflowException, RestException
from mlflow.store.model_registry.rest_store import RestStore as VersionsOverRest
from mlflow.store.tracking.rest_store import RestStore as RunsOverRest
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.proto_json_utils import parse_dict
from mlflow.utils.rest_utils import http_request, verify_rest_response

from indexing.errors import RegistryUnavailable
from indexing.model_registry.address import SQLITE, Address
from indexing.model_registry.database_file import probe

INITIALISATION_SECONDS = 120  # 2 s on a quiet machine; a small busy one took over a minute
MISSING = "RESOURCE_DOES_NOT_EXIST"
# MLflow says INVALID_PARAMETER_VALUE for an alias that nobody set and for a name that cannot be an alias.
MISSING_ALIAS = (MISSING, "INVALID_PARAMETER_VALUE")


class MissingEntryError(LookupError):
    """MLflow answered: it has no such version, alias or experiment. Never leaves the adapter."""


@dataclass(frozen=True, slots=True)
class Server:
    """An MLflow server, asked with bounded patience."""

    address: Address
    timeout_seconds: float

    def credentials(self, url: str | None = None) -> Any:
        """What MLflow's client needs to reach `url`; the URI's user and password go before the environment's."""
        found = get_default_host_creds(url or self.address.url)
        if self.address.username:
            found.username, found.password, found.token = self.address.username, self.address.password, None
        return found

    def request(self, method: str, endpoint: str, *, timeout_seconds: float | None = None, **extra: Any) -> Any:
        """MLflow's response within the timeout.

        A read is tried twice in that time, since the server may close an idle connection just as it is used again;
        a write only once, since a repeated one could create a second version.
        """
        attempts = 2 if method == "GET" else 1
        return http_request(
            self.credentials(),
            endpoint,
            method,
            timeout=(timeout_seconds or self.timeout_seconds) / attempts,
            max_retries=attempts - 1,
            retry_codes=(),
            respect_retry_after_header=False,  # a proxy's "Retry-After: 3600" would be slept through
            **extra,
        )

    def call(self, method: str, endpoint: str, body: str | None, message: Any) -> Any:
        """`message`, filled with the response to a call of MLflow's REST API."""
        values = None if body is None else json.loads(body)
        sent = {"params": values} if method == "GET" else {"json": values}
        response = verify_rest_response(self.request(method, endpoint, **sent), endpoint)
        parse_dict(js_dict=response.json(), message=message)
        return message


class BoundedVersions(VersionsOverRest):
    """MLflow's model registry over REST, each call bounded."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.credentials)
        self._server = server

    def _call_endpoint(self, api: Any, json_body: str | None = None, *_: Any, **__: Any) -> Any:
        endpoint, method = self._get_endpoint_from_method(api)
        return self._server.call(method, endpoint, json_body, api.Response())


class BoundedRuns(RunsOverRest):
    """MLflow's tracking store over REST, each call bounded."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.credentials)
        self._server = server

    def _call_endpoint(
        self, api: Any, json_body: str | None = None, endpoint: str | None = None, *_: Any, **__: Any
    ) -> Any:
        usual, method = self._METHOD_TO_INFO[api]
        return self._server.call(method, endpoint or usual, json_body, api.Response())


@dataclass(frozen=True, slots=True)
class Connection:
    """The two stores of one MLflow, and what is needed to reach its artifacts."""

    address: Address
    versions: Any  # mlflow.store.model_registry.abstract_store.AbstractStore
    runs: Any  # mlflow.store.tracking.abstract_store.AbstractStore
    server: Server | None  # None: the store is local
    artifacts: Path  # where a local store keeps them
    roots: dict[str, str] = field(default_factory=dict)  # run id -> artifact URI, which never changes

    @contextmanager
    def asking(self, *, missing: tuple[str, ...] = (MISSING,)) -> Iterator[None]:
        """Turn whatever MLflow raises into RegistryUnavailable, or MissingEntryError for a code in `missing`."""
        try:
            yield
        except MlflowException as error:
            # A wrong path answers 404 without MLflow's JSON: that is no answer about any version.
            answered = self.server is None or isinstance(error, RestException)
            if answered and error.error_code in missing:
                raise MissingEntryError(error.message) from error
            raise RegistryUnavailable(_sentence(self.address, error)) from error
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; ValueError: a page instead of JSON
            raise RegistryUnavailable(_sentence(self.address, error)) from error

    def close(self) -> None:
        """Give up pooled database connections."""
        if self.server is None:
            self.versions.engine.dispose()
            self.runs.engine.dispose()


def connect(address: Address, *, artifacts: Path, timeout_seconds: float) -> Connection:
    """The stores at an address; a SQLite database is created first when there is none."""
    if address.database is None:
        server = Server(address, timeout_seconds)
        return Connection(address, BoundedVersions(server), BoundedRuns(server), server, artifacts)
    _create_database(address.database, artifacts)
    probe(address.database, timeout_seconds=timeout_seconds)
    versions, runs = _open_database(address.database, artifacts, address)
    return Connection(address, versions, runs, None, artifacts)


def _create_database(database: Path, artifacts: Path) -> None:
    """Migrate a new database beside its place and move it there whole.

    A process killed half-way leaves nothing half-migrated, and of two processes that start at once one waits.
    """
    if _is_there(database):
        return
    unfinished = database.with_name(f".{database.name}.new")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{database}.lock", timeout=INITIALISATION_SECONDS):
            if _is_there(database):
                return
            for leftover in (unfinished, unfinished.with_name(f"{unfinished.name}-journal")):
                leftover.unlink(missing_ok=True)
            for store in _open_database(unfinished, artifacts, Address(f"{SQLITE}{unfinished}", unfinished)):
                store.engine.dispose()
            unfinished.replace(database)
    except Timeout as error:
        raise RegistryUnavailable(f"Another process has been creating {database} for too long; end it.") from error
    except OSError as error:
        raise RegistryUnavailable(f"MLflow's database {database} cannot be created ({error.strerror}).") from error


def _is_there(database: Path) -> bool:
    return database.exists() and database.stat().st_size > 0


def _open_database(database: Path, artifacts: Path, address: Address) -> tuple[Any, Any]:
    # Only here, since a process that talks to a server needs neither SQLAlchemy nor Alembic (48 MB).
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as VersionsInDatabase
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as RunsInDatabase
    from sqlalchemy.exc import SQLAlchemyError

    try:
        runs: Any = RunsInDatabase(f"{SQLITE}{database}", artifacts.absolute().as_uri())
        versions: Any = VersionsInDatabase(f"{SQLITE}{database}")
    except (MlflowException, SQLAlchemyError) as error:
        raise RegistryUnavailable(_sentence(address, error)) from error
    return versions, runs


def _sentence(address: Address, error: Exception) -> str:
    code = getattr(error, "error_code", "")
    if code in ("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED"):
        return (
            f"MLflow at {address.url} refused access ({code}); check MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, and the server's --allowed-hosts."
        )
    words = " ".join(str(error).split())
    unanswered = "timeout exception" in words or "failed with exception" in words
    if unanswered or isinstance(error, requests.ConnectionError | requests.Timeout):
        return f"MLflow at {address.url} does not answer."
    reason = words.partition(" [SQL")[0].rstrip(".")  # SQLAlchemy adds the whole statement
    return f"MLflow at {address.url} failed: {reason[:300]}."


def all_pages(ask: Callable[[str | None], Any]) -> list[Any]:
    """Every entry of an answer that MLflow gives in pages; `ask` takes the token of the next one."""
    found: list[Any] = []
    token: str | None = None
    while True:
        page = ask(token)
        found += page
        token = page.token
        if not token:
            return found
