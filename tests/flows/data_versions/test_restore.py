"""Older versions brought back: without losing work, without bringing anybody back who left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.data_versions.record import PROFILES
from indexing.errors import InputError
from indexing.sample import generate, write_sample
from tests.e2e.homes import rewrite
from tests.flows.data_versions.checkouts import Checkout, files_in, sweep_of
from tests.flows.data_versions.conftest import isolate
from tests.s3_server import S3Server

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def master(project: Path, s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout whose commits `v1` and `v2` have different raw files; those of v2 lie there. Copied, not used."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("master")
        isolate(place, patch)
        checkout = Checkout.clone(project, place / "checkout", prefix="two-versions")
        write_sample(generate(7, people=100), checkout.raw, place / "judgements")
        checkout.push(s3, tag="v1")
        rewrite(checkout.raw / "github_users.csv", lambda rows: rows[:-10])
        checkout.push(s3, tag="v2")
    return checkout


@pytest.fixture
def two_versions(master: Checkout, tmp_path: Path) -> Checkout:
    """A copy of it."""
    return master.copy(tmp_path / "checkout")


def test_another_version_comes_back_and_git_stays_where_it_is(two_versions: Checkout, s3: S3Server) -> None:
    head, latest = two_versions.git("rev-parse", "HEAD"), files_in(two_versions.raw)
    restored = two_versions.checkout("v1", s3)
    assert restored.paths == ("data/raw",)
    assert files_in(two_versions.raw) != latest
    assert two_versions.git("rev-parse", "HEAD") == head
    assert two_versions.repository.uncommitted() == ("dvc.lock",)
    two_versions.checkout("HEAD", s3)
    assert files_in(two_versions.raw) == latest
    assert two_versions.repository.uncommitted() == ()


def test_a_clone_fetches_an_older_version_that_it_never_had(
    two_versions: Checkout, s3: S3Server, tmp_path: Path
) -> None:
    two_versions.checkout("v1", s3)
    other = Checkout.clone(two_versions.root, tmp_path / "other", prefix=two_versions.prefix)
    other.data("pull", "--rev", "v1", s3=s3)
    assert files_in(other.raw) == files_in(two_versions.raw)


def test_raw_files_that_no_version_has_are_kept_unless_given_up(two_versions: Checkout, s3: S3Server) -> None:
    rewrite(two_versions.raw / "github_users.csv", lambda rows: rows[:-5])
    mine = files_in(two_versions.raw)
    for bring in (lambda: two_versions.checkout("v1", s3), lambda: two_versions.pull(s3)):
        with pytest.raises(InputError, match="--force gives it up"):
            bring()
    assert files_in(two_versions.raw) == mine
    assert two_versions.repository.uncommitted() == ()
    two_versions.checkout("v1", s3, force=True)
    assert files_in(two_versions.raw) != mine


def test_who_left_is_not_brought_back_and_is_no_reason_to_refuse(two_versions: Checkout, s3: S3Server) -> None:
    login = two_versions.first_login
    sweep = sweep_of(login)
    sweep(two_versions.root / "data", two_versions.processed)  # the erasure; the files differ from every version now
    for version in ("v1", "v2", "v1"):
        two_versions.checkout(version, s3, sweep=sweep)
        for content in files_in(two_versions.raw).values():
            assert login.encode() not in content
    two_versions.pull(s3, sweep=sweep)
    assert not list((two_versions.root / ".dvc" / "tmp").glob("restored-*"))


def test_enriched_people_of_another_version_do_not_stay(two_versions: Checkout, s3: S3Server) -> None:
    """`vivier index` would index them as if they were of this one."""
    two_versions.processed.mkdir(exist_ok=True)
    (two_versions.root / PROFILES).write_bytes(b"of v2")
    restored = two_versions.checkout("v1", s3)
    assert not (two_versions.root / PROFILES).exists()
    assert restored.next_step.startswith("vivier index --users data/raw/github_users.csv")


@pytest.mark.parametrize(
    ("name", "says"), [("v9", "git knows no revision 'v9'"), ("dvc-0123456789ab", "No commit here records")]
)
def test_a_revision_that_nobody_knows_is_one_sentence(
    two_versions: Checkout, s3: S3Server, name: str, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        two_versions.checkout(name, s3)


def test_a_commit_without_data_says_so(two_versions: Checkout, s3: S3Server) -> None:
    with pytest.raises(InputError, match=r"no dvc\.lock in that commit"):
        two_versions.checkout("v1~1", s3)


def test_a_version_that_is_gone_from_the_storage_leaves_everything_as_it_was(
    two_versions: Checkout, s3: S3Server
) -> None:
    latest = files_in(two_versions.raw)
    two_versions.dvc("gc", "--workspace", "--force")
    purged = replace(two_versions, prefix="purged")  # nothing is there any more
    with pytest.raises(InputError, match="never pushed, or removed by a purge"):
        purged.checkout("v1", s3)
    assert files_in(two_versions.raw) == latest
    assert two_versions.repository.uncommitted() == ()
