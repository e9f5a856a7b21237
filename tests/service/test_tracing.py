"""Traces: a real receiver gets them, under the caller's own and without a word of people; off, there are none."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from indexing.errors import InputError
from service import logs
from service.tracing import NO_TRACING, tracing_to
from tests.service.broken_index import AwayIndex, put_in
from tests.service.conftest import Running, running
from tests.worlds import NAMED, World

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Receiver:
    """An OTLP/HTTP collector: `spans` are what it was sent, by name."""

    def __init__(self) -> None:
        receiver = self
        self.spans: list[Any] = []
        self.resource: dict[str, str] = {}
        self.paths: set[str] = set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # http.server's name
                receiver.paths.add(self.path)
                sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
                for resource in sent.resource_spans:
                    receiver.resource = {one.key: one.value.string_value for one in resource.resource.attributes}
                    for scope in resource.scope_spans:
                        receiver.spans += scope.spans
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def about(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@contextmanager
def traced(tmp_path: Path, receiver: Receiver) -> Iterator[Running]:
    """A service that sends its traces; they have all arrived once it is stopped."""
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, release, tracing=tracing_to(receiver.url + "/")) as service:
        yield service


def test_a_search_is_a_trace_of_the_request_the_encoding_and_what_the_index_is_asked(
    tmp_path: Path, receiver: Receiver
) -> None:
    with traced(tmp_path, receiver) as service:
        headers = {"traceparent": PARENT, "x-request-id": "find-me"}
        assert service.client.post("/agent_search", json={"query": "brushless motor"}, headers=headers).is_success
    assert receiver.paths == {"/v1/traces"}
    assert receiver.resource["service.name"] == "vivier"
    (request,) = receiver.named("POST /agent_search")
    assert request.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == "b7ad6b7169203331"
    told = about(request)
    assert told["vivier.request_id"] == "find-me"
    assert (told["http.request.method"], told["http.route"], told["http.response.status_code"]) == (
        *("POST", "/agent_search"),
        200,
    )
    for name in ("encode", "qdrant search_dense", "qdrant search_sparse", "qdrant read"):
        found = receiver.named(name)
        assert found, name
        for span in found:
            assert (span.trace_id, span.parent_span_id) == (request.trace_id, request.span_id)
            assert request.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
    assert about(receiver.named("qdrant search_dense")[0])["db.collection.name"] == service.releases[0].collection
    assert len(receiver.spans) == len([span for span in receiver.spans if span.trace_id == request.trace_id])


def test_no_span_has_a_word_of_people(tmp_path: Path, receiver: Receiver) -> None:
    with traced(tmp_path, receiver) as service:
        service.client.post("/agent_search", json={"query": "xylophone motor like @cyr-volt"})
        service.client.get("/profiles/cyr-volt?x=xylophone", headers={"user-agent": "xylophone"})
        service.client.get("/profiles/xylophone")
        service.client.post("/predict", json={"texts": ["xylophone"]})
        service.client.post("/agent_search", content=b'{"query": "xylophone')
        service.world.registry.fail_next("versions", ValueError("xylophone"))
        service.client.get("/models/info")
    assert len(receiver.named("GET /profiles/{login}")) == 2
    written = "".join(map(str, receiver.spans)) + str(receiver.resource)
    for word in ("xylophone", "cyr-volt", "ada-lumen", "127.0.0.1"):
        assert word not in written


def test_a_fault_is_marked_by_kind(tmp_path: Path, receiver: Receiver) -> None:
    with traced(tmp_path, receiver) as service:
        from service.spans import TracedIndex

        tracer = service.client.app.state.service.lane.workspace.store._tracer  # type: ignore[attr-defined]
        put_in(service, lambda _: TracedIndex(AwayIndex(), "gone", tracer))  # type: ignore[arg-type]
        assert service.client.post("/agent_search", json={"query": "motor"}).status_code == 503
    (request,) = receiver.named("POST /agent_search")
    assert request.status.code == 2
    assert about(request)["http.response.status_code"] == 503
    (asked,) = receiver.named("qdrant search_sparse")
    assert about(asked)["error.type"] == "IndexUnavailable"
    assert (asked.status.code, asked.status.message, len(asked.events)) == (2, "", 0)


def test_a_nonsensical_parent_begins_a_trace_of_its_own(tmp_path: Path, receiver: Receiver) -> None:
    with traced(tmp_path, receiver) as service:
        for parent in ("nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "\xff", ""):
            assert service.client.get("/health/live", headers={"traceparent": parent.encode("latin-1")}).is_success
    found = receiver.named("GET /health/live")
    assert len({span.trace_id for span in found}) == 4
    assert not any(span.parent_span_id for span in found)


def test_log_lines_name_the_trace(tmp_path: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    notes: list[logs.RequestNote | None] = []

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            notes.append(logs.CURRENT.get())

    access, noting = logging.getLogger("vivier.access"), Noting()
    with traced(tmp_path, receiver) as service, caplog.at_level(logging.INFO):
        access.addHandler(noting)
        service.client.get("/health/live", headers={"traceparent": PARENT})
        access.removeHandler(noting)
    assert [note.trace_id for note in notes if note] == [TRACE]


@pytest.mark.slow
def test_a_receiver_that_is_away_costs_no_answer(tmp_path: Path, receiver: Receiver) -> None:
    receiver.close()
    with traced(tmp_path, receiver) as service:
        assert service.client.post("/agent_search", json={"query": "motor"}).status_code == 200


def test_without_an_endpoint_there_is_nothing(service: Running) -> None:
    assert tracing_to("") is NO_TRACING
    assert NO_TRACING.observed(service.world.workspace) is service.world.workspace
    assert NO_TRACING.request("GET", {}, "a") is NO_TRACING.request("GET", {}, "b")


def printed(program: str, **extra: str) -> Any:
    """What a process of its own prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ | extra
    )
    return json.loads(done.stdout)


def test_without_an_endpoint_nothing_that_makes_spans_is_imported() -> None:
    program = (
        "import sys, json, service.app, service.commands\n"
        "from service.tracing import tracing_to\n"
        "tracing_to('')\n"
        "print(json.dumps([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'throttled'))]))"
    )
    assert printed(program) == []


def test_the_framework_s_own_spans_which_have_whole_paths_are_off_whatever_else_is_configured() -> None:
    program = """
import json
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient
exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
import tempfile
from pathlib import Path
from service.app import create_app
from tests.service.conftest import make_settings
from tests.worlds import World
with tempfile.TemporaryDirectory() as folder:
    world = World(Path(folder))
    app = create_app(make_settings(world.workspace.home), world.workspace)
    status = TestClient(app).get("/health/live").status_code
print(json.dumps([status, [one.name for one in exporter.get_finished_spans()]]))
"""
    assert printed(program, FASTAPI_OTEL_AUTO_CONFIGURE="true") == [200, []]


def test_an_endpoint_without_the_exporter_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(InputError, match=r"pip install 'vivier\[tracing\]'"):
        tracing_to("http://127.0.0.1:4318")
