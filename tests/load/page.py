"""The page in Chromium over the shipped sample: search to painted list, frames while panning, and the first paint.

`python -m tests.load.page` prints a Markdown table. `--home` takes a home that already has a release.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.load.corpus import ROOT, SEED
from tests.load.report import Row, machine, table
from tests.page.browsing import WIDE, chromium
from tests.processes import ServiceProcess, serving, vivier

SAMPLES = ROOT / "data" / "samples"
NEEDS = ROOT / "data" / "judgements" / "needs.jsonl"
SEARCHES, WARM_UP = 240, 20
POINTS, FRAMES = 5_000, 180
# From the key press to the frame after the list has been painted. The need is put into the field beforehand, and by
# then the counts of the search before have come: nobody types faster.
SEARCH = """async (need) => {
    const field = document.getElementById('need');
    field.value = need;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((done) => setTimeout(done, 250));
    const painted = () => performance.getEntriesByName('vivier:painted').length;
    const before = painted();
    const started = performance.now();
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    const failed = () => document.querySelector('.state.problem');
    while (painted() === before && !failed()) await new Promise((done) => setTimeout(done, 1));
    return performance.getEntriesByName('vivier:painted').at(-1).startTime - started;
}"""
# One movement a frame, as fast as frames come; the mouse is pressed already.
PAN = """async (frames) => {
    const canvas = document.querySelector('.people-canvas');
    const box = canvas.getBoundingClientRect();
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const times = [await frame()];
    for (let at = 0; at < frames; at += 1) {
        const [x, y] = [box.left + 300 + 200 * Math.sin(at / 20), box.top + 250 + 120 * Math.cos(at / 15)];
        canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y, pointerId: 1, bubbles: true }));
        times.push(await frame());
    }
    return times;
}"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--home", type=Path, help="a home with a release; without one the sample is indexed")
    chosen = options.parse_args()
    path = chromium()
    if path is None:
        raise SystemExit(
            "No Chromium on this machine: `apt install chromium` brings it; VIVIER_CHROMIUM names another."
        )
    with tempfile.TemporaryDirectory() as folder:
        home = chosen.home or Path(folder) / "home"
        if chosen.home is None:
            names = ("users", "repos", "contributions")
            files = [part for name in names for part in (f"--{name}", str(SAMPLES / f"github_{name}.csv"))]
            vivier("index", *files, home=home)
        with serving(home) as service, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            rows = [*first_paint(browser, service), *searches(browser, service), *panning(browser, service)]
            version = browser.version
            browser.close()
    print(f"Chromium {version}, {machine()}\n\n{table(rows)}")


def first_paint(browser: Browser, service: ServiceProcess) -> list[Row]:
    """What a first visit brings over the wire, and when something can be read."""
    context = _visitor(browser)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    received: list[int] = []
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    page.goto(f"{service.url}/ui")
    page.wait_for_load_state("networkidle")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    context.close()
    return [
        ("first visit, everything it brings", f"{sum(received) / 1000:.0f} KB in {len(received)} answers"),
        ("first visit, until something is painted", f"{painted:.0f} ms"),
    ]


def searches(browser: Browser, service: ServiceProcess) -> list[Row]:
    """From Enter to the painted list, no need twice."""
    context = _visitor(browser)
    page = context.new_page()
    page.goto(f"{service.url}/ui")
    page.wait_for_load_state("networkidle")
    took = [page.evaluate(SEARCH, need) for need in _needs(SEARCHES + WARM_UP)][WARM_UP:]
    context.close()
    p50, p95 = np.percentile(took, [50, 95])
    return [(f"search to painted list, p50 / p95 of {len(took)}", f"{p50:.0f} / {p95:.0f} ms")]


def panning(browser: Browser, service: ServiceProcess) -> list[Row]:
    """Frames while a map of 5,000 points is dragged; the points are drawn by lot where the sample has fewer."""
    context = _visitor(browser)
    page = context.new_page()
    context.route("**/map?*", lambda route: route.fulfill(json=_many_points(route.fetch().json())))
    page.goto(f"{service.url}/ui#q=maps+in+the+browser&view=map")
    page.wait_for_load_state("networkidle")
    page.locator(".people-canvas").hover()
    page.mouse.down()
    times = np.array(page.evaluate(PAN, FRAMES))
    gaps = np.diff(times)
    context.close()
    rate, slowest = 1000 * len(gaps) / (times[-1] - times[0]), np.percentile(gaps, 95)
    return [(f"panning {POINTS:,} points", f"{rate:.0f} frames a second, 95 % within {slowest:.0f} ms")]


def _visitor(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, locale="en-GB")


def _needs(count: int) -> list[str]:
    needs = [str(json.loads(line)["query"]) for line in NEEDS.read_text(encoding="utf-8").splitlines()]
    # Whom some of them want somebody to be like, the sample has not: that is an error, and paints no list.
    found = list(
        islice((need for need in dict.fromkeys(needs) if "@" not in need and "github.com/" not in need), count)
    )
    if len(found) < count:
        raise SystemExit(f"{NEEDS} has {len(found)} different needs; {count} are wanted.")
    return found


def _many_points(answer: dict[str, Any]) -> dict[str, Any]:
    drawn = random.Random(SEED)
    points = list(answer["points"])
    while len(points) < POINTS:
        points.append(
            {"login": f"nobody-{len(points)}", "x": drawn.random(), "y": drawn.random(), "language": "Python"}
        )
    return {**answer, "points": points[:POINTS]}


if __name__ == "__main__":
    main()
