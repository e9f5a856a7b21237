"""Spans with OpenTelemetry's SDK. Imported only when somebody wants them: it takes .3 s."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from indexing.encoder import Encoder, FloatArray
from indexing.index import CollectionStore, ProfileIndex
from indexing.run_environment import package_version
from indexing.workspace import Workspace

R = TypeVar("R")
_PROPAGATOR = TraceContextTextMapPropagator()
_TRACED_OPERATIONS = (
    *("search_dense", "search_sparse", "count_people", "count_values", "find_people", "read", "read_dense"),
)


class OpenSpan:
    """A request's span while it is answered."""

    def __init__(self, span: Span, method: str) -> None:
        self._span = span
        self._method = method
        self.trace_id: str | None = f"{span.get_span_context().trace_id:032x}"

    def end(self, route: str, status: int) -> None:
        """Name the span after the route, and mark it when the fault was ours."""
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            self._span.set_attribute("error.type", str(status))
            self._span.set_status(Status(StatusCode.ERROR))


class Spans:
    """Makes spans and has them exported by a thread of its own."""

    def __init__(self, exporter: SpanExporter) -> None:
        resource = Resource.create({SERVICE_VERSION: package_version()})  # and what the OTEL_ variables say
        if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
            resource = resource.merge(Resource({SERVICE_NAME: "vivier"}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("vivier", package_version())

    @contextmanager
    def request(self, method: str, headers: Mapping[bytes, bytes], request_id: str) -> Iterator[OpenSpan]:
        """A server span; its trace is the caller's when `traceparent` names one."""
        carrier = {
            name: headers[name.encode()].decode("latin-1")
            for name in ("traceparent", "tracestate")
            if name.encode() in headers
        }
        # A context of its own: nothing of this process is around a request.
        parent = _PROPAGATOR.extract(carrier, context=Context())
        attributes = {"http.request.method": method, "vivier.request_id": request_id}
        with self._tracer.start_as_current_span(
            method,
            context=parent,
            kind=SpanKind.SERVER,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield OpenSpan(span, method)

    def observed(self, workspace: Workspace) -> Workspace:
        """The workspace with every encoder and index that it opens wrapped."""
        load = workspace.load_encoder
        return replace(
            workspace,
            load_encoder=lambda folder: TracedEncoder(load(folder), self._tracer),
            store=cast(CollectionStore, TracedStore(workspace.store, self._tracer)),
        )

    def close(self) -> None:
        """Send what waits, and stop."""
        self._provider.shutdown()


class TracedEncoder:
    """An encoder whose encodings are spans."""

    def __init__(self, encoder: Encoder, tracer: Tracer) -> None:
        self._encoder = encoder
        self._tracer = tracer
        self.dimension = encoder.dimension
        self.fingerprint = encoder.fingerprint

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """The encoder's, timed."""
        return self._timed("query", texts, self._encoder.encode_queries)

    def encode_passages(self, texts: Sequence[str]) -> FloatArray:
        """The encoder's, timed."""
        return self._timed("passage", texts, self._encoder.encode_passages)

    def close(self) -> None:
        """Close the encoder."""
        self._encoder.close()

    def _timed(self, role: str, texts: Sequence[str], encode: Callable[[Sequence[str]], FloatArray]) -> FloatArray:
        about = {"vivier.encode.role": role, "vivier.encode.texts": len(texts), "vivier.fingerprint": self.fingerprint}
        return _in_span(self._tracer, "encode", SpanKind.INTERNAL, about, lambda: encode(texts))


class TracedStore:
    """A collection store whose indexes make spans; everything else is the store's own."""

    def __init__(self, store: CollectionStore, tracer: Tracer) -> None:
        self._store = store
        self._tracer = tracer

    def open(self, collection: str, *, hnsw_ef: int | None = None) -> ProfileIndex:
        """Open for searching, traced."""
        index = self._store.open(collection, hnsw_ef=hnsw_ef)
        return cast(ProfileIndex, TracedIndex(index, collection, self._tracer))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class TracedIndex:
    """An index whose questions are spans, named after what is asked and never with what."""

    def __init__(self, index: ProfileIndex, collection: str, tracer: Tracer) -> None:
        self._index = index
        for operation in _TRACED_OPERATIONS:
            about = {
                "db.system.name": "qdrant",
                "db.operation.name": operation,
                "db.collection.name": collection,
            }
            setattr(self, operation, _traced(getattr(index, operation), f"qdrant {operation}", about, tracer))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


def _traced(ask: Callable[..., R], name: str, about: Mapping[str, Any], tracer: Tracer) -> Callable[..., R]:
    def asked(*arguments: Any, **options: Any) -> R:
        return _in_span(tracer, name, SpanKind.CLIENT, about, lambda: ask(*arguments, **options))

    return asked


def _in_span(tracer: Tracer, name: str, kind: SpanKind, about: Mapping[str, Any], work: Callable[[], R]) -> R:
    """Do the work inside a span that says how it failed by kind alone; outside a request without one."""
    if not get_current_span().get_span_context().is_valid:
        return work()
    with tracer.start_as_current_span(
        name, kind=kind, attributes=about, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            return work()
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise
