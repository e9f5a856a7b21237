"""The people found among everybody, by likeness and by place."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.browsing import RUST
from tests.page.conftest import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


def drawn(page: Page) -> Any:
    """A fingerprint of what is on the canvas."""
    return page.locator(".people-canvas").evaluate(
        "canvas => canvas.toDataURL().length + canvas.toDataURL().slice(-2000)"
    )


def next_frame(page: Page) -> None:
    """Wait until what was asked for is painted."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_the_map_moves_by_pointer_wheel_and_keyboard(visit: Visitor) -> None:
    here = visit()
    page = here.open(RUST, more="view=map")
    canvas = page.locator(".people-canvas")
    expect(canvas).to_have_attribute("data-points", "1340")
    next_frame(page)
    whole = drawn(page)
    for act in (
        lambda: canvas.press("ArrowLeft"),
        lambda: canvas.press("+"),
        lambda: (canvas.hover(), page.mouse.wheel(0, -300)),
        lambda: canvas.drag_to(canvas, source_position={"x": 200, "y": 200}, target_position={"x": 260, "y": 240}),
    ):
        before = drawn(page)
        act()
        next_frame(page)
        assert drawn(page) != before
    canvas.press("0")
    page.mouse.move(5, 5)
    next_frame(page)
    assert drawn(page) == whole


def test_a_person_of_the_map_opens_their_card(visit: Visitor) -> None:
    """The list below the map is the same people, for whoever sees no map."""
    here = visit()
    page = here.open(RUST, more="view=map")
    third = page.locator(".map-people button").nth(2)
    name = third.locator("bdi").inner_text()
    third.click()
    card = page.locator(".results .person").nth(2)
    expect(card.locator(".name")).to_have_text(name)
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport()


def test_places_are_counted_on_the_world(visit: Visitor) -> None:
    here = visit()
    page = here.open("cartographie en France", more="view=world")
    expect(page.locator("path.land")).to_have_attribute("d", re.compile("^M.{10000}"))
    shown = [int(one) for one in page.locator(".place text").all_text_contents()]
    assert shown
    assert sum(shown) <= 10
    page.locator(".place-list .link").first.click()
    expect(page.locator(".results .person").first).to_be_visible()


def test_a_release_without_a_map_says_so(visit: Visitor) -> None:
    here = visit(expected=("404",))
    here.page.context.route(
        "**/map?*", lambda route: route.fulfill(status=404, json={"title": "No map", "status": 404})
    )
    page = here.open(RUST, more="view=map")
    expect(page.locator(".state")).to_have_text("This release has no map.")
