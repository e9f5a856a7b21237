"""docs/api.md and docs/openapi.json say what the application says."""

from __future__ import annotations

import json

from service.api_document import description, table, written
from tests.processes import ROOT


def test_the_documents_are_those_of_this_application() -> None:
    described = description()
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert written(page, described) == page, "run `make docs`"
    assert json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")) == described, "run `make docs`"


def test_every_route_has_its_line_with_how_it_can_fail() -> None:
    lines = table(description()).splitlines()
    search = next(line for line in lines if "`POST /agent_search`" in line)
    assert "SearchIn" in search or "a body" in search
    assert "422" in search
    assert "503" in search
