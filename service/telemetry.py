"""What the service tells about itself: request ids, Prometheus metrics, logs without personal text."""

from __future__ import annotations

import logging
import re
import time
import uuid

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indexing.candidates import Timings
from service.problems import TITLES, problem

LOG = logging.getLogger("vivier.access")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """The service's own metrics, in a registry of their own so that an application can be made twice."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "vivier_requests", "Requests by route and status", ("route", "status"), registry=self.registry
        )
        self.latency = Histogram(
            "vivier_request_seconds", "Seconds a request took", ("route",), buckets=_BUCKETS, registry=self.registry
        )
        self.stages = Histogram(
            "vivier_stage_seconds", "Seconds a search stage took", ("stage",), buckets=_BUCKETS, registry=self.registry
        )
        self._stages = {stage: self.stages.labels(stage) for stage in ("plan", "encode", "search", "rank")}
        self.generation = Gauge("vivier_release_generation", "Switches since the start", registry=self.registry)
        self.release = Gauge("vivier_release_info", "The release that serves", ("release",), registry=self.registry)
        self.people = Gauge("vivier_people", "People in the release that serves", registry=self.registry)
        self.switches = Gauge("vivier_switches", "Releases switched away from", registry=self.registry)
        self.cache_hits = Gauge("vivier_query_cache_hits", "Queries not encoded again", registry=self.registry)
        self.follower_failures = Gauge(
            "vivier_follower_failures", "Failed attempts to follow the champion in a row", registry=self.registry
        )

    def observe_search(self, timings: Timings) -> None:
        """Count one search's stages."""
        for stage, histogram in self._stages.items():
            histogram.observe(getattr(timings, stage) / 1000)


class Telemetry:
    """The outermost layer: request ids in and out, the body limit, metrics, one log line without any text."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, max_body_bytes: int) -> None:
        self._app = app
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            body = await _read_body(headers, receive, self._max_body_bytes)
            if body is None:
                detail = f"body: larger than {self._max_body_bytes} bytes; send less at a time."
                await problem(413, TITLES[413], detail, field="body")(scope, receive, send_with_id)
            else:
                await self._app(scope, _replay(body, receive), send_with_id)
        finally:
            self._count(scope, status, time.perf_counter() - started, request_id)

    def _count(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.requests.labels(route, str(status)).inc()
        self._metrics.latency.labels(route).observe(seconds)
        LOG.info("%s %s %s %.1f ms %s", scope["method"], route, status, seconds * 1000, request_id)


async def _read_body(headers: dict[bytes, bytes], receive: Receive, limit: int) -> bytes | None:
    """The whole body, None when it is larger than the limit."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and (len(declared) > 18 or int(declared) > limit):  # int() refuses thousands of digits
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
