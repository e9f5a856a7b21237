"""What an assistant sees is the same over standard input and output and over HTTP, by the old protocol and the new."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import CallToolResult, TextContent, TextResourceContents, Tool

from service.mcp_server.people_text import NOTE
from service.mcp_server.rendering import MOST_CHARACTERS
from tests.mcp.conftest import Connected, over_http, over_stdio, talk

READING = ["search_people", "explain_candidate", "similar_people", "compare_releases", "list_releases"]
MOTOR = {"query": "embedded motor control in Rust"}
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "search": ("search_people", MOTOR | {"limit": 2}),
    "filtered": (
        "search_people",
        {"query": "maps", "filters": {"countries": ["France"], "active_since": "2026-08-01"}, "relax": False},
    ),
    "planned": ("search_people", {"query": "motor control", "plan": {"preferred": ["Python"]}, "limit": 3}),
    "as text": ("search_people", {"query": "maps", "filters": '{"countries": ["FR"]}', "limit": 3}),
    "second page": ("search_people", MOTOR | {"limit": 1, "offset": 1}),
    "other release": ("search_people", MOTOR | {"limit": 1, "version": "2"}),
    "wordy": ("search_people", {"query": "carillon", "limit": 20}),
    "explain": ("explain_candidate", MOTOR | {"login": "Cyr-Volt"}),
    "far away": ("explain_candidate", MOTOR | {"login": "fay-words", "plan": {"required": ["Rust"]}}),
    "nobody": ("explain_candidate", MOTOR | {"login": "nobody-here"}),
    "similar": ("similar_people", {"login": "cyr-volt", "limit": 2, "exclude": ["bo-quill"]}),
    "compare": ("compare_releases", MOTOR | {"before": "1", "after": "2", "limit": 3}),
    "releases": ("list_releases", {}),
    "too many": ("search_people", MOTOR | {"limit": 21}),
    "misspelt": ("search_people", MOTOR | {"limits": 2}),
    "no such release": ("search_people", MOTOR | {"version": "17"}),
    "a way up": ("similar_people", {"login": ".."}),
}
ADDRESSES = ["vivier://profiles/ada-lumen", "vivier://releases", "vivier://releases/2", "vivier://releases/champion"]
MISSING = ["vivier://profiles/nobody-here", "vivier://releases/17", "vivier://profiles/..", "file:///etc/passwd"]


@dataclass(slots=True)
class Conversation:
    """Everything one client was told."""

    version: str
    tools: list[Tool]
    answers: dict[str, CallToolResult] = field(default_factory=dict)
    contents: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    prompts: dict[str, str] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)

    def found(self, name: str) -> dict[str, Any]:
        """The structured answer to a call that went well."""
        answer = self.answers[name]
        assert not answer.is_error, answer.content
        structured: dict[str, Any] = answer.structured_content
        return structured

    def text(self, name: str) -> str:
        """The text of an answer."""
        (content,) = self.answers[name].content
        assert isinstance(content, TextContent)
        return content.text


async def everything(client: Client) -> Conversation:
    said = Conversation(client.protocol_version, (await client.list_tools()).tools)
    for name, (tool, arguments) in CALLS.items():
        said.answers[name] = await client.call_tool(tool, arguments)
    for address in ADDRESSES:
        (content,) = (await client.read_resource(address)).contents
        assert isinstance(content, TextResourceContents)
        said.contents[address] = json.loads(content.text)
    for address in MISSING:
        with pytest.raises(MCPError) as refused:
            await client.read_resource(address)
        said.refusals[address] = str(refused.value)
    for prompt in (await client.list_prompts()).prompts:
        filled = await client.get_prompt(prompt.name, {"advertisement": "A Go developer ⟧ in {Lyon}", "people": "3"})
        assert isinstance(filled.messages[0].content, TextContent)
        said.prompts[prompt.name] = filled.messages[0].content.text
    said.resources = [one.uri for one in (await client.list_resources()).resources]
    said.templates = [one.uri_template for one in (await client.list_resource_templates()).resource_templates]
    return said


WAYS: dict[str, Callable[[str], Connected]] = {
    "http": over_http,
    "http, as before 2026": lambda url: over_http(url, mode="legacy"),
    "stdio": over_stdio,
    "stdio, as before 2026": lambda url: over_stdio(url, mode="legacy"),
}


@pytest.fixture(scope="module", params=WAYS)
def said(request: pytest.FixtureRequest, url: str) -> Conversation:
    """One conversation each way."""
    return talk(WAYS[request.param](url), everything)


@pytest.fixture(scope="module")
def reference(url: str) -> Conversation:
    """One of them, to compare the others with."""
    return talk(over_http(url), everything)


def test_every_transport_says_the_same(said: Conversation, reference: Conversation) -> None:
    assert [tool.model_dump() for tool in said.tools] == [tool.model_dump() for tool in reference.tools]
    for name, answer in said.answers.items():
        other = reference.answers[name]
        assert (answer.structured_content, answer.is_error) == (other.structured_content, other.is_error), name
        assert said.text(name) == reference.text(name)
    for part in ("contents", "refusals", "prompts", "resources", "templates"):
        assert getattr(said, part) == getattr(reference, part)


def test_both_protocols_are_spoken(url: str) -> None:
    async def version(client: Client) -> str:
        return client.protocol_version

    assert talk(over_http(url), version) == "2026-07-28"
    assert talk(over_http(url, mode="legacy"), version) == "2025-11-25"


def test_tools_say_what_they_take_and_give_and_that_they_only_read(reference: Conversation) -> None:
    assert [tool.name for tool in reference.tools] == READING
    for tool in reference.tools:
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema is not None
        assert tool.output_schema["type"] == "object"
        assert tool.annotations is not None
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
        assert tool.annotations.open_world_hint
    search = reference.tools[0]
    assert search.input_schema["properties"]["limit"]["maximum"] == 20
    assert set(search.input_schema["required"]) == {"query"}


def test_people_are_found_with_evidence(reference: Conversation) -> None:
    found = reference.found("search")
    first = found["people"][0]
    assert first["login"] == "cyr-volt"
    assert first["country"] == "FR"
    assert "Rust" in first["skills"]
    assert sum(first["score_parts"].values()) == pytest.approx(first["score"], abs=1e-3)
    assert first["evidence"][0]["url"] == "https://github.com/cyr-volt/motor-hal"
    assert "motor" in first["evidence"][0]["untrusted_text"]["quote"].lower()
    assert found["note"] == NOTE
    assert found["plan"]["languages"] == ["Rust"]
    assert [one["login"] for one in reference.found("filtered")["people"]] == ["ada-lumen"]
    assert reference.found("planned")["plan"]["preferred"] == ["Python"]
    assert reference.found("second page")["people"][0]["rank"] == 2
    assert reference.found("other release")["release"].startswith("v2-")
    assert {one["country"] for one in reference.found("as text")["people"]} == {"FR"}


def test_text_is_the_structured_answer_with_marks(reference: Conversation) -> None:
    for name in CALLS:
        if not reference.answers[name].is_error:
            plain = reference.text(name).replace("⟦", "").replace("⟧", "")
            structured = json.dumps(reference.found(name), ensure_ascii=False).replace("⟦", "").replace("⟧", "")
            assert json.loads(plain) == json.loads(structured)


def test_a_plan_may_be_sent_back_as_it_was(url: str) -> None:
    async def twice(client: Client) -> tuple[Any, Any]:
        first = await client.call_tool("search_people", MOTOR)
        again = await client.call_tool("search_people", MOTOR | {"plan": first.structured_content["plan"]})
        return first.structured_content, again.structured_content

    first, again = talk(over_http(url), twice)
    assert first == again


def test_an_explanation_says_where_somebody_stands_and_why(reference: Conversation) -> None:
    found = reference.found("explain")
    assert found["found"]
    assert found["person"]["login"] == "cyr-volt"
    assert found["sentence"].startswith("Number 1 of ")
    assert len(found["person"]["evidence"]) >= 3
    far = reference.found("far away")
    assert (far["found"], far["person"]) == (False, None)
    assert "vivier://profiles/fay-words" in far["sentence"]


def test_somebody_similar_and_two_releases_are_found(reference: Conversation) -> None:
    similar = reference.found("similar")
    assert len(similar["people"]) == 2
    assert not {"cyr-volt", "bo-quill"} & {one["login"] for one in similar["people"]}
    compared = reference.found("compare")
    assert compared["before"]["release"].startswith("v1-")
    assert compared["after"]["release"].startswith("v2-")
    assert len(compared["before"]["people"]) == 3
    for one in (*compared["entered"], *compared["left"], *compared["moved"]):
        assert one["untrusted_text"]["why"]
    versions = reference.found("releases")["versions"]
    assert [one["version"] for one in versions] == [2, 1]
    assert reference.found("releases")["serving"] == versions[1]["release"]


def test_an_answer_is_bounded_and_says_what_is_missing(reference: Conversation) -> None:
    found = reference.found("wordy")
    assert 5 <= len(found["people"]) < 20
    assert len(json.dumps(found, ensure_ascii=False, separators=(",", ":"))) <= MOST_CHARACTERS
    (cut,) = found["cut"]
    assert cut == f"The last {20 - len(found['people'])} of people are left out; ask for fewer at a time."
    assert all(len(person["evidence"]) <= 3 for person in found["people"])


def test_what_is_wrong_is_said_in_a_sentence(reference: Conversation) -> None:
    wrong = {name: reference.text(name) for name, answer in reference.answers.items() if answer.is_error}
    assert wrong == {
        "nobody": "No profile has this login in the release that serves.",
        "too many": "limit: Input should be less than or equal to 20.",
        "misspelt": "limits: Extra inputs are not permitted.",
        "no such release": wrong["no such release"],
        "a way up": "login: is not a name.",
    }
    assert wrong["no such release"].startswith("No release answers to '17'.")


def test_profiles_and_releases_are_resources(reference: Conversation) -> None:
    profile = reference.contents["vivier://profiles/ada-lumen"]
    assert profile["note"].replace("⟦ and ⟧", "") == NOTE.replace("⟦ and ⟧", "")
    assert profile["untrusted_text"]["bio"] == "⟦I map the sea. Tides, mostly.⟧"
    assert profile["repositories"][0]["untrusted_text"]["description"].startswith("⟦")
    assert reference.templates == ["vivier://profiles/{login}", "vivier://releases/{reference}"]
    assert reference.resources[0] == "vivier://releases"
    second = reference.contents["vivier://releases/2"]
    assert f"vivier://releases/{second['release']}" in reference.resources
    assert (second["is_serving"], reference.contents["vivier://releases/champion"]["is_serving"]) == (False, True)
    assert len(reference.refusals) == len(MISSING)


def test_an_advertisement_becomes_a_prompt_in_two_languages(reference: Conversation) -> None:
    english, french = reference.prompts.values()
    assert english.startswith("Make a shortlist of 3 people")
    assert french.startswith("Établis une présélection de 3 personnes")
    for prompt in (english, french):
        assert "⟦A Go developer ] in {Lyon}⟧" in prompt
        assert "search_people" in prompt


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("shortlist", {"advertisement": "x"}),
        ("shortlist-from-job-advertisement", {}),
        ("shortlist-from-job-advertisement", {"advertisement": "  "}),
        ("shortlist-from-job-advertisement", {"advertisement": "x", "people": "11"}),
        ("shortlist-from-job-advertisement", {"advertisement": "x", "people": "²"}),
    ],
)
def test_a_prompt_that_cannot_be_filled_is_refused(url: str, name: str, arguments: dict[str, str]) -> None:
    async def fill(client: Client) -> None:
        with pytest.raises(MCPError):
            await client.get_prompt(name, arguments)

    talk(over_http(url), fill)
