"""OpenTelemetry traces of requests, encodings and calls to the index: nothing at all unless an endpoint is named.

No span has a query, a login or any other text of people, and no error's message, which may quote one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from indexing.errors import InputError
from indexing.workspace import Workspace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

PATH = "/v1/traces"  # where OTLP over HTTP has them, below the endpoint


class RequestSpan(Protocol):
    """The span of one request."""

    @property
    def trace_id(self) -> str | None:
        """As log lines name it; None without one."""

    def end(self, route: str, status: int) -> None:
        """Say which route answered, and how."""


class Tracing(Protocol):
    """Where spans come from."""

    def request(
        self, method: str, headers: Mapping[bytes, bytes], request_id: str
    ) -> AbstractContextManager[RequestSpan]:
        """A span around a request, under the caller's own when it sends a `traceparent`."""

    def observed(self, workspace: Workspace) -> Workspace:
        """The workspace whose encoders and indexes make spans."""

    def close(self) -> None:
        """Send what waits to be sent."""


class _NoSpan:
    """Both the span that is none and the context around it: one object for every request."""

    trace_id = None

    def end(self, route: str, status: int) -> None:
        """Nothing to say it to."""

    def __enter__(self) -> _NoSpan:
        return self

    def __exit__(self, *_: object) -> None:
        return


class NoTracing:
    """Makes no spans, and imports nothing that could."""

    _span = _NoSpan()

    def request(self, method: str, headers: Mapping[bytes, bytes], request_id: str) -> _NoSpan:
        """Nothing around a request."""
        return self._span

    def observed(self, workspace: Workspace) -> Workspace:
        """The workspace as it is."""
        return workspace

    def close(self) -> None:
        """There is nothing to send."""


NO_TRACING = NoTracing()


def tracing_to(endpoint: str) -> Tracing:
    """Traces sent to an OTLP/HTTP collector; none for an empty endpoint. InputError when the extra is missing."""
    if not endpoint:
        return NO_TRACING
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise InputError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set and its exporter is not installed; install the extra with "
            "`pip install 'vivier[tracing]'`, or unset it.",
            field="OTEL_EXPORTER_OTLP_ENDPOINT",
        ) from error
    return traced_by(OTLPSpanExporter(endpoint=endpoint.rstrip("/") + PATH))


def traced_by(exporter: SpanExporter) -> Tracing:
    """Traces handed to an exporter, in batches and beside the requests."""
    from service.spans import Spans

    return Spans(exporter)
