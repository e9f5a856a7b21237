"""The pictures of docs/page.md, taken of a running service that has two versions.

python deploy/page/screenshots.py http://127.0.0.1:8000 docs/images
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ENGLISH = "Rust developer in Lyon or remote, embedded systems, no crypto"
FRENCH = "cartographie et données géographiques, en France"
MAPS = "maps in the browser"
WIDE = {"width": 1280, "height": 860}


def compare(page: Page) -> None:
    """Open the releases and compare two."""
    page.locator("header .tool", has_text="Releases").click()
    page.locator(".two-releases .primary").click()
    page.locator(".differences").wait_for()
    page.locator("#comparison-title").evaluate("title => title.scrollIntoView()")


def point(page: Page) -> None:
    """Point at the first of the people found."""
    page.locator(".map-people button").first.hover()
    page.evaluate("scrollTo(0, 0)")


# name -> (need, language, settings of the browser, the rest of the address, what to do then)
Picture = tuple[str, str, dict[str, Any], str, Callable[[Page], None] | None]
PICTURES: dict[str, Picture] = {
    "page-search": (ENGLISH, "en-GB", {"viewport": WIDE}, "", None),
    "page-dark": (ENGLISH, "en-GB", {"viewport": WIDE, "color_scheme": "dark"}, "", None),
    "page-phone": (ENGLISH, "en-GB", {"viewport": {"width": 390, "height": 844}}, "", None),
    "page-french": (FRENCH, "fr-FR", {"viewport": WIDE}, "", None),
    "page-map": (ENGLISH, "en-GB", {"viewport": WIDE}, "&view=map", point),
    "page-world": (FRENCH, "fr-FR", {"viewport": WIDE}, "&people=50&view=world", None),
    "page-releases": (MAPS, "en-GB", {"viewport": {"width": 1280, "height": 1040}}, "", compare),
}


def main(url: str, folder: Path) -> None:
    """Take every picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (need, language, settings, more, act) in PICTURES.items():
            page = browser.new_context(locale=language, **settings).new_page()
            page.goto(f"{url}/ui#q={quote(need)}{more}")
            page.wait_for_load_state("networkidle")
            if act:
                act(page)
                page.wait_for_timeout(300)
            picture = Image.open(io.BytesIO(page.screenshot()))
            # 256 colours are all that such a page has, and a third of the bytes.
            picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
