"""An assistant on a real service: the same people over both transports, across a switch, and nothing in the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from tests.mcp.conftest import over_http, over_stdio, talk
from tests.processes import serving

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NEED = {"query": "cartographie et données géographiques", "limit": 5}


async def searched(client: Client) -> dict[str, Any]:
    answer = await client.call_tool("search_people", NEED)
    assert not answer.is_error, answer.content
    found: dict[str, Any] = answer.structured_content
    return found


async def switched(client: Client) -> dict[str, Any]:
    answer = await client.call_tool("switch_release", {"version": "2"})
    assert not answer.is_error, answer.content
    return await searched(client)


def test_an_assistant_searches_a_real_release_and_switches_it(tiny_home: Path) -> None:
    with serving(tiny_home, VIVIER_SEARCH_KEYS="seek", VIVIER_ADMIN_KEY="rule") as service:
        before = talk(over_http(service.url, key="seek"), searched)
        assert len(before["people"]) == 5
        assert before["release"].startswith("v1-")
        assert talk(over_stdio(service.url, VIVIER_SEARCH_KEY="seek"), searched) == before
        after = talk(over_stdio(service.url, VIVIER_ADMIN_KEY="rule"), switched)
        assert after["release"].startswith("v2-")
        assert talk(over_http(service.url, key="seek", mode="legacy"), searched) == after
        log = service.log.read_text()
    assert "/mcp 200" in log
    assert not any(word in log for word in ("cartographie", "seek", "session manager", before["people"][0]["login"]))
