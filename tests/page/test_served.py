"""How the page is served: small, guarded, cached by what it is, and in no need of anybody else."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.ui import ASSETS, read_page

PAGE_BYTES = 100_000
PEOPLE_WROTE = re.compile(
    r"innerHTML|outerHTML|dangerouslySetInnerHTML|insertAdjacentHTML|document\.write|eval\(|new Function"
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The page's routes alone, with the headers that the whole application gives."""
    from tests.service.conftest import running
    from tests.worlds import World

    world = World(tmp_path_factory.mktemp("page"))
    with running(world, world.add_release(world.add_version("north"), served=True)) as found:
        yield found.client


def addresses(document: str) -> list[str]:
    return re.findall(r'(?:href|src)="(ui/assets/[^"]+)"', document)


def test_the_first_paint_is_less_than_a_hundred_kilobytes(client: TestClient) -> None:
    """The document and everything it names, packed as browsers ask for it."""
    shipped = read_page()
    named = {address.split("/", 3)[3] for address in addresses(client.get("/ui").text)}
    first = [shipped.assets[name].packed for name in named]
    assert len(shipped.document.packed) + sum(map(len, first)) < PAGE_BYTES
    assert not [name for name in named if name.startswith(("panels/", "maps/"))]


def test_every_file_is_there_typed_and_kept_for_ever(client: TestClient) -> None:
    for address in addresses(client.get("/ui").text):
        answer = client.get(f"/{address}")
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["vary"] == "Accept-Encoding"
        again = client.get(f"/{address}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


def test_files_of_another_revision_are_not_here(client: TestClient) -> None:
    """Modules of two revisions would not fit together; the page then offers to be reloaded."""
    assert client.get("/ui/assets/0000000000000000/main.js").status_code == 404
    for name in ("../__init__.py", "..%2f__init__.py", "page.html", "nothing.js"):
        assert client.get(f"/ui/assets/{read_page().revision}/{name}").status_code == 404


def test_the_page_runs_nothing_that_is_not_its_own(client: TestClient) -> None:
    answer = client.get("/ui")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
                 "form-action 'none'", "require-trusted-types-for 'script'"):  # fmt: skip
        assert part in policy
    assert answer.headers["cache-control"] == "no-cache"
    assert "<noscript>" in answer.text
    assert not re.search(r"<script(?![^>]*src=)|<style|style=|\son\w+=", answer.text)


def test_the_slash_leads_to_the_page_wherever_it_is_mounted(client: TestClient) -> None:
    answer = client.get("/ui/", follow_redirects=False)
    assert answer.status_code == 308
    assert answer.headers["location"] == "../ui"
    assert client.get("/").json()["links"]["page"] == "/ui"


def test_no_text_can_become_markup_and_no_address_is_elsewhere() -> None:
    """By the sources: the page has no way to make elements of strings, and names no other host but as a link."""
    for path in ASSETS.rglob("*.js"):
        if path.parent.name == "vendor":
            continue
        source = path.read_text(encoding="utf-8")
        assert not PEOPLE_WROTE.search(source), path.name
        hosts = set(re.findall(r"https?://[\w.-]+", source))
        assert hosts <= {"https://github.com"}, (path.name, hosts)


def test_what_comes_from_others_has_its_licence_beside_it() -> None:
    vendor = ASSETS / "vendor"
    assert {path.name for path in vendor.iterdir()} == {
        "preact.js", "hooks.js", "htm.js", "preact.LICENSE.txt", "htm.LICENSE.txt",
    }  # fmt: skip
    notice = (Path(__file__).resolve().parents[2] / "NOTICE").read_text(encoding="utf-8")
    for name in ("Preact", "htm", "Natural Earth"):
        assert name in notice


def test_a_visit_writes_one_line_and_not_one_for_each_file(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for address in addresses(client.get("/ui").text):
            client.get(f"/{address}")
        client.get("/ui/assets/0000000000000000/main.js")
    lines = [record.getMessage() for record in caplog.records if record.name == "vivier.access"]
    assert len(lines) == 2
    assert " /ui 200 " in lines[0]
    assert " 404 " in lines[1]
