"""`/mcp` on the service: keys, hosts, limits, and what is written down, as for anybody who calls it."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError
from mcp_types import TextContent

from indexing.errors import InputError
from service.mcp_server.over_http import _host_patterns
from tests.mcp.conftest import over_http, talk
from tests.processes import ROOT
from tests.service.conftest import Running, running
from tests.worlds import NAMED, World

ACCEPTS = {"accept": "application/json, text/event-stream"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
SEARCH = {"name": "search_people", "arguments": {"query": "embedded motor", "limit": 2}}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": SEARCH}


def post(client: Any, body: Any = LIST, **headers: str) -> httpx.Response:
    """One MCP request as it stands on the wire, by the protocol of 2025."""
    response: httpx.Response = client.post("/mcp", json=body, headers=ACCEPTS | headers)
    return response


def names(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [tool["name"] for tool in response.json()["result"]["tools"]]


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Running]:
    """A service in process with a search key, an administration key, and limits."""
    world = World(tmp_path)
    first = world.add_release(world.add_version("north"), NAMED, served=True)
    second = world.add_release(world.add_version("south"), NAMED)
    settings: dict[str, Any] = {
        "search_keys": "seek",
        "admin_key": "rule",
        "auth_failures_per_minute": 3,
        "rate_limit_per_minute": 4,
    }
    with running(world, first, second, **settings) as found:
        yield found


def test_without_a_search_key_there_is_a_problem_and_no_answer(locked: Running) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic seek"}):
        refused = post(locked.client, **headers)
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "VIVIER_SEARCH_KEYS" in refused.json()["detail"]
    for _ in range(2):
        post(locked.client, authorization="Bearer wrong")
    assert post(locked.client, authorization="Bearer seek").status_code == 429  # too many wrong ones came from there


def test_only_the_administration_key_shows_the_tool_that_writes(locked: Running) -> None:
    assert "switch_release" not in names(post(locked.client, authorization="Bearer seek"))
    assert "switch_release" in names(post(locked.client, authorization="Bearer rule"))
    switch = CALL | {"params": {"name": "switch_release", "arguments": {"version": "2"}}}
    refused = post(locked.client, switch, authorization="Bearer seek").json()
    assert refused["error"]["message"] == "No tool has this name; tools/list names them."
    assert locked.client.get("/health").json()["release"]["model_version"] == 1
    done = post(locked.client, switch, authorization="Bearer rule").json()["result"]["structuredContent"]
    assert (done["previous"], done["serving"]) == (locked.releases[0].id, locked.releases[1].id)
    assert locked.client.get("/health").json()["release"]["model_version"] == 2


def test_without_an_administration_key_set_nobody_has_the_tool(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world) as open_to_all:  # its own routes would let this loopback caller administrate
        for headers in ({}, {"authorization": "Bearer "}, {"authorization": "Bearer rule"}):
            assert "switch_release" not in names(post(open_to_all.client, **headers))


def test_guessing_the_administration_key_is_counted_where_searching_needs_none(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, admin_key="rule", auth_failures_per_minute=3) as guessed:
        for guess in ("a", "b", "c"):
            assert "switch_release" not in names(post(guessed.client, authorization=f"Bearer {guess}"))
        assert post(guessed.client, authorization="Bearer rule").status_code == 429
        assert post(guessed.client).status_code == 200


def test_what_tools_ask_is_counted_as_searches_of_the_caller(locked: Running) -> None:
    for _ in range(6):
        assert post(locked.client, authorization="Bearer seek").status_code == 200  # listing asks nothing
    told = [post(locked.client, CALL, authorization="Bearer seek").json()["result"] for _ in range(5)]
    assert [one["isError"] for one in told] == [False] * 4 + [True]
    assert "4 a minute are allowed" in told[-1]["content"][0]["text"]
    assert "Ask again in" in told[-1]["content"][0]["text"]
    assert not post(locked.client, CALL, authorization="Bearer rule").json()["result"]["isError"]  # another caller
    metrics = locked.client.get("/metrics").text
    assert 'route="/mcp",status="200"} 12.0' in metrics
    assert 'route="/agent_search",status="200"} 5.0' in metrics


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "talents.example:8443"])
@pytest.mark.parametrize("origin", ["", "http://localhost:3000", "https://talents.example:8443"])
def test_it_answers_to_its_own_names(service: Running, host: str, origin: str) -> None:
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert post(service.client, **headers).status_code == 200


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (421, {"host": "evil.example"}),
        (421, {"host": "localhost.evil.example:8000"}),
        (421, {"host": "talents.example"}),
        (403, {"origin": "https://evil.example"}),
        (403, {"origin": "null"}),
        (403, {"origin": "http://localhost.evil.example"}),
        (400, {"content-type": "text/plain"}),
    ],
)
def test_foreign_hosts_and_pages_get_a_problem(service: Running, status: int, headers: dict[str, str]) -> None:
    refused = post(service.client, **headers)
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"
    if status != 400:
        assert "VIVIER_ALLOWED_HOSTS" in refused.json()["detail"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that has one more name."""
    world = World(tmp_path_factory.mktemp("hosts"))
    world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, allowed_hosts="talents.example:8443", max_body_bytes=20_000) as found:
        yield found


