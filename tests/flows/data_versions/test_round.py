"""Record, push, clone, pull: the same bytes come back, with `vivier data` and with plain `dvc`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from flows.data_versions.push import NOTHING, push
from indexing.errors import InputError
from indexing.raw_data import data_rev
from indexing.raw_data.revision import folder_hash, revision_of
from tests.flows.data_versions.checkouts import Checkout, files_in, quiet
from tests.s3_server import S3Server

pytestmark = pytest.mark.e2e


@pytest.mark.slow
def test_what_is_pushed_is_pulled_into_a_fresh_clone_byte_for_byte(
    with_sample: Checkout, s3: S3Server, tmp_path: Path
) -> None:
    with_sample.data("init", s3=s3)
    pushed = json.loads(with_sample.data("push", "--commit", "--json", s3=s3).stdout)
    assert pushed["recorded"] == ["data/raw"]
    assert pushed["sent"] == 4  # three tables and their list
    assert with_sample.git("show", "--name-only", "--format=", "HEAD") == "dvc.lock"
    other = Checkout.clone(with_sample.root, tmp_path / "other", prefix=with_sample.prefix)
    other.data("pull", s3=s3)
    assert files_in(other.raw) == files_in(with_sample.raw)
    assert other.status(s3).is_safe


@pytest.mark.slow
def test_after_init_plain_dvc_pushes_and_pulls_with_keys_that_are_written_nowhere(
    with_sample: Checkout, s3: S3Server, tmp_path: Path
) -> None:
    said = with_sample.data("init", s3=s3).stdout
    assert "written, read and deleted" in said
    assert with_sample.dvc("commit", "--force", "scrape", s3=s3).returncode == 0
    assert with_sample.dvc("push", s3=s3).returncode == 0
    with_sample.git("add", "dvc.lock")
    with_sample.git("commit", "--quiet", "--message", "data")
    other = Checkout.clone(with_sample.root, tmp_path / "other", prefix=with_sample.prefix)
    other.data("init", "--read-only", s3=s3)
    assert other.dvc("pull", "scrape", s3=s3).returncode == 0
    assert files_in(other.raw) == files_in(with_sample.raw)
    for path in other.root.rglob("*"):
        assert not (path.is_file() and b"writers-secret" in path.read_bytes()), path


@pytest.mark.slow
def test_without_data_push_and_status_say_so_and_pull_says_what_brings_some(checkout: Checkout, s3: S3Server) -> None:
    assert checkout.data("push").stdout.strip() == NOTHING  # and needs no storage for it
    assert "no data here" in checkout.data("status", "--offline").stdout
    with pytest.raises(InputError, match="No data is recorded"):
        checkout.pull(s3)


@pytest.mark.slow
def test_status_tells_new_changed_unsent_and_missing_data_apart(with_sample: Checkout, s3: S3Server) -> None:
    found = with_sample.status(s3)
    assert (found.new, found.recorded, found.is_safe) == (("data/raw",), (), False)
    push(with_sample.repository, with_sample.remote(s3), say=quiet)
    found = with_sample.status(s3)
    assert (found.new, found.not_pushed, found.not_committed) == ((), 0, ("dvc.lock",))
    with_sample.git("add", "dvc.lock")
    with_sample.git("commit", "--quiet", "--message", "data")
    assert json.loads(with_sample.data("status", "--json", s3=s3).stdout)["is_safe"]
    (with_sample.raw / "github_users.csv").write_text("login\nnobody\n")
    assert with_sample.status(s3).changed == ("data/raw",)
    shutil.rmtree(with_sample.raw)
    found = with_sample.status(s3)
    assert (found.absent, found.changed) == (("data/raw",), ())
    said = with_sample.data("status", s3=s3, VIVIER_S3_ENDPOINT="http://127.0.0.1:1").stdout
    assert "recorded and not here: data/raw" in said
    assert "Nothing answers at http://127.0.0.1:1" in said


@pytest.mark.slow
def test_data_rev_is_the_hash_that_dvc_records_and_then_the_commit_that_first_did(
    with_sample: Checkout, s3: S3Server
) -> None:
    tables = [with_sample.raw / f"github_{name}.csv" for name in ("users", "repos", "contributions")]
    (with_sample.raw / ".unfinished.part").write_text("no data")
    before = revision_of(*tables)
    for report in ("quality.html", "quality.json"):
        (with_sample.raw / report).write_text("made anew at will")
    with_sample.push(s3)
    lock = (with_sample.root / "dvc.lock").read_text()
    assert f"{folder_hash(with_sample.raw)}.dir" in lock
    assert before == f"dvc-{folder_hash(with_sample.raw)[:12]}"
    commit = with_sample.git("rev-parse", "HEAD")
    with_sample.git("commit", "--quiet", "--allow-empty", "--message", "code")
    assert revision_of(*tables) == f"{before}-git-{commit[:12]}"
    for name in (before, f"{before}-git-{commit[:12]}"):
        assert with_sample.repository.revision(name) == commit


def test_tables_that_dvc_does_not_keep_are_named_by_their_content(with_sample: Checkout, tmp_path: Path) -> None:
    users, repos, contributions = (
        with_sample.raw / f"github_{name}.csv" for name in ("users", "repos", "contributions")
    )
    assert revision_of(users, repos, None) == data_rev(users, repos, None)  # not the whole folder
    (tmp_path / "elsewhere").mkdir()
    copies = [tmp_path / "elsewhere" / path.name for path in (users, repos, contributions)]
    for path, copy in zip((users, repos, contributions), copies, strict=True):
        copy.write_bytes(path.read_bytes())
    assert revision_of(*copies) == data_rev(users, repos, contributions)
