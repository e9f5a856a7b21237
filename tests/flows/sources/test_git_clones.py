"""What may be on a disk under the name of a clone, and what a scrape says of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from flows.sources.git_history import GitHistory
from flows.sources.git_history.clones import address_of_remote, name_of_remote
from indexing.errors import InputError
from tests.flows.sources.histories import MOMENT, Collected, Written, collect, git, make_clone

HISTORY = [Written(), Written("Bo Tide <bo@tides.example.org>", touches=["docs/tides.md"])]


def scrape(tmp_path: Path, *paths: Path, **options: object) -> Collected:
    """What a scrape of these makes."""
    return collect(GitHistory(paths, MOMENT, **options), tmp_path / "raw")  # type: ignore[arg-type]


def refused(tmp_path: Path, *paths: Path, **options: object) -> str:
    """The one sentence in which a scrape refuses, having left nothing behind."""
    with pytest.raises(InputError) as caught:
        scrape(tmp_path, *paths, **options)
    assert list((tmp_path / "raw").iterdir()) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Its name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/reef-org/kelp.git", "reef-org/kelp"),
        ("https://ada:secret@git.example.org/reef-org/kelp", "reef-org/kelp"),
        ("git@github.com:reef-org/kelp.git", "reef-org/kelp"),
        ("ssh://git@git.example.org:7999/REEF/kelp.git", "REEF/kelp"),
        ("https://git.example.org/group/inner/kelp.git/", "inner/kelp"),
        ("https://dev.example.org/reef-org/tides/_git/kelp", "tides/kelp"),
        ("git.example.org:reef-org/kelp", "reef-org/kelp"),
        ("https://git.example.org/reef%20org/k%40lp.git", "reef-org/k-lp"),
        ("/srv/git/kelp.git", None),
        ("../kelp", None),
        ("C:/code/kelp", None),
        ("file:///srv/git/kelp.git", None),
        ("https://git.example.org/kelp", None),
        ("", None),
    ],
)
def test_a_repository_is_called_what_its_remote_says(url: str, name: str | None) -> None:
    assert name_of_remote(url) == name


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://git.example.org/reef-org/kelp.git", "https://git.example.org/reef-org/kelp"),
        ("https://ada:secret@git.example.org:8443/reef-org/kelp", "https://git.example.org:8443/reef-org/kelp"),
        ("http://git.example.org/group/inner/kelp.git/", "http://git.example.org/group/inner/kelp"),
        ("git@git.example.org:reef-org/kelp.git", "https://git.example.org/reef-org/kelp"),
        ("ssh://git@git.example.org:7999/REEF/kelp.git", "https://git.example.org/REEF/kelp"),
        ("work:reef-org/kelp.git", None),  # a nickname in ~/.ssh/config
        ("git@ssh.example.org:v3/reef-org/kelp", None),
        ("git://git.example.org/reef-org/kelp.git", None),
        ("https://git.example.org/kelp?javascript:alert(1)", "https://git.example.org/kelp"),
        ("https://git.example.org/<script>/kelp", None),
        ("javascript://git.example.org/%0aalert(1)", None),
        ("/srv/git/kelp.git", None),
        ("file:///srv/git/kelp.git", None),
        ("C:/code/kelp", None),
        ("", None),
    ],
)
def test_a_repository_is_seen_where_its_remote_says_without_names_and_keys(url: str, address: str | None) -> None:
    assert address_of_remote(url) == address


@pytest.mark.parametrize(
    ("remote", "seen_at"),
    [
        ("git@git.example.org:reef-org/kelp.git", "https://git.example.org/reef-org/kelp"),
        ("git@github.com:reef-org/kelp.git", ""),  # where everything is that says nothing else
    ],
)
def test_the_address_of_a_clone_from_another_host_is_written(tmp_path: Path, remote: str, seen_at: str) -> None:
    found = scrape(tmp_path, make_clone(tmp_path / "kelp", HISTORY, origin=remote))
    assert [row["html_url"] for row in found.repos] == [seen_at]


def test_a_clone_from_nowhere_is_called_after_its_folder(tmp_path: Path) -> None:
    found = scrape(tmp_path, make_clone(tmp_path / "tide tables@home.git", HISTORY))
    assert [row["full_name"] for row in found.repos] == ["local/tide-tables-home"]


def test_nothing_else_of_a_remotes_address_is_kept(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "x.git", HISTORY, origin="https://ada:s3cret@git.example.org/reef-org/kelp.git")
    found = scrape(tmp_path, clone)
    assert [row["full_name"] for row in found.repos] == ["reef-org/kelp"]
    assert b"s3cret" not in b"".join(path.read_bytes() for path in found.folder.iterdir())


def test_the_only_clone_may_be_given_a_name(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "x.git", HISTORY)
    assert scrape(tmp_path, clone, repository="reef-org/kelp").repos[0]["full_name"] == "reef-org/kelp"
    assert scrape(tmp_path, clone, repository="kelp").repos[0]["full_name"] == "local/kelp"


def test_a_name_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "x.git", HISTORY)
    assert "owner/name" in refused(tmp_path, clone, repository="reef org/kelp")
    assert "give one path with it" in refused(tmp_path, clone, clone, repository="kelp")


def test_two_folders_of_one_name_are_two_repositories_and_two_clones_of_one_remote_are_one(tmp_path: Path) -> None:
    remote = "git@git.example.org:reef-org/kelp.git"
    found = scrape(
        tmp_path,
        make_clone(tmp_path / "a" / "app.git", HISTORY),
        make_clone(tmp_path / "b" / "app", HISTORY, bare=False),
        make_clone(tmp_path / "c", HISTORY, origin=remote),
        make_clone(tmp_path / "d", HISTORY, origin=remote),
    )
    assert [row["full_name"] for row in found.repos] == ["local/app", "local/app-2", "reef-org/kelp"]
    assert sum("are read once" in sentence for sentence in found.said) == 1
    assert {row["commits"] for row in found.contributions} == {"1"}


# What is no clone, or not a whole one


def test_a_clone_with_a_work_tree_is_read_by_its_top_and_by_its_git_folder(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp", HISTORY, bare=False)
    found = scrape(tmp_path, clone, clone / ".git")
    assert [row["full_name"] for row in found.repos] == ["local/kelp"]
    assert len(found.users) == 2


def test_what_is_no_repository_is_said_in_one_sentence(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp", HISTORY, bare=False)
    (tmp_path / "plain").mkdir()
    assert "is no git repository" in refused(tmp_path, tmp_path / "plain")
    assert "is no git repository" in refused(tmp_path, clone, clone / "src")  # the clone around it is not meant
    assert "does not exist" in refused(tmp_path, tmp_path / "absent")
    assert "is a file" in refused(tmp_path, clone / "src" / "tides" / "model.py")


def test_an_empty_clone_is_left_out_and_alone_refused(tmp_path: Path) -> None:
    empty = make_clone(tmp_path / "empty.git", [])
    assert "None of the clones has a commit" in refused(tmp_path, empty)
    found = scrape(tmp_path, empty, make_clone(tmp_path / "kelp.git", HISTORY))
    assert [row["full_name"] for row in found.repos] == ["local/kelp"]
    assert sum("has no commits yet" in sentence for sentence in found.said) == 1


def test_a_clone_whose_head_names_no_branch_is_read_by_its_branches(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp.git", HISTORY)
    git(clone, "symbolic-ref", "HEAD", "refs/heads/trunk")
    assert len(scrape(tmp_path, clone).users) == 2


def test_a_shallow_clone_says_that_it_is_and_its_beginning_is_unknown(tmp_path: Path) -> None:
    whole = make_clone(tmp_path / "whole.git", HISTORY)
    git(tmp_path, "clone", "--quiet", "--bare", "--depth=1", whole.as_uri(), "shallow.git")
    found = scrape(tmp_path, tmp_path / "shallow.git")
    assert sum("git fetch --unshallow" in sentence for sentence in found.said) == 1
    assert [row["created_at"] for row in found.repos] == [""]
    assert found.ledger.selection["shallow"] == 1


def test_a_damaged_clone_stops_everything_with_one_sentence(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp.git", HISTORY)
    first = git(clone, "rev-parse", "main~1^{tree}")
    damaged = clone / "objects" / first[:2] / first[2:]
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-8])
    assert "git fsck" in refused(tmp_path, clone)


def test_a_clone_without_its_trees_fetches_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    whole = make_clone(tmp_path / "whole.git", HISTORY)
    git(whole, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--bare", "--filter=tree:0", whole.as_uri(), "partial.git")
    marker = tmp_path / "ran"
    git(tmp_path / "partial.git", "config", "remote.origin.uploadpack", f"touch {marker}; git-upload-pack")
    sentence = refused(tmp_path, tmp_path / "partial.git")
    assert "is a partial clone" in sentence
    assert not marker.exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_clone_is_not_read_and_the_mend_is_named(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp.git", HISTORY)
    os.chown(clone, 12_345, 12_345)
    assert f"git config --global --add safe.directory {clone}" in refused(tmp_path, clone)


def test_without_git_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = make_clone(tmp_path / "kelp.git", HISTORY)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git was not found; install git" in refused(tmp_path, clone)


def test_a_mailmap_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path, make_clone(tmp_path / "x.git", HISTORY), mailmap=tmp_path / "absent")


# What a clone brings along is not run


def test_nothing_a_clones_configuration_names_is_run(tmp_path: Path) -> None:
    clone = make_clone(
        tmp_path / "kelp", [*HISTORY, Written(touches=[".gitattributes"], content=b"* diff=x\n")], bare=False
    )
    marker = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n", encoding="utf-8")
    program.chmod(0o755)
    for name in (
        *("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "diff.external", "diff.x.textconv"),
        *("diff.x.command", "gpg.program", "gpg.ssh.program", "filter.x.smudge", "credential.helper", "pager.log"),
    ):
        git(clone, "config", name, str(program))
    git(clone, "config", "log.showSignature", "true")
    git(clone, "config", "diff.orderFile", "absent")
    git(clone, "config", "log.showRoot", "false")
    for hook in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        (clone / ".git" / "hooks").mkdir(exist_ok=True)
        (clone / ".git" / "hooks" / hook).symlink_to(program)
    found = scrape(tmp_path, clone)
    assert not marker.exists()
    assert found.part("ada.lumen")["language"] == "Python"  # the first commit is told whole


def test_a_git_that_started_us_does_not_point_it_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_clone(tmp_path / "other.git", [Written("Wren Vale <wren@tides.example.org>")])
    clone = make_clone(tmp_path / "kelp.git", HISTORY)
    monkeypatch.setenv("GIT_DIR", str(other))
    assert "Wren Vale" not in scrape(tmp_path, clone).names.values()


def test_submodules_and_links_are_paths_like_any_other(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp", HISTORY, bare=False)
    (clone / "README.md").symlink_to("/etc/hostname")
    git(clone, "update-index", "--add", "--cacheinfo", f"160000,{git(clone, 'rev-parse', 'HEAD')},inner")
    git(clone, "add", "README.md")
    git(
        clone,
        "commit",
        "--quiet",
        "-m",
        "Take the inner tables along",
        **{"user.name": "Ada", "user.email": "a@b.example.org"},
    )
    found = scrape(tmp_path, clone)
    assert found.repos[0]["description"] == ""
    assert len(found.users) == 3


def test_no_git_is_left_running(tmp_path: Path) -> None:
    clone = make_clone(
        tmp_path / "x.git", [Written(says=f"Draw tide {n}\n\nCo-authored-by: B <b@x.example.org>") for n in range(9)]
    )
    scrape(tmp_path, clone)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(clone) not in listed
