"""One person of the list, people who are similar, leaving somebody out, the shortlist."""

from __future__ import annotations

import csv
import io
import json

import pytest
from playwright.sync_api import expect

from tests.page.browsing import RUST
from tests.page.conftest import Visitor
from tests.page.hostile import BIDI, LONG, NEED, PEOPLE, TAGS

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


def test_a_card_says_who_where_how_much_and_why(visit: Visitor) -> None:
    here = visit()
    page = here.open(RUST)
    card = page.locator(".results .person").first
    parts = [float(one.replace("−", "-")) for one in card.locator(".score-parts b").all_inner_texts()]
    total = float(card.locator(".score-total").inner_text().split()[-1].replace("−", "-"))
    assert sum(parts) == pytest.approx(total, abs=0.02)
    expect(card.locator(".language-bar span").first).to_be_visible()
    expect(card.locator(".has").first).to_be_visible()
    link = card.locator(".evidence a").first
    assert (link.get_attribute("href") or "").startswith("https://github.com/")
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert link.get_attribute("target") == "_blank"


def test_the_words_that_matched_are_marked_in_the_quote(visit: Visitor) -> None:
    here = visit()
    page = here.open("embedded firmware for motor control")
    marked = page.locator(".evidence mark").all_inner_texts()
    assert marked
    assert any(word.lower() in ("embedded", "firmware", "motor", "control") for word in marked)


def test_somebody_left_out_is_gone_and_can_be_brought_back(visit: Visitor) -> None:
    here = visit()
    page = here.open(RUST)
    first = here.logins()[0]
    page.get_by_role("button", name=f"Leave {first} out").click()
    expect(page.locator(".results .login").first).not_to_have_text(first)
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.click()
    expect(page.locator(".results .login").first).to_have_text(first)


def test_similar_people_open_beside_the_list(visit: Visitor) -> None:
    here = visit()
    page = here.open(RUST)
    first = here.logins()[0]
    page.get_by_role("button", name=f"People similar to {first}").click()
    expect(page.locator("dialog .person")).to_have_count(10)
    assert first not in page.locator("dialog .login").all_inner_texts()


def test_the_shortlist_lasts_in_this_browser_and_holds_no_more_than_it_needs(visit: Visitor) -> None:
    here = visit()
    page = here.open(RUST)
    chosen = here.logins()[:3]
    for login in chosen:
        page.get_by_role("button", name=f"Add {login} to the shortlist").click()
    page.get_by_role("button", name="Shortlist 3").click()
    page.get_by_label(f"Note on {chosen[0]}").fill("call on Monday")
    page.reload()
    kept = json.loads(page.evaluate("localStorage.getItem('vivier.shortlist')"))
    assert [one["login"] for one in kept] == chosen
    assert set(kept[0]) == {"login", "name", "release", "note"}
    assert kept[0]["note"] == "call on Monday"
    page.get_by_role("button", name="Shortlist 3").click()
    page.get_by_role("button", name=f"Take {chosen[1]} off the shortlist").last.click()
    expect(page.locator(".kept > li")).to_have_count(2)


def test_up_to_four_people_stand_side_by_side(visit: Visitor) -> None:
    here = visit()
    page = here.open(RUST)
    chosen = here.logins()[:5]
    for login in chosen:
        page.get_by_role("button", name=f"Add {login} to the shortlist").click()
    page.get_by_role("button", name="Shortlist 5").click()
    for login in chosen[:4]:
        page.get_by_label(f"Compare {login}").check()
    expect(page.get_by_label(f"Compare {chosen[4]}")).to_be_disabled()
    page.get_by_role("button", name="Compare (4)").click()
    expect(page.locator(".compared thead th")).to_have_count(4)
    expect(page.get_by_role("row", name="Skills").locator("td")).to_have_count(4)


def test_the_table_has_no_contact_data_and_nothing_that_a_cell_would_run(visit: Visitor) -> None:
    """As the service's own table, with the notes, which anybody may have pasted from anywhere."""
    here = visit()
    page = here.open(NEED)
    for login in PEOPLE:
        page.get_by_role("button", name=f"Add {login} to the shortlist").click()
    page.get_by_role("button", name="Shortlist 4").click()
    page.get_by_label("Note on mallory-tags").fill("@SUM(1+1)\nwrite to eve@evil.example")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert {len(row) for row in rows} == {len(rows[0])}
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert "eve@evil.example" not in text
    assert "'@SUM(1+1)" in text
    assert not {"email", "e-mail", "bio", "company"} & set(rows[0])


def test_text_that_people_wrote_is_shown_as_text(visit: Visitor) -> None:
    """Markup, scripts, turned writing and ten thousand characters: letters, each in its place."""
    here = visit()
    page = here.open(NEED)
    assert set(PEOPLE) <= set(here.logins())
    assert page.evaluate("window.hacked") is None
    expect(page.locator(".results img, .results script, .results b b")).to_have_count(0)
    tagged = page.locator("#person-mallory-tags")
    expect(tagged.locator(".name")).to_have_text(TAGS)
    expect(tagged.locator(".quote").first).to_contain_text("<img src=x onerror=")
    turned = page.locator("#person-mallory-bidi")
    expect(turned.locator(".name bdi")).to_have_text(BIDI)
    assert turned.locator(".name bdi").evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"
    assert turned.locator(".quote").first.evaluate("one => getComputedStyle(one).unicodeBidi") in (
        "plaintext",
        "isolate",
    )
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("#person-mallory-long").evaluate("one => one.offsetHeight") < 700


def test_a_profile_of_ten_thousand_characters_keeps_its_place_in_a_comparison(visit: Visitor) -> None:
    here = visit()
    page = here.open(NEED)
    for login in ("mallory-long", "mallory-tags"):
        page.get_by_role("button", name=f"Add {login} to the shortlist").click()
    page.get_by_role("button", name="Shortlist 2").click()
    page.get_by_label("Compare mallory-long").check()
    page.get_by_label("Compare mallory-tags").check()
    page.get_by_role("button", name="Compare (2)").click()
    words = page.get_by_role("row", name="Own words")
    assert LONG[:100] in words.inner_text()
    assert words.evaluate("row => row.offsetHeight") < 300
    assert page.evaluate("window.hacked") is None
