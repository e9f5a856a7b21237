"""The notebook of a release: what it shows is whole and fit to be read, and a new run finds the same numbers.

Set VIVIER_TEST_HOME to a folder to keep the release that it explores from run to run; without it, some two minutes go
into building one.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, environment

pytestmark = pytest.mark.quality

NOTEBOOK = ROOT / "docs" / "notebooks" / "explore.ipynb"
MOST_BYTES = 3_000_000
# Several threads build the graph, so that no two builds rank quite alike; other processors round int8 otherwise.
TOLERANCE = 0.02
WHOLE = ("people", "passages", "median_works")


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells that were run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def key_numbers(notebook: dict[str, Any]) -> dict[str, float]:
    """What the last cell printed."""
    (cell,) = (cell for cell in code_cells(notebook) if "key-numbers" in cell["metadata"].get("tags", []))
    printed: dict[str, float] = json.loads("".join("".join(output["text"]) for output in cell["outputs"]))
    return printed


def complaints(notebook: dict[str, Any]) -> list[str]:
    """Errors, and what was written to standard error: warnings, for one."""
    outputs = [output for cell in code_cells(notebook) for output in cell["outputs"]]
    return [
        str(output)[:500] for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"
    ]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    """The notebook as it is in the repository, outputs included."""
    notebook: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return notebook


def test_the_shipped_notebook_was_run_from_top_to_bottom_without_a_complaint(shipped: dict[str, Any]) -> None:
    assert [cell["execution_count"] for cell in code_cells(shipped)] == list(range(1, len(code_cells(shipped)) + 1))
    assert complaints(shipped) == []
    pictures = [output for cell in code_cells(shipped) for output in cell["outputs"] if "image/png" in str(output)]
    assert len(pictures) >= 6
    assert NOTEBOOK.stat().st_size < MOST_BYTES


def test_the_shipped_notebook_shows_no_path_of_a_machine(shipped: dict[str, Any]) -> None:
    shown = [
        {kind: text for kind, text in output.get("data", output).items() if kind != "image/png"}
        for cell in code_cells(shipped)
        for output in cell["outputs"]
    ]
    assert not re.search(r"/(home|root|tmp|work|Users|var)/", json.dumps(shown))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(1500)
def test_a_new_run_finds_what_the_notebook_says(shipped: dict[str, Any], tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="installed with the dev extra")
    from nbclient import NotebookClient

    home = Path(os.environ.get("VIVIER_TEST_HOME") or tmp_path / "home")
    home.mkdir(parents=True, exist_ok=True)
    anew = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(anew, timeout=1400, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=environment(home))
    assert complaints(anew) == []
    said, found = key_numbers(shipped), key_numbers(anew)
    assert found.keys() == said.keys()
    assert {name: found[name] for name in WHOLE} == {name: said[name] for name in WHOLE}
    for name in said.keys() - set(WHOLE):
        assert found[name] == pytest.approx(said[name], abs=TOLERANCE, rel=TOLERANCE), f"{name} is stale; run it anew"