def test_callers_behind_a_proxy_are_counted_one_by_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, trusted_proxies="127.0.0.1", rate_limit_per_minute=2) as behind:

        def fails(caller: str) -> bool:
            headers = {"x-forwarded-for": f"203.0.113.9, {caller}"}
            return bool(post(behind.client, CALL, **headers).json()["result"]["isError"])

        assert [fails("192.0.2.1") for _ in range(3)] == [False, False, True]
        assert [fails("192.0.2.2") for _ in range(3)] == [False, False, True]


def test_who_left_is_in_no_answer(locked: Running) -> None:
    key = {"authorization": "Bearer rule"}
    assert "cyr-volt" in post(locked.client, CALL, **key).text
    assert locked.client.delete("/profiles/cyr-volt", headers=key).status_code == 202
    assert "cyr-volt" not in post(locked.client, CALL, **key).text
    read = {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "vivier://profiles/cyr-volt"}}
    assert post(locked.client, read, **key).json()["error"]["message"].startswith("No profile has this login")


def test_a_request_and_what_its_tools_ask_have_one_id(service: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="vivier.access")
    answer = post(service.client, CALL, **{"x-request-id": "one-and-the-same"})
    assert answer.headers["x-request-id"] == "one-and-the-same"
    lines = [line.getMessage() for line in caplog.records if "one-and-the-same" in line.getMessage()]
    assert [line.split(" ")[1] for line in lines] == ["/agent_search", "/mcp"]


def test_many_may_ask_at_once(url: str) -> None:
    async def ask(client: Client) -> list[Any]:
        needs = [{"query": word, "limit": 1} for word in ("motor", "maps", "queue", "carillon") * 4]
        return await asyncio.gather(*(client.call_tool("search_people", need) for need in needs))

    found = [answer.structured_content["people"][0]["login"] for answer in talk(over_http(url), ask)]
    assert found == found[:4] * 4
    assert len(set(found)) > 2


def test_hosts_are_named_with_a_port_or_without() -> None:
    assert _host_patterns(" Vivier.Example, [2001:db8::1]:8443,b.example:1")[6:] == [
        *("vivier.example", "vivier.example:*", "[2001:db8::1]:8443", "b.example:1"),
    ]
    assert "localhost:*" in _host_patterns("")
    for wrong in ("https://vivier.example", "a b", "*", "a/b", "a:b"):
        with pytest.raises(InputError, match="VIVIER_ALLOWED_HOSTS"):
            _host_patterns(wrong)


