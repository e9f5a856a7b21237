"""Homes made inside the test process: importing torch and MLflow once costs less than one command line each."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from indexing.assembly import assemble
from indexing.pipeline import Sources, index_corpus
from indexing.registry import ModelVersion
from indexing.settings import HomeSettings
from indexing.workspace import Workspace
from tests.processes import vivier
from tests.registries import import_mlflow


def workspace_at(home: Path, *, tracking_uri: str = "") -> Workspace:
    """The workspace that the commands see when VIVIER_HOME is `home`."""
    import_mlflow()
    return assemble(HomeSettings(home=home, processed=home / "processed", mlflow_tracking_uri=tracking_uri))


def raw_files(folder: Path) -> Sources:
    """A sample's three files."""
    names = ("users", "repos", "contributions")
    return Sources(*(folder / f"github_{name}.csv" for name in names))


def options(folder: Path) -> list[str]:
    """The options that name a sample's files."""
    return [
        *("--users", str(folder / "github_users.csv")),
        *("--repos", str(folder / "github_repos.csv")),
        *("--contributions", str(folder / "github_contributions.csv")),
    ]


def index(home: Path, folder: Path, *more: str, **extra: str) -> dict[str, Any]:
    """Run `vivier index` on a sample; returns its summary."""
    done = vivier("index", "--json", *options(folder), *more, home=home, check=True, **extra)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def add_release(workspace: Workspace, version: int, sample: Path) -> str:
    """Build a release of a version, served and current when it is the first; the release's id."""
    done = index_corpus(raw_files(sample), workspace, version=version)
    workspace.registry.make_current(version, done.release.id)
    return done.release.id


def copy_of(home: Path, target: Path) -> Path:
    """A home of one's own with the same content; clones and locks stay behind."""
    return shutil.copytree(home, target, ignore=shutil.ignore_patterns("clones", "*.lock", "*.log"), dirs_exist_ok=True)


def champion(home: Path) -> str | None:
    """The release id that a home's registry says is served."""
    served = workspace_at(home).registry.champion()
    return served.release_id if served else None


def versions(home: Path) -> dict[int, ModelVersion]:
    """What the registry of a home knows, by version."""
    return {known.version: known for known in workspace_at(home).registry.versions()}


def rewrite(path: Path, change: Callable[[list[list[str]]], list[list[str]]]) -> None:
    """Pass a CSV file's rows, header first, through a function."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(change(rows))
