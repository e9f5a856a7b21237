"""The service as the tools see it: its HTTP contract, asked through one client, whichever way that reaches it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from service.mcp_server.people_text import written

MOST_DETAIL = 600
_KEY_HINT = " `vivier mcp` takes the key from VIVIER_SEARCH_KEY, or VIVIER_ADMIN_KEY, in its environment."

JsonObject = dict[str, Any]


class Refused(Exception):
    """The service did not answer what was asked; the sentence says why and what to do."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status  # None: nobody answered


class Contract:
    """The routes that assistants may use, each a call; whatever goes wrong is a Refused."""

    def __init__(self, client: httpx.AsyncClient, *, takes_keys_from_environment: bool = False) -> None:
        self._client = client
        self._hint = _KEY_HINT if takes_keys_from_environment else ""

    async def search(self, body: JsonObject) -> JsonObject:
        """`POST /agent_search`."""
        return await self._ask("POST", "/agent_search", json=body)

    async def compare(self, body: JsonObject) -> JsonObject:
        """`POST /agent_search/compare`."""
        return await self._ask("POST", "/agent_search/compare", json=body)

    async def profile(self, login: str) -> JsonObject:
        """`GET /profiles/{login}`."""
        return await self._ask("GET", f"/profiles/{quote(login, safe='')}")

    async def similar(self, login: str, params: JsonObject) -> JsonObject:
        """`GET /profiles/{login}/similar`."""
        return await self._ask("GET", f"/profiles/{quote(login, safe='')}/similar", params=params)

    async def models(self) -> JsonObject:
        """`GET /models/info`."""
        return await self._ask("GET", "/models/info")

    async def switch(self, version: str, policy: str) -> JsonObject:
        """`POST /models/load/{version}`, which takes the time it takes."""
        path = f"/models/load/{quote(version, safe='')}"
        return await self._ask("POST", path, params={"policy": policy}, timeout=600)

    async def _ask(self, method: str, path: str, **options: Any) -> JsonObject:
        where = str(self._client.base_url).rstrip("/")
        try:
            response = await self._client.request(method, path, **options)
        except httpx.TimeoutException as error:
            raise Refused(f"The service at {where} took too long to answer; try again later.") from error
        except httpx.HTTPError as error:
            raise Refused(
                f"The service at {where} does not answer ({type(error).__name__}): start it with `vivier serve`, or "
                "name its address in VIVIER_URL."
            ) from error
        answer = _object_of(response)
        if response.is_success and answer is not None:
            return answer
        raise Refused(self._sentence(response, answer, where), response.status_code)

    def _sentence(self, response: httpx.Response, answer: JsonObject | None, where: str) -> str:
        detail = written(answer.get("detail"), MOST_DETAIL) if answer is not None else None
        if detail is None:
            return f"What answers at {where} is not Vivier, or is not well (status {response.status_code})."
        if response.status_code in (401, 403):
            return detail + self._hint
        wait = response.headers.get("retry-after", "")
        return f"{detail} (Ask again in {wait} s.)" if wait.isdigit() else detail


def _object_of(response: httpx.Response) -> JsonObject | None:
    try:
        answer = response.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