def test_nothing_is_kept_between_requests(service: Running) -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    answer = post(service.client, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
    assert answer.json()["result"]["serverInfo"]["name"] == "vivier"
    assert "mcp-session-id" not in answer.headers
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]
    assert "search_people" in names(post(service.client, **{"mcp-session-id": "whatever"}))
    for method in ("GET", "DELETE"):
        refused = service.client.request(method, "/mcp", headers=ACCEPTS)
        assert (refused.status_code, refused.headers["content-type"]) == (405, "application/problem+json")


def test_bodies_have_the_limits_of_every_other_route(service: Running) -> None:
    large = CALL | {"params": SEARCH | {"arguments": {"query": "x" * 30_000}}}
    refused = post(service.client, large)
    assert (refused.status_code, refused.headers["content-type"]) == (413, "application/problem+json")
    assert post(service.client, [LIST] * 3).status_code == 400
    broken = service.client.post("/mcp", content=b"{", headers=ACCEPTS | {"content-type": "application/json"})
    assert broken.status_code == 400


def test_a_search_that_takes_too_long_is_an_error_of_the_tool(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, request_seconds=0.000_001) as hasty:
        told = post(hasty.client, CALL).json()["result"]
    assert told["isError"]
    assert "No answer was found within" in told["content"][0]["text"]


def test_without_a_release_tools_say_so(tmp_path: Path) -> None:
    with running(World(tmp_path)) as empty:
        told = post(empty.client, CALL).json()["result"]
    assert told["isError"]
    assert "release" in told["content"][0]["text"]


def test_no_query_login_or_text_is_written_down(url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def ask(client: Client) -> None:
        await client.call_tool("search_people", {"query": "zygote carillon", "limit": 1})
        await client.call_tool("search_people", {"query": "zygote", "version": "zygote"})
        await client.call_tool("search_people", {"query": "zygote", "filters": {"zygote": 1}})
        await client.call_tool("similar_people", {"login": "ada-lumen", "limit": 1})
        await client.read_resource("vivier://profiles/ada-lumen")
        for address in ("vivier://profiles/zygote", "vivier://zygote"):
            with pytest.raises(MCPError):
                await client.read_resource(address)

    caplog.set_level(logging.WARNING, logger="mcp")  # as the service sets it
    caplog.set_level(logging.WARNING, logger="httpx")
    caplog.set_level(logging.WARNING, logger="httpx2")
    caplog.set_level(logging.INFO)
    for mode in ("auto", "legacy"):
        talk(over_http(url, mode=mode), ask)
    assert "/mcp 200" in caplog.text
    for word in ("zygote", "ada-lumen", "carillon"):
        assert word not in caplog.text


def test_what_nobody_foresaw_names_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path)
    world.add_release(world.add_version("north"), NAMED, served=True)

    def broken(found: dict[str, Any]) -> None:
        raise KeyError(f"{found} about ada-lumen")

    monkeypatch.setattr("service.mcp_server.rendering.plan", broken)
    with running(world) as service:
        told = post(service.client, CALL).json()
    assert told["error"]["message"] == "Something went wrong here; the log has where."
    assert "unexpected KeyError in an MCP request" in caplog.text


def test_a_real_client_with_a_key_searches_and_one_without_does_not(keyed: str) -> None:
    async def search(client: Client) -> str:
        answer = await client.call_tool("search_people", {"query": "embedded motor", "limit": 1})
        assert isinstance(answer.content[0], TextContent)
        return answer.content[0].text

    assert "cyr-volt" in talk(over_http(keyed, key="seek"), search)
    with pytest.RaisesGroup(MCPError, flatten_subgroups=True):
        talk(over_http(keyed, key="wrong"), search)


def test_a_service_that_no_assistant_calls_has_not_imported_the_sdk() -> None:
    check = "import sys, vivier, service.app; assert 'mcp' not in sys.modules; assert 'mcp_types' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True)
