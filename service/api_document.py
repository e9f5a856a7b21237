"""`make docs`: the routes in docs/api.md and docs/openapi.json, as the application itself describes them."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- routes: `make docs` writes what stands between these lines -->", "<!-- /routes -->"


def description() -> dict[str, Any]:
    """The application's OpenAPI document; nothing is opened or served."""
    from indexing.assembly import assemble
    from service.app import create_app
    from service.settings import ServiceSettings

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = ServiceSettings(_env_file=None, home=home, processed=home / "processed")
        found: dict[str, Any] = create_app(settings, assemble(settings)).openapi()
    return {**found, "info": {**found["info"], "version": "0"}}  # a release changes no route


def table(described: dict[str, Any]) -> str:
    """A line for every route: what it is for, what it takes, how it can answer."""
    lines = ["| route | what | takes | answers |", "|---|---|---|---|"]
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            statuses = ", ".join(sorted(route["responses"]))
            lines.append(f"| `{method.upper()} {path}` | {route['summary']} | {_taken(route)} | {statuses} |")
    return "\n".join(lines)


def written(document: str, described: dict[str, Any]) -> str:
    """The document with the routes of today between its two marks."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table(described)}\n\n{END}{after}"


def _taken(route: dict[str, Any]) -> str:
    parameters = [f"`{one['name']}`" for one in route.get("parameters", ()) if one["in"] in ("path", "query")]
    content = route.get("requestBody", {}).get("content", {})
    bodies = [schema["schema"].get("$ref", "").rpartition("/")[2] for schema in content.values()]
    return ", ".join([*(f"a body `{body}`" for body in bodies if body), *parameters])


def main(folder: Path) -> None:
    """Write both files."""
    described = description()
    page = folder / "api.md"
    page.write_text(written(page.read_text(encoding="utf-8"), described), encoding="utf-8")
    text = json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True)
    (folder / "openapi.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
