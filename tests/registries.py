"""Registries for tests: releases to put into them, homes that have one, and MLflow calls that go wrong."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from indexing.model_registry import MlflowRegistry
from indexing.model_registry.address import parse_address
from indexing.registry import ModelRegistry
from indexing.releases import Bm25Statistics, LanguageMeans, Release, collection_name, new_release_id
from tests.processes import ROOT
from tests.tiny_model import make_onnx_folder, shared_tiny_model

FIRST, SECOND = "aaaa1111", "bbbb2222"  # fingerprints of versions 1 and 2


def make_release(version: int = 1, fingerprint: str = FIRST, **changes: object) -> Release:
    """The manifest of a small release."""
    release_id = new_release_id(version)
    release = Release(
        id=release_id,
        model_name="tiny",
        model_version=version,
        collection=collection_name(release_id),
        fingerprint=fingerprint,
        dimension=32,
        people=3,
        passages=7,
        created="2026-11-23T11:45:12+00:00",
        data_rev="c0ffee",
        git_revision=None,
        oldest_fetch=None,
        bm25=Bm25Statistics(people=3, average_length=4.5, document_frequencies={17: 2, 4294967295: 3}),
        means=LanguageMeans({"fr": (0.25, -0.5), "en": (0.0, 1.0)}, {"fr": (0.0, 0.125), "en": (0.5, 0.0)}),
        works=(2, 0, 5),
    )
    return replace(release, **changes)  # type: ignore[arg-type]  # a builder takes any field


def register_two(registry: ModelRegistry, tiny_model: Path, folder: Path) -> None:
    """Versions 1 and 2, which every test of the contract starts from."""
    for name, fingerprint in (("tiny", FIRST), ("tiny-tuned", SECOND)):
        registry.register(tiny_model, make_onnx_folder(folder / name, fingerprint=fingerprint, name=name), name=name)


def publish(registry: ModelRegistry, release: Release) -> Release:
    """Record a release and let it be its version's current one, and that version the champion."""
    registry.record(release)
    registry.make_current(release.model_version, release.id)
    registry.make_champion(release.model_version)
    return release


@cache
def import_mlflow() -> None:
    """Import what the adapter uses of MLflow, whose own deprecation warnings would be errors here."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for module in ("tracking", "model_registry"):
            import_module(f"mlflow.store.{module}.sqlalchemy_store")


def open_home(home: Path, **options: float) -> MlflowRegistry:
    """The registry of a home, over SQLite."""
    import_mlflow()
    return MlflowRegistry(f"sqlite:///{home / 'mlflow.db'}", artifacts=home / "artifacts", **options)


@cache
def shared_home() -> Path:
    """A home with a migrated database and two versions, made once; tests work on copies, as a moved home would."""
    scratch = Path(tempfile.mkdtemp(prefix="vivier-registry-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    registry = open_home(scratch / "home")
    register_two(registry, shared_tiny_model(), scratch / "made")
    registry.close()
    return scratch / "home"


class Faulty:
    """A store of MLflow's in which one method does something else: `fault(real method, *arguments)`."""

    def __init__(self, store: Any, method: str, fault: Callable[..., Any]) -> None:
        self._store, self._method, self._fault = store, method, fault
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        real = getattr(self._store, name)
        return partial(self._fault, real) if name == self._method else real


def refuse(real: Callable[..., Any], *_: Any, **__: Any) -> None:
    from mlflow.exceptions import MlflowException

    raise MlflowException("refused on purpose")


def lose_the_answer(real: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    real(*arguments, **named)
    refuse(real)


def ignore(real: Callable[..., Any], *_: Any, **__: Any) -> None:
    """Say yes and do nothing, as when another process writes at the same moment."""


def die(real: Callable[..., Any], *_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def faulty_registry(where: Path | str, method: str, fault: Callable[..., Any], *, store: str = "versions") -> Any:
    """The registry of a home or at a server's address, one of whose MLflow calls goes wrong."""
    import_mlflow()
    from indexing.model_registry.connected import ConnectedRegistry
    from indexing.model_registry.connection import connect

    home = where if isinstance(where, Path) else Path()
    address = parse_address(where if isinstance(where, str) else f"sqlite:///{home / 'mlflow.db'}")
    connection = connect(address, artifacts=home / "artifacts", timeout_seconds=2)
    faulty: dict[str, Any] = {store: Faulty(getattr(connection, store), method, fault)}
    return ConnectedRegistry(replace(connection, **faulty))


def run_in_a_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Run code in a new process, with this module's names at hand; `folder` lists the arguments as paths."""
    start = "import sys; from tests.registries import *; folder = [Path(a) for a in sys.argv[1:]]; "
    return subprocess.Popen(
        [sys.executable, "-c", start + code, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """A process's exit code and all that it printed."""
    printed, _ = process.communicate(timeout=200)
    return process.returncode, printed


def ask_database(home: Path, statement: str) -> list[Any]:
    """The rows of a statement run on the home's MLflow database, behind MLflow's back."""
    with closing(sqlite3.connect(home / "mlflow.db")) as database:
        rows = database.execute(statement).fetchall()
        database.commit()
        return rows


def status_of_run(home: Path, name: str) -> tuple[str, str]:
    """A run's status and whether it is deleted."""
    runs = {
        run: (status, stage)
        for run, status, stage in ask_database(home, "SELECT name, status, lifecycle_stage FROM runs")
    }
    return runs[name]
