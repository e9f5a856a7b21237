"""`vivier data` itself: quick to start, alone with the data, one sentence when something is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tests.flows.data_versions.checkouts import Checkout
from tests.processes import ROOT

pytestmark = pytest.mark.e2e


def test_the_command_line_starts_without_what_only_commands_need() -> None:
    heavy = {"botocore", "dvc", "pandas", "sqlalchemy", "pydantic_settings"}
    program = f"import flows.data_commands, sys; assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_outside_of_a_checkout_it_says_what_is_needed(checkout: Checkout, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    done = Checkout(outside, checkout.home, "none").data("status", check=False, PYTHONPATH=str(ROOT))
    assert done.returncode == 1
    assert "is in no git checkout" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_repository_without_dvc_is_told_apart_and_init_makes_it_one(tmp_path: Path, checkout: Checkout) -> None:
    bare = Checkout(tmp_path / "bare", checkout.home, "none")
    subprocess.run(["git", "init", "--quiet", str(bare.root)], check=True)
    done = bare.data("push", check=False, PYTHONPATH=str(ROOT))
    assert "has no .dvc; `vivier data init` makes it" in done.stderr
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    storage = {"VIVIER_S3_ENDPOINT": "http://127.0.0.1:1", "VIVIER_S3_BUCKET": "people"}
    done = bare.data("init", check=False, PYTHONPATH=str(ROOT), **keys, **storage)
    assert "Nothing answers at http://127.0.0.1:1" in done.stderr
    assert "analytics = false" in (bare.root / ".dvc" / "config").read_text()
    assert "/data/raw/**/.*" in (bare.root / ".dvcignore").read_text()
    assert "endpointurl" in (bare.root / ".dvc" / "config.local").read_text()


def test_while_a_release_is_built_the_files_are_left_alone(with_sample: Checkout) -> None:
    with_sample.home.mkdir()
    with FileLock(with_sample.home / "build.lock"):
        done = with_sample.data("push", check=False)
    assert done.returncode == 1
    assert "A release is being built" in done.stderr


@pytest.mark.slow
def test_a_place_that_is_not_versioned_is_pointed_out(checkout: Checkout, tmp_path: Path) -> None:
    done = checkout.data("status", "--offline", VIVIER_PROCESSED=str(tmp_path / "elsewhere"))
    assert "only data/raw and data/processed of this checkout are versioned" in done.stderr
