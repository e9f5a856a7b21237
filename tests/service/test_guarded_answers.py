"""What every answer tells a browser, and what no page elsewhere may do."""

from __future__ import annotations

import re

import pytest

from tests.service.conftest import Running

DATA = [
    "/",
    "/health",
    "/metrics",
    "/models/info",
    "/models/loading",
    "/map",
    "/profiles/ada-lumen",
    "/profiles/nobody",
    "/nowhere",
    "/profiles",
]


@pytest.mark.parametrize("path", [*DATA, "/docs", "/redoc", "/openapi.json", "/docs/assets/swagger-ui.css"])
def test_every_answer_is_guarded(service: Running, path: str) -> None:
    headers = service.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "server" not in headers


@pytest.mark.parametrize("path", DATA)
def test_data_runs_nothing_and_is_kept_nowhere(service: Running, path: str) -> None:
    headers = service.client.get(path).headers
    assert "script-src" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_searches_are_kept_nowhere_in_either_form(service: Running) -> None:
    for accept in ("application/json", "text/csv"):
        response = service.client.post("/agent_search", json={"query": "motor"}, headers={"accept": accept})
        assert response.headers["content-type"].startswith(accept)
        assert response.headers["cache-control"] == "no-store"


def test_what_nobody_expected_is_guarded_too(changing: Running) -> None:
    changing.world.registry.fail_next("versions", ZeroDivisionError())
    response = changing.client.get("/models/info")
    assert response.status_code == 500
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_may_run_what_it_is_made_of(service: Running, path: str) -> None:
    response = service.client.get(path)
    directives = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    sources = re.findall(r"""<(?:script|link|img)[^>]*?(?:src|href)=["']([^"']+)""", response.text)
    assert sources
    assert all(source.startswith("/") for source in sources)
    assert "'self'" in directives["script-src"]
    assert "'unsafe-inline'" in directives["script-src"]
    assert directives["connect-src"] == "'self'"  # openapi.json, and trying requests out


@pytest.mark.parametrize("origin", ["https://vivier.example", "http://localhost:3000", "null"])
def test_no_page_elsewhere_is_let_read_an_answer(service: Running, origin: str) -> None:
    asked = service.client.post("/agent_search", json={"query": "motor"}, headers={"origin": origin})
    wants = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,authorization"}
    before = service.client.options("/agent_search", headers={"origin": origin} | wants)
    assert before.status_code == 405
    for response in (asked, before):
        assert not [name for name in response.headers if name.startswith("access-control")]
