"""The page's own small functions, in the browser that runs them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from service.csv_answers import _cell
from tests.page.conftest import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


@pytest.fixture
def page(visit: Visitor) -> Page:
    return visit().open()


def call(page: Page, module: str, expression: str, given: Any = None) -> Any:
    """What an expression over a module's exports (`it`) gives."""
    return page.evaluate(
        f"async (given) => {{ const at = document.querySelector('script[type=module]').src;"
        f" const it = await import(new URL('{module}', at)); return {expression}; }}",
        given,
    )


def test_an_address_is_read_as_it_was_written(page: Page) -> None:
    address = {
        "need": "C++ & C# — été #1 %41",
        "plan": {"required": ["C++"], "seniority": None, "min_followers": 10, "words": "été"},
        "filters": {
            "countries": ["FR"], "cities": ["Paris, Texas"], "languages": ["C#"], "topics": ["a=b"], "exclude": ["x"],
            "min_followers": 50, "active_since": "2026-01-31", "hireable": False,
        },
        "people": 30, "view": "world", "language": "fr",
    }  # fmt: skip
    assert call(page, "address.js", "it.readAddress('#' + it.writeAddress(given))", address) == address


def test_a_quote_in_pieces_is_the_quote(page: Page) -> None:
    for quote, words, marked in (
        ("Embedded Rust: timers", ["Rust", "Embedded"], ["Embedded", "Rust"]),
        ("trust in rust", ["rust"], ["rust"]),
        ("C++ (and C#) [x]", ["C++", "C#"], ["C++", "C#"]),
        ("été à l'été", ["été"], ["été", "été"]),
        ("nothing", [], []),
    ):
        pieces = call(page, "highlight.js", "it.pieces(...given)", [quote, words])
        assert "".join(piece["text"] for piece in pieces) == quote
        assert [piece["text"] for piece in pieces if piece["isMatch"]] == marked


def test_a_cell_is_written_as_the_service_writes_it(page: Page) -> None:
    """One rule in two languages: this holds the second to the first."""
    texts = [
        "=1",
        "+1",
        "-1",
        "@a",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "plain",
        'a "quote", and more',
        "eve@evil.example",
        "a\nb",
        "",
    ]
    for text, written in zip(texts, call(page, "spreadsheet.js", "given.map(it.cell)", texts), strict=True):
        cell = str(_cell(text))
        quoted = '"' + cell.replace('"', '""') + '"'
        assert written == (quoted if any(one in cell for one in '",\r\n') else cell)


def test_a_chip_that_moves_leaves_the_rest_of_the_plan_alone(page: Page) -> None:
    plan = {"required": ["Rust"], "preferred": ["Go"], "excluded": [], "places": ["Lyon"], "languages": ["Rust", "Go"],
            "like": [], "words": "Rust, embedded"}  # fmt: skip
    moved = call(page, "plan.js", "it.moved(...given)", [plan, {}, "Rust", "required", "preferred"])
    assert moved == {"required": [], "preferred": ["Go", "Rust"]}
    gone = call(page, "plan.js", "it.moved(...given)", [plan, {}, "Rust", "required"])
    assert gone["required"] == []
    assert gone["languages"] == ["Go"]  # the service would put a language that is named nowhere else among the wishes
    assert "Rust" not in gone["words"]


def test_only_web_addresses_become_links(page: Page) -> None:
    texts = ["https://github.com/a", "javascript:alert(1)", "data:text/html,x", "", "//x", "HTTP://example.org"]
    assert call(page, "people/links.js", "given.map(it.isWebAddress)", texts) == [
        True,
        False,
        False,
        False,
        False,
        True,
    ]
