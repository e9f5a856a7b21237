"""For everybody: keyboard, screen readers, small screens, both languages, light and dark."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.page.browsing import PHONE, RUST, WIDE
from tests.page.conftest import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


# The dark page is the light one in other colours: there, only these are looked at again.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}


def violations(page: Page, rules: dict[str, Any] = RULES) -> list[str]:
    """What axe finds, each with where."""
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target']} ({one['nodes'][0]['failureSummary']})" for one in found]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing(visit: Visitor, dark: bool, size: tuple[int, int]) -> None:
    here = visit(dark=dark, size=size)
    rules = COLOURS if dark else RULES
    page = here.open()
    assert not violations(page, rules)
    here.search(RUST)
    assert not violations(page, rules)
    first = here.logins()[0]
    page.get_by_role("button", name=f"Add {first} to the shortlist").click()
    for name in ("Shortlist 1", "Releases"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("dialog .panel-body > *").first).to_be_visible()
        expect(page.locator("dialog [aria-busy=true]")).to_have_count(0, timeout=30_000)
        assert not violations(page, rules)
        page.keyboard.press("Escape")
    for view in ("Likeness", "Places"):
        page.get_by_role("button", name=view, exact=True).click()
        expect(page.locator(".map")).to_be_visible()
        assert not violations(page, rules)


def test_everything_is_reached_by_keyboard(visit: Visitor) -> None:
    """Skip link, "/", Enter, a chip's menu with arrows, a panel with Escape that gives the focus back."""
    here = visit()
    page = here.open()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator("body").press("/")
    expect(page.locator("#need")).to_be_focused()
    page.keyboard.type(RUST)
    page.keyboard.press("Enter")
    here.settle()
    opener = page.get_by_role("button", name="Rust (programming language): change")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Nice to have")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Leave out")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.press("Delete")  # the chip goes, and the focus stays in the plan
    expect(page.locator("#plan-title")).to_be_focused()
    expect(page.locator(".group.required")).to_have_count(0)
    here.settle()
    similar = page.get_by_role("button", name=f"People similar to {here.logins()[0]}")
    similar.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(similar).to_be_focused()
    expect(page.locator("dialog")).to_have_count(0)


def test_the_focus_is_seen_wherever_it_goes(visit: Visitor) -> None:
    here = visit()
    page = here.open(RUST)
    for _ in range(25):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "(() => { const one = document.activeElement; const box = one.closest('.need-field') ?? one;"
            " return getComputedStyle(box).outlineStyle; })()"
        )
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")


def test_a_phone_shows_all_of_it_without_scrolling_sideways(visit: Visitor) -> None:
    here = visit(size=PHONE)
    page = here.open(RUST)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.locator(".filters")).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    expect(page.locator(".filters")).to_be_visible()
    small = page.evaluate(
        "[...document.querySelectorAll('button, a, input, select, textarea, summary')]"
        ".filter((one) => one.checkVisibility() && !one.closest('.sr-only, .skip, p, li'))"
        ".map((one) => [one.getBoundingClientRect(), one.outerHTML])"
        ".filter(([box]) => box.height > 0 && (box.height < 24 || box.width < 24)).map(([, written]) => written)"
    )
    assert not [one for one in small if "checkbox" not in one and "radio" not in one]  # their whole line is pressed


def test_french_is_spoken_to_the_french_and_remembered_for_whoever_chose_it(visit: Visitor) -> None:
    here = visit(language="fr-CA")
    page = here.open("cartes dans le navigateur")
    assert page.evaluate("document.documentElement.lang") == "fr"
    expect(page.locator("#results-title")).to_contain_text("personnes")
    expect(page.locator(".score-total").first).to_contain_text(",")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#results-title")).to_contain_text("people")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.goto(f"{here.url}/ui")
    expect(page.get_by_role("heading", level=1)).to_have_text("Find developers by what they have built")


def test_every_sentence_stands_in_both_languages(visit: Visitor) -> None:
    """The same keys, the same values inside, and no key that nothing says."""
    here = visit()
    page = here.open()
    both = page.evaluate(
        "(async () => { const at = document.querySelector('script[type=module]').src;"
        " const load = async (one) => (await import(new URL(`messages/${one}.js`, at))).default;"
        " return { en: await load('en'), fr: await load('fr') }; })()"
    )
    assert list(both["en"]) == list(both["fr"])
    for key, english in both["en"].items():
        assert _values(english) == _values(both["fr"][key]), key


def _values(message: str | dict[str, str]) -> set[str]:
    text = message if isinstance(message, str) else message["other"]
    return {part.split("}")[0] for part in text.split("{")[1:]}


def test_colours_follow_the_system_until_they_are_chosen(visit: Visitor) -> None:
    here = visit(dark=True)
    page = here.open()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Colours").click()  # light
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
