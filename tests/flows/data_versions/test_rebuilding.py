"""The whole round: data of an older commit is brought back, and the release made of it is the one made then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexing.assembly import assemble
from indexing.pipeline import Sources, index_corpus, read_corpus
from indexing.releases import Release
from indexing.settings import HomeSettings
from indexing.workspace import Workspace
from tests.e2e.homes import copy_of, rewrite
from tests.flows.data_versions.checkouts import Checkout, files_in, sweep_of
from tests.processes import ROOT
from tests.registries import import_mlflow
from tests.s3_server import S3Server

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.long]
NAMES = ("users", "repos", "contributions")


def workspace_of(checkout: Checkout, registered: Path) -> Workspace:
    """The workspace of a home with tiny models that enriches and embeds into the checkout."""
    import_mlflow()
    home = checkout.home if checkout.home.exists() else copy_of(registered, checkout.home)
    return assemble(HomeSettings(home=home, processed=checkout.processed, data=checkout.root / "data"))


def index(checkout: Checkout, registered: Path, *, from_raw: bool, version: int = 1) -> Release:
    """`vivier index`, of the raw files or of the people enriched last."""
    sources = Sources(*(checkout.raw / f"github_{name}.csv" for name in NAMES)) if from_raw else None
    return index_corpus(sources, workspace_of(checkout, registered), version=version).release


def content_of(release: Release, checkout: Checkout, registered: Path) -> list[tuple[Any, ...]]:
    """Every passage and every vector of a release."""
    opened = workspace_of(checkout, registered).store.open(release.collection)
    try:
        return [
            (point.point_id, point.login, point.payload, None if point.dense is None else point.dense.tobytes())
            for point in opened.points()
        ]
    finally:
        opened.close()


@pytest.fixture
def in_checkout(with_sample: Checkout, monkeypatch: pytest.MonkeyPatch) -> Callable[[Checkout], None]:
    """Work in a checkout, where `git rev-parse HEAD` is its commit."""

    def enter(checkout: Checkout) -> None:
        monkeypatch.chdir(checkout.root)

    enter(with_sample)
    return enter


def test_an_old_revision_and_vivier_index_give_the_same_passages_and_vectors(
    with_sample: Checkout,
    s3: S3Server,
    registered_master: Path,
    tmp_path: Path,
    in_checkout: Callable[[Checkout], None],
) -> None:
    first = index(with_sample, registered_master, from_raw=True)
    content = content_of(first, with_sample, registered_master)
    pushed = with_sample.push(s3, tag="v1")
    assert pushed.remarks == ()
    assert set(pushed.recorded) == {
        "data/raw",
        "data/processed/profiles_enriched.parquet",
        "data/processed/profiles_enriched.json",
        f"data/processed/{first.fingerprint}",
    }
    rewrite(with_sample.raw / "github_users.csv", lambda rows: rows[:-20])
    second = index(with_sample, registered_master, from_raw=True)
    assert content_of(second, with_sample, registered_master) != content
    with_sample.push(s3, tag="v2")

    with_sample.checkout("v1", s3)
    again = index(with_sample, registered_master, from_raw=False)
    assert content_of(again, with_sample, registered_master) == content
    assert again.data_rev == first.data_rev
    assert with_sample.repository.revision(again.data_rev) == with_sample.git("rev-parse", "v1")
    from_raw = index(with_sample, registered_master, from_raw=True)
    assert content_of(from_raw, with_sample, registered_master) == content
    assert from_raw.data_rev == f"{first.data_rev}-git-{with_sample.git('rev-parse', '--short=12', 'v1')}"

    other = Checkout.clone(with_sample.root, tmp_path / "other", prefix=with_sample.prefix)
    other.pull(s3)  # HEAD is v2
    in_checkout(other)
    assert files_in(other.processed)[f"{first.fingerprint}/profiles_embeddings.npy"]
    assert content_of(index(other, registered_master, from_raw=False), other, registered_master) == content_of(
        second, with_sample, registered_master
    )
    other.checkout(first.data_rev, s3)
    assert content_of(index(other, registered_master, from_raw=False), other, registered_master) == content


def test_an_erasure_is_pushed_purged_and_applied_to_what_is_brought_back(
    with_sample: Checkout, s3: S3Server, registered_master: Path, in_checkout: Callable[[Checkout], None]
) -> None:
    login = with_sample.first_login
    index(with_sample, registered_master, from_raw=True)
    with_sample.push(s3, tag="v1")
    sweep = sweep_of(login)
    sweep(with_sample.root / "data", with_sample.processed)
    pushed = with_sample.push(s3, tag="v2")
    assert pushed.remarks == ()  # the profiles are still known as those of the raw files
    assert "data/processed/profiles_enriched.parquet" in pushed.recorded
    with_sample.checkout("v1", s3, sweep=sweep)
    people = [profile.login for profile in read_corpus(workspace_of(with_sample, registered_master)).profiles]
    assert people
    assert login not in people
    with_sample.checkout("v2", s3, sweep=sweep)
    done = with_sample.purge(s3, sweep=sweep)
    assert done.done
    kept = {name: body for name, body in s3.bodies().items() if name.startswith(with_sample.prefix)}
    cache = {
        str(path): path.read_bytes() for path in (with_sample.root / ".dvc" / "cache").rglob("*") if path.is_file()
    }
    for name, body in (kept | cache).items():
        assert login.encode() not in decoded(body), name


def decoded(body: bytes) -> bytes:
    """What is in a file: parquet hides words in compressed columns."""
    import io

    import pyarrow.parquet as pq

    if body[:4] != b"PAR1":
        return body
    return json.dumps(pq.read_table(io.BytesIO(body)).to_pylist(), default=str).encode()


def test_profiles_of_other_raw_files_are_left_out_and_the_push_says_so(
    with_sample: Checkout, s3: S3Server, registered_master: Path, in_checkout: Callable[[Checkout], None]
) -> None:
    index(with_sample, registered_master, from_raw=True)
    with_sample.push(s3)
    rewrite(with_sample.raw / "github_users.csv", lambda rows: rows[:-20])
    pushed = with_sample.push(s3)
    assert "was not made from data/raw as it is now" in pushed.remarks[0]
    assert "data/processed/profiles_enriched.parquet" not in pushed.recorded
    assert "enrich" not in (with_sample.root / "dvc.lock").read_text()


def test_dvc_repro_goes_from_raw_files_to_a_release_and_then_has_nothing_to_do(
    with_sample: Checkout, s3: S3Server, registered_master: Path, tmp_path: Path
) -> None:
    copy_of(registered_master, with_sample.home)
    made = repro(with_sample)
    assert made.returncode == 0, made.stderr
    assert "is served" in made.stdout
    again = repro(with_sample)
    assert again.returncode == 0, again.stderr
    assert "Running stage" not in again.stdout
    with_sample.push(s3)
    lock = (with_sample.root / "dvc.lock").read_bytes()
    assert with_sample.status(s3).is_safe
    assert (with_sample.root / "dvc.lock").read_bytes() == lock

    other = Checkout.clone(with_sample.root, tmp_path / "other", prefix=with_sample.prefix)
    copy_of(registered_master, other.home)
    other.pull(s3)
    here = repro(other)
    assert here.returncode == 0, here.stderr
    assert "0 passages embedded" in here.stdout  # their vectors came with the data
    assert "Running stage 'enrich'" not in here.stdout
    assert other.repository.uncommitted() == ()  # another machine's release changes no pointer


def repro(checkout: Checkout) -> subprocess.CompletedProcess[str]:
    """`dvc repro` as a user runs it: nothing is set but the home."""
    environment = checkout.root / ".venv"
    if not environment.exists():
        environment.symlink_to(ROOT / ".venv")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIVIER_")}
    return subprocess.run(
        [sys.executable, "-m", "dvc", "repro"],
        cwd=checkout.root,
        env=kept | {"VIVIER_HOME": str(checkout.home), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
