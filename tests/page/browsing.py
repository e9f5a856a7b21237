"""A visit to the page: what a reader does there, and what the browser noticed meanwhile."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Route, expect

RUST = "Rust developer in Lyon or remote, embedded systems, no crypto"
PHONE = (360, 740)
WIDE = (1280, 900)


def chromium() -> str | None:
    """Debian's Chromium, or the one that VIVIER_CHROMIUM names; playwright's own browsers are never downloaded."""
    named = os.environ.get("VIVIER_CHROMIUM")
    return named if named and Path(named).exists() else shutil.which("chromium")


@dataclass  # without slots: Playwright writes attributes of its own onto what listens
class Visit:
    """One tab, and everything in it that should not have been."""

    page: Page
    url: str
    console: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()  # parts of console lines that a test provokes

    def __post_init__(self) -> None:
        """Listen to everything the browser says."""
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))
        self.page.on("request", self._asked)

    def open(self, need: str = "", *, more: str = "") -> Page:
        """The page with a need searched, and its list shown."""
        fragment = "&".join(part for part in (f"q={quote(need)}" if need else "", more) if part)
        self.page.goto(f"{self.url}/ui#{fragment}")
        if need:
            self.page.locator(".results[aria-busy=false]").wait_for()
        else:
            self.page.locator("#need").wait_for()
        return self.page

    def search(self, need: str) -> None:
        """Write a need and press Enter, as anybody would."""
        self.page.fill("#need", need)
        self.page.press("#need", "Enter")
        self.settle()

    def settle(self) -> None:
        """Wait until the list is that of the address."""
        expect(self.page.locator(".results[aria-busy=false]")).to_be_visible()

    def logins(self) -> list[str]:
        """Who is listed, in order."""
        return self.page.locator(".results .login").all_text_contents()

    def faults(self) -> list[str]:
        """What no visit may bring: console errors, and requests that leave this host."""
        noise = [line for line in self.console if not any(part in line for part in self.expected)]
        return [*noise, *(f"asked {address}" for address in self.elsewhere)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.console.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("blob", "data") and f"{address.scheme}://{address.netloc}" != self.url:
            self.elsewhere.append(request.url)


def answer_with(context: BrowserContext, path: str, status: int, headers: dict[str, str] | None = None) -> list[str]:
    """Answer one route with a problem from now on; the list it returns says how often it was asked."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        problem: dict[str, Any] = {"type": "about:blank", "title": "A problem", "status": status, "detail": "Said so."}
        route.fulfill(status=status, headers=headers or {}, content_type="application/problem+json", json=problem)

    context.route(f"**{path}", answer)
    return asked
