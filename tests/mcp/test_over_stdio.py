"""`vivier mcp` as a client starts it: its keys, a service that is away, its output, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import TextContent

from tests.mcp.conftest import over_stdio, talk
from tests.processes import ROOT, environment, free_port, vivier

pytestmark = pytest.mark.e2e
NEED = {"query": "embedded motor", "limit": 1}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


async def look(client: Client) -> tuple[list[str], bool, str]:
    """The tools that there are, and how a search goes."""
    names = [tool.name for tool in (await client.list_tools()).tools]
    answer = await client.call_tool("search_people", NEED)
    assert isinstance(answer.content[0], TextContent)
    return names, answer.is_error, answer.content[0].text


def test_keys_come_from_the_environment(keyed: str) -> None:
    names, failed, text = talk(over_stdio(keyed), look)
    assert failed
    assert "VIVIER_SEARCH_KEY," in text
    assert "switch_release" not in names
    names, failed, text = talk(over_stdio(keyed, VIVIER_SEARCH_KEY="seek"), look)
    assert not failed
    assert "cyr-volt" in text
    assert "switch_release" not in names


def test_only_with_the_administration_key_is_there_a_tool_that_writes(keyed: str) -> None:
    async def switch(client: Client) -> tuple[Any, Any]:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}["switch_release"]
        assert listed.annotations is not None
        assert (listed.annotations.read_only_hint, listed.annotations.destructive_hint) == (False, True)
        refused = await client.call_tool("switch_release", {"version": "17"})
        assert refused.is_error
        done = await client.call_tool("switch_release", {"version": "2"})
        return done.structured_content, (await client.call_tool("list_releases")).structured_content

    done, known = talk(over_stdio(keyed, VIVIER_ADMIN_KEY="rule"), switch)
    assert done["serving"] == known["serving"]
    assert done["serving"].startswith("v2-")
    assert done["previous"].startswith("v1-")

    async def try_it(client: Client) -> None:
        with pytest.raises(MCPError, match="No tool has this name"):
            await client.call_tool("switch_release", {"version": "1"})

    talk(over_stdio(keyed, VIVIER_SEARCH_KEY="seek"), try_it)


def test_a_service_that_is_away_is_said_in_a_sentence() -> None:
    async def look_about(client: Client) -> str:
        with pytest.raises(MCPError, match="does not answer"):
            await client.list_resources()
        return (await look(client))[2]

    url = f"http://127.0.0.1:{free_port()}"
    assert talk(over_stdio(url), look_about) == (
        f"The service at {url} does not answer (ConnectError): start it with `vivier serve`, or name its address in "
        "VIVIER_URL."
    )


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    done = vivier("mcp", "--url", "vivier.example", home=tmp_path, check=False)
    assert done.returncode == 1
    assert "--url: 'vivier.example' is no address" in done.stderr
    assert done.stdout == ""


@contextmanager
def started(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A `vivier mcp` that has greeted."""
    # Where keys would be found if a `.env` counted.
    (tmp_path / ".env").write_text("VIVIER_ADMIN_KEY=rule\nVIVIER_SEARCH_KEY=seek\n", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "vivier.py"), "mcp"],
        env=environment(tmp_path, VIVIER_URL=f"http://127.0.0.1:{free_port()}"),
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert ask(process, HELLO)["result"]["serverInfo"]["name"] == "vivier"
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(process: subprocess.Popen[bytes], body: dict[str, Any]) -> dict[str, Any]:
    """One line in, one line out."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(body).encode() + b"\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def test_it_ends_when_its_input_does_and_writes_nothing_but_the_protocol(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        tools = ask(process, {"jsonrpc": "2.0", "id": 2, "method": "tools/list"})["result"]["tools"]
        assert [tool["name"] for tool in tools if tool["name"] == "switch_release"] == []  # a .env gives no rights
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
        rest, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert (rest, errors) == (b"", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_it_while_it_waits_for_input(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        process.wait(timeout=20)
        assert time.monotonic() - began < 10
        assert process.returncode == 130
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_what_is_no_protocol_is_answered_and_survived(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write(b"hello\n\xff\xfe\n[]\n" + b'{"jsonrpc": "2.0"}\n')
        process.stdin.flush()
        assert ask(process, {"jsonrpc": "2.0", "id": 7, "method": "ping"})["id"] == 7
