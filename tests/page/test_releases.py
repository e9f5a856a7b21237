"""Which release answers, what another would answer, and changing it while somebody reads."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.page.conftest import ADMIN_KEY, Visitor
from tests.processes import ServiceProcess

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
MAPS = "maps in the browser"


@pytest.fixture(autouse=True)
def _version_one_serves_again(service: ServiceProcess) -> Iterator[None]:
    yield
    load(service, 1)


def load(service: ServiceProcess, version: int) -> None:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    httpx.post(f"{service.url}/models/load/{version}", headers=headers, timeout=60).raise_for_status()


def test_two_releases_are_compared_on_the_search_of_the_page(visit: Visitor) -> None:
    """Who would enter and who would leave, each with the reason."""
    here = visit()
    page = here.open(MAPS)
    page.get_by_role("button", name="Releases", exact=True).click()
    expect(page.locator(".version.serving")).to_contain_text("Version 1")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".changes.left li").first).to_be_visible()
    expect(page.locator(".changes.entered .why").first).not_to_be_empty()


def test_switching_wants_the_key_and_the_page_goes_on(visit: Visitor) -> None:
    """No reload: the list stays until the reader asks for the new one."""
    here = visit(expected=("401", "404"))
    page = here.open(MAPS)
    shown = here.logins()
    page.evaluate("window.sameTab = true")
    page.get_by_role("button", name="Releases", exact=True).click()
    page.get_by_role("button", name="Switch to version 2").click()
    page.get_by_label("Administration key").fill("wrong")
    page.get_by_role("button", name="Switch", exact=True).click()
    expect(page.locator(".switch .field-problem")).to_contain_text("The key does not open this")
    page.get_by_label("Administration key").fill(ADMIN_KEY)
    page.get_by_role("button", name="Switch", exact=True).click()
    expect(page.locator(".version.serving")).to_contain_text("Version 2", timeout=30_000)
    page.keyboard.press("Escape")
    assert here.logins() == shown
    notice = page.locator(".notice", has_text="Another release answers now")
    notice.get_by_role("button", name="Search again").click()
    expect(notice).to_have_count(0)
    here.settle()
    assert here.logins() != shown
    assert page.evaluate("window.sameTab")
    assert page.evaluate("localStorage.length") == 0  # a key is kept with the tab, never with the browser


def test_a_release_that_changes_while_somebody_reads_is_told_and_moves_nothing(
    visit: Visitor, service: ServiceProcess
) -> None:
    here = visit()
    page = here.open(MAPS)
    shown, place = here.logins(), page.locator(".results .person").nth(2).bounding_box()
    load(service, 2)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when the tab is looked at again
    expect(page.locator(".notice", has_text="Another release answers now")).to_be_visible()
    assert here.logins() == shown
    assert page.locator(".results .person").nth(2).bounding_box() == place


def test_more_people_never_mix_two_releases(visit: Visitor, service: ServiceProcess) -> None:
    here = visit()
    page = here.open(MAPS)
    load(service, 2)
    page.get_by_role("button", name="More people").click()
    expect(page.locator(".results .person")).to_have_count(20)
    here.settle()
    assert len(set(here.logins())) == 20
