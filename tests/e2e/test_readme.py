"""The README's commands: every one is run, or at least is a command that exists."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from tests.processes import ROOT, serving
from vivier import APP

pytestmark = pytest.mark.e2e

_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
_ASSIGNMENT = re.compile(r"[A-Z_0-9]+=")
GROUPS = {name for name, command in typer.main.get_command(APP).commands.items() if hasattr(command, "commands")}
DOCUMENTS = (
    *("README.md", "README.fr.md", "CONTRIBUTING.md"),
    *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)


def commands(document: str) -> Iterator[list[str]]:
    """The commands of a document's shell blocks, cut into words, comments left out."""
    for block in _BLOCK.findall((ROOT / document).read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line.rstrip().removesuffix("&"), comments=True)
            while words and _ASSIGNMENT.match(words[0]):
                words.pop(0)
            if words and words[0] != "export":
                yield words


@pytest.fixture(scope="module")
def known_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_a_document_exists_with_its_options(document: str, known_targets: set[str]) -> None:
    for words in commands(document):
        if words[0] == "make":
            assert set(words[1:]) <= known_targets, words
        elif words[0].endswith("vivier"):
            named = words[1 : 3 if words[1] in GROUPS and not words[2].startswith("-") else 2]
            shown = CliRunner().invoke(APP, [*named, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
            assert shown.exit_code == 0, words
            for option in (word.partition("=")[0] for word in words[2:] if word.startswith("--")):
                assert option in shown.output, (words, option)
        else:
            assert words[0] in {
                "curl",
                "git",
                "cd",
                "cp",
                "python",
                ".venv/bin/python",
                ".venv/bin/dvc",
                "docker",
                "helm",
                "kubectl",
                "npm",
                "pip",
                "dask",
            }, words


def test_the_readme_s_requests_answer(two_versions: Path) -> None:
    asked = [words for words in commands("README.md") if words[0] == "curl"]
    assert asked
    with serving(two_versions) as service:
        for words in asked:
            (address,) = (word for word in words if word.startswith("localhost:8000"))
            body = json.loads(words[words.index("-d") + 1])
            answered = httpx.post(service.url + address.removeprefix("localhost:8000"), json=body, timeout=30)
            assert answered.status_code == 200, (words, answered.text)
            assert answered.json()["candidates"]
