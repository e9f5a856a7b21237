"""Homes for end-to-end tests: built once by the command line, copied or shared as a test needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from indexing.sample import generate, write_sample
from tests.processes import vivier
from tests.tiny_model import make_tiny_model


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw files of some 150 fictional people."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(generate(7, people=150), folder, folder)
    return folder


def sources(folder: Path) -> list[str]:
    """The options that name a sample's files."""
    return [
        *("--users", str(folder / "github_users.csv")),
        *("--repos", str(folder / "github_repos.csv")),
        *("--contributions", str(folder / "github_contributions.csv")),
    ]


def index(home: Path, folder: Path, *more: str, **extra: str) -> dict[str, Any]:
    """Run `vivier index` on a sample; returns its summary."""
    summary: dict[str, Any] = json.loads(vivier("index", "--json", *sources(folder), *more, home=home, **extra).stdout)
    return summary


@pytest.fixture(scope="session")
def two_versions(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with version 1 (MiniLM, served) and version 2 (a tiny model), each with a release."""
    home = tmp_path_factory.mktemp("home")
    first = index(home, small_sample, "--version", "1")
    assert first["published"]
    tiny = make_tiny_model(tmp_path_factory.mktemp("tiny") / "model")
    registered = json.loads(vivier("register", "--model", str(tiny), "--name", "tiny", "--json", home=home).stdout)
    assert registered["version"] == 2
    second = index(home, small_sample, "--version", "2")
    assert not second["published"]
    return home
