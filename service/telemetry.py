"""The outermost layer of a request: ids in and out, what a body may be, guards, metrics, a span, one log line."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.logs import CURRENT, RequestNote
from service.metrics import Metrics
from service.problems import TITLES, problem, unexpected
from service.request_bodies import BodyLimits, BodyRefused, read_body, replay
from service.response_headers import with_guards
from service.tracing import NO_TRACING, Tracing

LOG = logging.getLogger("vivier.access")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Telemetry:
    """Wraps the whole application. Nothing it writes anywhere has a query, a login or a body in it."""

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, body_limits: BodyLimits, tracing: Tracing = NO_TRACING
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._body_limits = body_limits
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        with self._tracing.request(scope["method"], headers, request_id) as span:
            named = CURRENT.set(RequestNote(request_id, span.trace_id))
            started, status = time.perf_counter(), 500
            try:
                status = await self._answer(scope, headers, receive, send)
            finally:
                route = _route(scope)
                self._count(scope["method"], route, status, time.perf_counter() - started)
                span.end(route, status)
                CURRENT.reset(named)

    async def _answer(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send) -> int:
        """Let the application answer; returns the status."""
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status, state = message["status"], scope["state"]
                answered = [*message["headers"], (b"x-request-id", state["request_id"].encode())]
                message["headers"] = with_guards(scope["path"], [*answered, *state.get("rate_limit", ())])
            await send(message)

        try:
            body = await read_body(headers, receive, self._body_limits)
            await self._app(scope, replay(body, receive), send_guarded)
        except BodyRefused as refused:
            title, close = TITLES[refused.status], {"Connection": "close"}  # what is left of it is not read
            refusal = problem(refused.status, title, str(refused), field="body", headers=close)
            await refusal(scope, receive, send_guarded)
        except Exception as error:  # the outermost edge
            answer = unexpected(error, f"{scope['method']} {_route(scope)}")
            if status:
                raise  # half an answer is on its way; the server breaks the connection
            await answer(scope, receive, send_guarded)
        return status

    def _count(self, method: str, route: str, status: int, seconds: float) -> None:
        self._metrics.requests.labels(route, str(status)).inc()
        self._metrics.latency.labels(route).observe(seconds)
        note, ms = CURRENT.get(), round(seconds * 1000, 1)
        request_id = note.request_id if note else ""
        fields = {"method": method, "route": route, "status": status, "ms": ms}
        # A first visit to the page asks for forty files; a line for each would bury the searches.
        is_file = route.startswith("/ui/assets/") and status < 400
        level = logging.DEBUG if is_file else logging.INFO
        LOG.log(level, "%s %s %s %.1f ms %s", method, route, status, ms, request_id, extra=fields)


def _request_id(headers: Mapping[bytes, bytes]) -> str:
    """The caller's own, when it can be written anywhere; else a new one."""
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _route(scope: Scope) -> str:
    """The template of the route, which has no login in it."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
