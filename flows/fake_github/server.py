"""The fake over HTTP: who may come in, what befalls them on the way, and what goes out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from flows.fake_github import control, rest
from flows.fake_github.github import DOCS, TOO_SLOW, UNICORN, GitHub, Reply, as_json
from indexing.errors import InputError

_REST = ("/users/{rest:path}", "/orgs/{rest:path}", "/search/{rest:path}", "/repos/{rest:path}")


class Half(Response):
    """A response that says how long it is, and stops in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half of the body; the server closes the connection for want of the rest."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def token_of(request: Request) -> str | None:
    """The token of a request; None without one, and for one that begins with `bad`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    is_good = scheme.lower() in ("bearer", "token") and token.strip() and not token.startswith("bad")
    return token.strip() if is_good else None


def _unauthorised(request: Request) -> Reply:
    given = "authorization" in request.headers
    message = "Bad credentials" if given else "This endpoint requires you to be authenticated."
    return as_json(401, {"message": message, "documentation_url": f"{DOCS}/graphql", "status": "401"})


def _sent(github: GitHub, reply: Reply) -> Response:
    github.log.by_status[reply.status] += 1
    kind = Half if reply.is_cut else Response
    return kind(reply.body, reply.status, {"x-github-request-id": "FA1E:0:0:0:0"} | reply.headers)


async def _befallen(
    github: GitHub, request: Request, token: str, key: int, resource: str, answer: Callable[[str | None], Reply]
) -> Reply:
    """The answer, or what befalls this request instead; `answer` takes what is to be wrong with it."""
    early = github.still_blocked(token)
    if early is not None:
        return early
    fault = github.faults.strike(key)
    if fault in ("secondary", "secondary-silent"):
        return github.block(token, is_told=fault == "secondary")
    if fault == "bad-gateway":
        return Reply(502, UNICORN.encode(), {"content-type": "text/html"})
    if fault in ("slow", "timeouts"):
        await asyncio.sleep(github.settings.slow_seconds)
    if fault == "timeouts" or await request.is_disconnected():
        github.budgets.of(token, resource).used += 1  # what is cut off costs all the same
        return as_json(502, {"message": TOO_SLOW})
    reply = answer(fault)
    reply.is_cut = fault == "cut" and reply.status == 200
    return reply


def create_app(github: GitHub) -> Starlette:
    """The routes of one fake."""

    async def graphql(request: Request) -> Response:
        token = token_of(request)
        if token is None:
            return _sent(github, _unauthorised(request))
        github.arrive()
        body = await request.body()
        key = github.key("POST", "/graphql", body)

        def answer(fault: str | None) -> Reply:
            return github.graphql(body, token, key=key, fault=fault)

        return _sent(github, await _befallen(github, request, token, key, "graphql", answer))

    async def resource(request: Request) -> Response:
        token = token_of(request)
        if token is None:
            return _sent(github, _unauthorised(request))
        github.arrive()
        path = request.url.path.removeprefix("/api/v3")
        query = rest.Query(path, dict(request.query_params), request.headers.get("if-none-match"))
        key = github.key("GET", f"{path}?{request.url.query}", b"")

        def answer(fault: str | None) -> Reply:
            return rest.answer(github, query, token, key=key, fault=fault)

        reply = await _befallen(github, request, token, key, "core", answer)
        _make_absolute(reply, request)
        return _sent(github, reply)

    async def rate_limit(request: Request) -> Response:
        token = token_of(request)
        return _sent(github, _unauthorised(request) if token is None else rest.rate_limit(github, token))

    routes = [Route(path, graphql, methods=["POST"]) for path in ("/graphql", "/api/graphql")]
    for prefix in ("", "/api/v3"):
        routes.append(Route(f"{prefix}/rate_limit", rate_limit))
        routes += [Route(f"{prefix}{path}", resource) for path in _REST]
    return Starlette(routes=[*routes, *_levers(github)])


def _make_absolute(reply: Reply, request: Request) -> None:
    """Addresses in headers lead back to this very server."""
    base = str(request.base_url).rstrip("/") + ("/api/v3" if request.url.path.startswith("/api/v3") else "")
    if "link" in reply.headers:
        reply.headers["link"] = reply.headers["link"].replace("</", f"<{base}/")
    if "location" in reply.headers:
        reply.headers["location"] = base + reply.headers["location"]


def _levers(github: GitHub) -> list[Route]:
    def lever(act: Callable[[Request, dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            body = await request.body()
            try:
                return JSONResponse(act(request, json.loads(body) if body else {}))
            except InputError as error:
                return JSONResponse({"message": str(error)}, 422)

        return handle

    def faults(_request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        if asked:
            github.misbehave(asked.get("faults", "none"), asked.get("rate"), asked.get("hits"))
        return {"faults": sorted(github.faults.names)}

    def empty(_request: Request, _asked: dict[str, Any]) -> dict[str, Any]:
        github.log.empty()
        return control.log(github)

    def age(_request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        return github.world.age(int(asked.get("days", 30)), per_mille=int(asked.get("per_mille", 100)))

    return [
        Route("/_truth", lever(lambda request, _: control.truth(github, request.query_params.get("query", "")))),
        Route("/_log", lever(lambda _request, _: control.log(github))),
        Route("/_log", lever(empty), methods=["DELETE"]),
        Route("/_faults", lever(faults), methods=["GET", "POST"]),
        Route("/_age", lever(age), methods=["POST"]),
        Route("/_change", lever(lambda _request, asked: control.change(github, asked)), methods=["POST"]),
    ]
