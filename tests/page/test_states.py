"""What the page says when there is nobody, no answer, no right or no time, and that nothing jumps meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.page.browsing import RUST, answer_with
from tests.page.conftest import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) window.shifted += one.value;
    }).observe({ type: 'layout-shift', buffered: true });
"""


def test_offline_keeps_what_was_found_and_comes_back(visit: Visitor) -> None:
    here = visit(expected=("ERR_INTERNET_DISCONNECTED",))
    page = here.open(RUST)
    shown = here.logins()
    page.context.set_offline(True)
    page.fill("#need", "maps in the browser")
    page.press("#need", "Enter")
    expect(page.locator(".state.problem")).to_contain_text("The service does not answer")
    assert here.logins() == shown
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".state.problem")).to_have_count(0)
    expect(page.locator(".notice")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "title"), [(429, "Too many searches just now"), (503, "The service cannot answer just now")]
)
def test_a_service_that_is_busy_is_asked_again_when_it_said(visit: Visitor, status: int, title: str) -> None:
    """The countdown is the service's own; a button does not wait for it."""
    here = visit(expected=(str(status),))
    page = here.page
    asked = answer_with(page.context, "/agent_search", status, {"Retry-After": "2"})
    page.goto(f"{here.url}/ui#q=Rust")
    expect(page.locator(".state.problem")).to_contain_text(title)
    expect(page.locator(".retry [role=timer]")).to_contain_text("by itself in")
    page.context.unroute("**/agent_search")
    expect(page.locator(".results .person").first).to_be_visible()
    assert asked


def test_a_search_key_is_asked_for_and_kept_with_the_tab(visit: Visitor) -> None:
    here = visit(expected=("401",))
    page = here.page
    given: list[str | None] = []

    def guard(route: Route) -> None:
        given.append(route.request.headers.get("authorization"))
        if given[-1] == "Bearer let-me-in":
            route.continue_()
        else:
            route.fulfill(
                status=401, json={"title": "A key is needed", "status": 401, "detail": "Searching needs one."}
            )

    page.context.route("**/agent_search", guard)
    page.goto(f"{here.url}/ui#q=Rust")
    field = page.get_by_label("Search key")
    expect(field).to_have_attribute("type", "password")
    field.fill("let-me-in")
    page.get_by_role("button", name="Use this key").click()
    here.settle()
    assert given[0] is None
    assert given[-1] == "Bearer let-me-in"
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"
    assert "let-me-in" not in page.url


def test_a_degraded_service_says_what_is_away(visit: Visitor) -> None:
    here = visit()
    page = here.page

    def degraded(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "status": "degraded", "mlflow": "unreachable"})

    page.context.route("**/health", degraded)
    here.open(RUST)
    expect(page.locator(".notice.warning")).to_contain_text("The model registry is away.")
    assert len(here.logins()) == 10


def test_while_people_are_looked_for_their_place_is_kept(visit: Visitor) -> None:
    """The answer falls into the room that was kept for it: what is on the screen stays where it is."""
    here = visit()
    page = here.page
    waiting: list[Route] = []
    page.context.route("**/agent_search", lambda route: waiting.append(route))
    page.add_init_script(SHIFTS)
    page.goto(f"{here.url}/ui#q=maps")
    expect(page.locator(".skeleton").first).to_be_visible()
    page.wait_for_timeout(600)
    waiting[0].continue_()
    here.settle()
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifted") < 0.1


def test_a_broken_answer_is_said_and_no_more(visit: Visitor) -> None:
    here = visit(expected=("500", "502"))
    page = here.page
    answer_with(page.context, "/agent_search", 500)
    page.goto(f"{here.url}/ui#q=Rust")
    expect(page.locator(".state.problem")).to_contain_text("Something went wrong at the service")


def test_a_link_that_somebody_garbled_is_a_page_all_the_same(visit: Visitor) -> None:
    """Whatever stands behind the "#": what is not understood is left out."""
    here = visit()
    page = here.page
    for fragment in (
        "q=Rust&plan={broken",
        'q=Rust&plan={"required":7,"__proto__":[1]}',
        "people=-1&view=<x>&q=Rust",
        "%E0%A4",
    ):
        page.goto(f"{here.url}/ui#{fragment}")
        page.reload()
        expect(page.locator("#need")).to_be_visible()
    assert page.evaluate("({}).required") is None
