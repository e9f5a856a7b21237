"""One MCP request over HTTP, answered from nothing but itself: no session, no stream, nothing kept for the next one."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.mcp_server.contract import Contract
from service.mcp_server.server import make_server
from service.security import FORWARDING

_PASSED_ON = frozenset(name.encode() for name in ("authorization", "host", "origin", "traceparent", *FORWARDING))
_REFUSALS = {
    400: "content-type: MCP requests are application/json.",
    403: "Origin: pages of this origin may not call /mcp; VIVIER_ALLOWED_HOSTS names the hosts whose pages may.",
    421: "Host: /mcp does not answer to this name; VIVIER_ALLOWED_HOSTS names the hosts that it answers to.",
}


async def answer(request: Request, hosts: Sequence[str], *, may_switch: bool) -> Response:
    """The answer, which is made when it is sent. HTTPException to who calls by another name, or from a foreign page."""
    await _refuse_foreign(request, hosts)
    return Exchange(request, may_switch=may_switch)


async def _refuse_foreign(request: Request, hosts: Sequence[str]) -> None:
    """Refuse requests to other hosts, or from pages of others: names can be made to lead to this machine."""
    origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    rules = TransportSecuritySettings(allowed_hosts=list(hosts), allowed_origins=origins)
    refusal = await TransportSecurityMiddleware(rules).validate_request(request, is_post=True)
    if refusal is not None:
        raise HTTPException(refusal.status_code, _REFUSALS[refusal.status_code])


class Exchange(Response):
    """The answer to an MCP request, as the SDK makes it."""

    def __init__(self, request: Request, *, may_switch: bool) -> None:
        super().__init__()
        self._request = request
        self._may_switch = may_switch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; tools ask the routes of this application as the caller of this request would."""
        async with _own_routes(self._request) as client:
            server = make_server(Contract(client), may_switch=self._may_switch)
            manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
            async with manager.run():
                await manager.handle_request(scope, receive, send)


def _own_routes(request: Request) -> httpx.AsyncClient:
    """A client of this very application, with the caller's address, key and everything that rights are read from."""
    headers = [(name, value) for name, value in request.headers.raw if name in _PASSED_ON]
    caller = (request.client.host, request.client.port) if request.client is not None else ("unknown", 0)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(request.app, client=caller),
        base_url="http://vivier",
        headers=[*headers, (b"x-request-id", request.state.request_id.encode())],
        trust_env=False,  # no proxy stands between the application and itself
        timeout=None,  # noqa: S113  # nobody but the routes themselves knows how long they may take
    )
