"""A real service over the shipped sample and hostile people, and Debian's Chromium in front of it.

The browser belongs to the package and not to the session: Playwright's loop runs in this thread as long as a browser
is open, and another folder's tests need their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from indexing.sample import generate, write_sample
from tests.e2e.homes import add_release, copy_of, workspace_at
from tests.made_once import made_once
from tests.page.browsing import WIDE, Visit, chromium
from tests.page.hostile import write_raw
from tests.processes import ServiceProcess, serving

ADMIN_KEY = "open-sesame"
Visitor = Callable[..., Visit]


@pytest.fixture(scope="session")
def page_home(registered_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with version 1 (the shipped sample and hostile people, served) and version 2 (a smaller sample)."""

    def make(home: Path) -> None:
        copy_of(registered_master, home)
        smaller = tmp_path_factory.mktemp("smaller")
        write_sample(generate(7, people=100), smaller, smaller)
        add_release(workspace_at(home), 1, write_raw(tmp_path_factory.mktemp("raw")))
        add_release(workspace_at(home), 2, smaller)

    return copy_of(made_once(tmp_path_factory, "page", make), tmp_path_factory.mktemp("page") / "home")


@pytest.fixture(scope="package")
def service(page_home: Path) -> Iterator[ServiceProcess]:
    """The service; tests that change what serves change it back."""
    with serving(page_home, VIVIER_ADMIN_KEY=ADMIN_KEY) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the folder."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine (`apt install chromium` brings it; VIVIER_CHROMIUM names another)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def visit(browser: Browser, service: ServiceProcess) -> Iterator[Visitor]:
    """Opens tabs of new visitors; afterwards none may have met an error or asked another host for anything."""
    visits: list[Visit] = []

    def enter(
        *, size: tuple[int, int] = WIDE, language: str = "en-GB", dark: bool = False, expected: tuple[str, ...] = ()
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        visits.append(Visit(context.new_page(), service.url, expected=expected))
        return visits[-1]

    yield enter
    faults = [fault for one in visits for fault in one.faults()]
    for one in visits:
        one.page.context.close()
    assert not faults
