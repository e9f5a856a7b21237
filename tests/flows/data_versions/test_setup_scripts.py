"""The first-time set-up on Linux, with the package manager and the installation of Python packages replaced."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.data_versions.checkouts import PROGRAM, Checkout, files_in
from tests.s3_server import S3Server

pytestmark = pytest.mark.e2e
if sys.platform != "linux":
    pytest.skip("the script for Linux", allow_module_level=True)
NEEDED = ("sh", "dirname", "id", "env", "grep", "cat", "mkdir", "chmod", "ln")  # of the system; git is not among them


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH with little on it, where `make setup` makes an environment with our command line."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(found(name))
    (folder / "python3").symlink_to(sys.executable)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    script(folder / "make", f'mkdir -p .venv/bin\nln -sf "{folder}/vivier" .venv/bin/vivier\necho "made: $*"')
    script(folder / "vivier", f'shift\nexec "{sys.executable}" "{program}" "$@"')  # `vivier data` is one of several
    return folder


def found(name: str) -> str:
    path = shutil.which(name)
    assert path, name
    return path


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\nset -eu\n{text}\n")
    path.chmod(0o755)


def set_up(
    checkout: Checkout, programs: Path, *arguments: str, s3: S3Server | None = None
) -> subprocess.CompletedProcess[str]:
    environment = checkout.environment(s3) | {"PATH": str(programs), "HOME": str(checkout.root.parent)}
    return subprocess.run(
        ["sh", str(checkout.root / "deploy" / "setup" / "setup-linux.sh"), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.slow
@pytest.mark.long
def test_a_fresh_clone_has_its_environment_its_storage_and_its_data(
    with_sample: Checkout, s3: S3Server, programs: Path, tmp_path: Path
) -> None:
    with_sample.push(s3)
    other = Checkout.clone(with_sample.root, tmp_path / "other", prefix=with_sample.prefix)
    (programs / "git").symlink_to(found("git"))
    for _ in range(2):  # the second time, everything is there
        done = set_up(other, programs, "--yes", s3=s3)
        assert done.returncode == 0, done.stderr
        assert "made: setup" in done.stdout
        assert files_in(other.raw) == files_in(with_sample.raw)


def test_what_is_missing_is_installed_with_the_package_manager(checkout: Checkout, programs: Path) -> None:
    asked = checkout.root.parent / "asked"
    script(programs / "apt-get", f'echo "$*" >> {asked}\nln -sf "{found("git")}" "{programs}/git"')
    script(programs / "sudo", '"$@"')
    done = set_up(checkout, programs, "--yes", "--no-data")
    assert done.returncode == 0, done.stderr
    assert "install -q -y git make python3 python3-venv" in asked.read_text()
    assert "The project is set up" in done.stdout


def test_without_a_storage_the_project_is_set_up_and_how_to_name_one_is_said(
    checkout: Checkout, programs: Path
) -> None:
    (programs / "git").symlink_to(found("git"))
    done = set_up(checkout, programs)
    assert done.returncode == 0, done.stderr
    assert "without a storage" in done.stdout


@pytest.mark.parametrize("arguments", [("--nonsense",), ("--url",)])
def test_an_option_that_there_is_not_is_refused(checkout: Checkout, programs: Path, arguments: tuple[str, ...]) -> None:
    (programs / "git").symlink_to(found("git"))
    assert set_up(checkout, programs, *arguments).returncode == 2


def test_the_script_for_windows_is_powershell() -> None:
    """By a grammar that is not Microsoft's: what it cannot read is wrong, what it reads may still be."""
    grammar = pytest.importorskip("tree_sitter_powershell", reason="tree-sitter-powershell is not installed")
    from tree_sitter import Language, Parser

    script = (Path(__file__).parents[3] / "deploy" / "setup" / "setup-windows.ps1").read_bytes()
    parser = Parser(Language(grammar.language()))
    assert not parser.parse(script).root_node.has_error
    assert parser.parse(script.replace(b"}", b"", 1)).root_node.has_error  # it would be found


def test_every_script_is_read_by_the_shell_without_complaint() -> None:
    folder = Path(__file__).parents[3] / "deploy" / "setup"
    for path in folder.glob("*.sh"):
        subprocess.run(["sh", "-n", str(path)], check=True)
        assert os.access(path, os.X_OK), path
