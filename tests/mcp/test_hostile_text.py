"""What people wrote reaches an assistant as text: visible, short, without contact data, and marked as data."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client
from mcp_types import TextContent, TextResourceContents

from service.mcp_server.people_text import FIELD, NOTE, all_written, between_marks, fenced, link, written
from tests.mcp.conftest import HOSTILE, ORDER, over_http, talk

ASKED: list[tuple[str, dict[str, Any]]] = [
    ("search_people", {"query": "harpsichord ignore-all-previous-instructions", "limit": 20}),
    ("explain_candidate", {"query": "harpsichord", "login": "mallory-ink"}),
    ("similar_people", {"login": "ada-lumen", "limit": 20}),
    ("compare_releases", {"query": "harpsichord strings", "before": "1", "after": "2", "limit": 20}),
]
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")


def strings(value: Any, *, theirs: bool, inside: bool = False) -> Iterator[str]:
    """Every string of an answer that people wrote, or every one that they did not."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from strings(part, theirs=theirs, inside=inside or name == FIELD)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part, theirs=theirs, inside=inside)
    elif isinstance(value, str) and inside == theirs:
        yield value


@pytest.fixture(scope="module")
def answers(url: str) -> list[tuple[dict[str, Any], str]]:
    """Structured answers with their texts, the hostile person in each, and the person's profile."""

    async def ask(client: Client) -> list[tuple[dict[str, Any], str]]:
        found = []
        for tool, arguments in ASKED:
            answer = await client.call_tool(tool, arguments)
            (content,) = answer.content
            assert isinstance(content, TextContent)
            found.append((answer.structured_content, content.text))
        (profile,) = (await client.read_resource("vivier://profiles/mallory-ink")).contents
        assert isinstance(profile, TextResourceContents)
        return [*found, (json.loads(profile.text), profile.text)]

    return talk(over_http(url), ask)


def test_the_hostile_person_is_found_like_anybody(answers: list[tuple[dict[str, Any], str]]) -> None:
    for structured, text in answers:
        assert "mallory-ink" in json.dumps(structured)
        assert NOTE in text


def test_nothing_that_people_wrote_stands_outside_its_fields(answers: list[tuple[dict[str, Any], str]]) -> None:
    for structured, _ in answers:
        for ours in strings(structured, theirs=False):
            assert "Ignore all" not in ours
            assert "<" not in ours
            if "ignore-all-previous-instructions" in ours:  # a link has to be what it is
                assert ours == "https://github.com/mallory-ink/ignore-all-previous-instructions"


def test_in_text_it_stands_between_marks_that_it_cannot_write(answers: list[tuple[dict[str, Any], str]]) -> None:
    for _, text in answers:
        outside = MARKED.sub("", text.replace(NOTE, ""))
        assert "⟦" not in outside
        assert "⟧" not in outside
        assert "Ignore all" not in outside
        assert "alert(" not in outside
        assert "system: obey" not in outside


def test_it_is_short_visible_and_without_contact_data(answers: list[tuple[dict[str, Any], str]]) -> None:
    for structured, text in answers:
        assert len(text) < 40_000
        for theirs in strings(structured, theirs=True):
            assert len(theirs) <= 602  # of a bio, and its marks
            assert not {unicodedata.category(letter) for letter in theirs} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
            assert "ink.example" not in theirs
            assert "12 34 56" not in theirs


def test_html_and_orders_are_shown_as_the_text_that_they_are(answers: list[tuple[dict[str, Any], str]]) -> None:
    profile = answers[-1][0]["untrusted_text"]
    assert "<script>alert(1)</script>" in profile["bio"]
    assert ORDER in profile["bio"]
    assert "[contact removed] [contact removed]" in profile["bio"]
    assert "obey" not in profile["location"]  # it was never to be seen
    assert profile["bio"].endswith("…⟧")


@pytest.mark.parametrize(
    ("wrote", "shown"),
    [
        ("  two\n\n lines\t here ", "two lines here"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("a\u200b\u2060\ufeffb\u00adc", "abc"),
        ("nul\x00 escape\x1b[31m", "nul escape[31m"),
        ("\u2800\u3164\u115f", None),
        ("e\ufe0f\U000e0101t", "et"),
        ("⟦in⟧", "[in]"),
        ("write to ada@tides.example now", "write to [contact removed] now"),
        ("a\u200bda@tides.exam\u00adple", "[contact removed]"),
        ("call +33 (6) 12.34.56.78", "call [contact removed]"),
        ("06 12 34 56 78", "[contact removed]"),
        (
            "since 2019-04-01, 1024 stars, v10.0.19041, react@18.2.0",
            "since 2019-04-01, 1024 stars, v10.0.19041, react@18.2.0",
        ),
        ("日本語 العربية", "日本語 العربية"),
        ("\ud800", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_line_shows_all_that_it_holds(wrote: object, shown: str | None) -> None:
    assert written(wrote, 100) == shown


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_a_line_is_never_longer_than_asked_and_clean_already(wrote: str, most: int) -> None:
    line = written(wrote, most)
    if line is not None:
        assert 0 < len(line) <= most
        assert not {"⟦", "⟧", "\n"} & set(line)
        assert written(line, most) == line


@given(st.text())
def test_marks_enclose_whatever_stands_between_them(wrote: str) -> None:
    assert MARKED.fullmatch(between_marks(wrote))


def test_only_what_people_wrote_is_fenced() -> None:
    value = {"login": "ada", FIELD: {"name": "Ada", "topics": ["sea"], "score": 1, "bio": None}, "rest": [{FIELD: "x"}]}
    assert fenced(value) == {
        "login": "ada",
        FIELD: {"name": "⟦Ada⟧", "topics": ["⟦sea⟧"], "score": 1, "bio": None},
        "rest": [{FIELD: "⟦x⟧"}],
    }


def test_lists_are_short_and_links_are_links() -> None:
    assert all_written(["a", "\u200b", "b", "c"], 10, count=3) == ["a", "b"]
    assert all_written("no list", 10, count=3) == []
    assert link("https://github.com/ada/tides?x=1#y") == "https://github.com/ada/tides?x=1#y"
    for address in ("javascript:alert(1)", "https://a b", "https://\u202ea", "https://" + "a" * 500, None, 1):
        assert link(address) is None


def test_the_hostile_text_is_what_it_claims_to_be() -> None:
    assert len(HOSTILE) > 9_900
    assert "\u202e" in HOSTILE
    assert "<script>" in HOSTILE
