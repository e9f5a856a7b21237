"""Asking, changing what was understood, filtering, and the address that holds it all."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.browsing import RUST
from tests.page.conftest import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


def test_an_example_is_one_click_away_from_people(visit: Visitor) -> None:
    """What somebody who does not know the page yet does first."""
    here = visit()
    page = here.open()
    page.get_by_role("button", name=RUST).click()
    here.settle()
    expect(page.locator("#need")).to_have_value(RUST)
    assert len(here.logins()) == 10
    expect(page.locator("[role=status]").last).to_contain_text("people shown of")


def test_what_was_understood_is_shown_and_a_moved_chip_searches_again(visit: Visitor) -> None:
    """Required becomes preferred: more people may be found than before."""
    here = visit()
    page = here.open(RUST)
    expect(page.locator(".group.required")).to_contain_text("Rust")
    expect(page.locator(".group.excluded")).to_contain_text("Blockchain")
    before = page.locator("#results-title").inner_text()
    page.get_by_role("button", name="Rust (programming language): change").click()
    page.get_by_role("menuitem", name="Nice to have").click()
    expect(page.locator(".group.preferred")).to_contain_text("Rust")
    expect(page.locator(".group.required")).to_have_count(0)
    expect(page.locator("#results-title")).not_to_have_text(before)
    page.get_by_role("button", name="Back to what was read").click()
    expect(page.locator(".group.required")).to_contain_text("Rust")
    expect(page.locator("#results-title")).to_have_text(before)


def test_a_chip_is_removed_and_one_is_added(visit: Visitor) -> None:
    here = visit()
    page = here.open(RUST)
    page.get_by_role("button", name="Remove Blockchain", exact=True).click()
    expect(page.locator(".group.excluded")).to_have_count(0)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Skill, language or place").fill("Python")
    page.get_by_label("As", exact=True).select_option("excluded")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".group.excluded")).to_contain_text("Python")
    here.settle()
    assert "Python" in page.evaluate("decodeURIComponent(location.hash)")


def test_filters_have_counts_and_narrow_the_list(visit: Visitor) -> None:
    """The number beside an entry is how many people there are with it."""
    here = visit()
    page = here.open("maps in the browser")
    france = page.locator("label.option", has_text="France")
    count = france.locator(".people-count").inner_text()
    france.locator("input").check()
    expect(page.locator("#results-title")).to_have_text(f"{count} people")
    assert "countries=FR" in page.url
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator("#results-title")).not_to_have_text(f"{count} people")


def test_without_counts_the_filters_filter_all_the_same(visit: Visitor) -> None:
    here = visit(expected=("404",))
    here.page.context.route("**/agent_search/facets", lambda route: route.fulfill(status=404, json={}))
    page = here.open("maps in the browser")
    page.get_by_label("Another country").fill("France")
    page.get_by_label("Another country").press("Enter")
    expect(page.locator("label.option", has_text="France").locator("input")).to_be_checked()
    expect(page.locator(".people-count")).to_have_count(0)


def test_the_address_holds_the_search_for_back_reload_and_sharing(visit: Visitor) -> None:
    """Nothing of it stands before the "#": servers on the way never see it."""
    here = visit()
    page = here.open("maps in the browser")
    first = here.logins()
    here.search(RUST)
    expect(page.locator(".group.required")).to_contain_text("Rust")
    second, shared = here.logins(), page.url
    assert shared.split("#")[0] == f"{here.url}/ui"
    page.go_back()
    expect(page.locator("#need")).to_have_value("maps in the browser")
    here.settle()
    assert here.logins() == first
    page.go_forward()
    expect(page.locator("#need")).to_have_value(RUST)
    page.reload()
    here.settle()
    assert here.logins() == second
    other = visit()
    other.page.goto(shared)
    other.settle()
    assert other.logins() == second


def test_more_people_follow_the_first_ten_and_a_reload_shows_them_again(visit: Visitor) -> None:
    here = visit()
    page = here.open("maps in the browser")
    page.get_by_role("button", name="More people").click()
    expect(page.locator(".results .person")).to_have_count(20)
    shown = here.logins()
    assert len(set(shown)) == 20
    page.reload()
    expect(page.locator(".results .person")).to_have_count(20)
    assert here.logins() == shown


def test_a_whole_advertisement_can_be_pasted(visit: Visitor) -> None:
    """Lines stay lines until Enter, and the words that changed nothing are named."""
    advertisement = "\n".join(
        [
            "Data engineer (m/f/d)",
            "We are a friendly team of eleven in Amsterdam and offer fruit on Thursdays.",
            "You must know Python and PostgreSQL. Kafka is a plus. No agencies.",
            "We value curiosity, and our office has a slide. " * 20,
        ]
    )
    here = visit()
    page = here.open()
    page.fill("#need", advertisement)
    assert page.locator("#need").evaluate("field => field.clientHeight") > 100
    page.press("#need", "Enter")
    here.settle()
    expect(page.locator(".group.required")).to_contain_text("Python")
    expect(page.locator("#need")).to_have_value(advertisement.strip())


def test_nobody_found_comes_with_the_change_that_finds_somebody(visit: Visitor) -> None:
    here = visit()
    page = here.open("Rust", more="languages=Zzzz")
    take = page.get_by_role("button", name="Make this change")
    expect(take).to_be_visible()
    take.click()
    expect(page.locator(".results .person").first).to_be_visible()


def test_what_was_loosened_stands_above_the_list(visit: Visitor) -> None:
    here = visit()
    page = here.open("maps in the browser", more="min_followers=900000")
    expect(page.locator(".relaxed")).to_contain_text("fewer followers")
    french = visit(language="fr-FR")
    expect(french.open("cartes", more="min_followers=900000").locator(".relaxed")).to_contain_text("moins d’abonnés")


def test_a_wrong_value_is_named_where_it_was_given(visit: Visitor) -> None:
    here = visit(expected=("422",))
    page = here.page
    page.goto(f"{here.url}/ui#q=Rust&countries=Atlantis")
    expect(page.locator(".filter .field-problem")).to_contain_text("no such place is known")
    page.locator("label.option", has_text="Atlantis").locator("input").click()
    expect(page.locator(".results .person").first).to_be_visible()
