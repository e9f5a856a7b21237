"""Addresses are hashed for merging and are nowhere else: in no file, no sentence, no log, no command line."""

from __future__ import annotations

import logging
import re
import tempfile
from pathlib import Path

import pytest

from flows.sources.git_history import GitHistory
from flows.sources.git_history.history import read_history
from flows.sources.git_history.process import Git
from flows.sources.git_history.signatures import Signatures
from indexing.errors import InputError
from tests.flows.sources.histories import MOMENT, Written, collect, make_clone

ANY_ADDRESS = re.compile(rb"[^\s<>\"]+@[^\s<>\"]+\.[a-z]{2,}")
SECRET = "s3cret-local-part"
MAILMAP = f"Ada Lumen <{SECRET}.ada@tides.example.org> <{SECRET}.moon@home.example.org>\n".encode()
HISTORY = [
    Written(f"Ada Lumen <{SECRET}.ada@tides.example.org>", f"Ask {SECRET}.x@tides.example.org about neap tides"),
    Written(
        f"{SECRET}.bo@tides.example.org <{SECRET}.bo@tides.example.org>",
        f"Draw spring tides <{SECRET}.y@tides.example.org>\n\n"
        f"Signed-off-by: Bo <{SECRET}.bo@tides.example.org>\nCo-authored-by: Cy <{SECRET}.cy@tides.example.org>",
    ),
    Written(f"moon <{SECRET}.moon@home.example.org>", "Chart soundings of the harbour for x (at) example (dot) org"),
    Written(touches=[f"mail/{SECRET}.z@tides.example.org/cur/notes.md"]),
    Written(touches=["README.md"], content=f"Write to {SECRET}.help@tides.example.org for the tide tables.".encode()),
    Written(touches=[".mailmap"], content=MAILMAP),
    Written(f"Wren Vale <{SECRET}+{'x' * 80}@tides.example.org>", f"{SECRET}.w@tides.example.org: Draw tides and kelp"),
]


def everything(folder: Path) -> bytes:
    """Every byte of every file, and every name."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return b"".join(str(path).encode() + path.read_bytes() for path in paths)


def test_no_address_is_in_any_byte_that_is_written_said_or_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    clone = make_clone(tmp_path / "x.git", HISTORY, origin=f"https://{SECRET}.o@git.example.org/reef/kelp.git")
    found = collect(GitHistory([clone], MOMENT), tmp_path / "raw")
    captured = capfd.readouterr()
    told = [*found.said, captured.out, captured.err, caplog.text, repr(found.ledger)]
    written = everything(tmp_path / "raw") + everything(temporary) + "\n".join(told).encode()
    assert len(found.users) == 4
    assert SECRET.encode() not in written
    assert not ANY_ADDRESS.search(written)
    assert not list(temporary.iterdir())


def test_no_address_is_kept_in_memory_once_a_history_is_read(tmp_path: Path) -> None:
    signatures = Signatures()
    clone = make_clone(tmp_path / "x.git", HISTORY)
    history = read_history(Git(clone), ["HEAD"], signatures, since=None, now=MOMENT, say=lambda _: None)
    held = [(one.name, one.handle, one.account) for one in signatures.known]
    assert SECRET not in repr(held)
    assert all(len(one.address or b"") in (0, 16) for one in signatures.known)
    assert "Lumen" not in repr(signatures.known)
    assert len(history.parts) == len(signatures.known) >= 5


def test_what_git_complains_about_is_told_without_addresses(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "x.git", HISTORY)
    (clone / "HEAD").write_text(f"ref: refs/heads/{SECRET}@tides.example.org\n", encoding="utf-8")
    (clone / "packed-refs").write_text(f"# pack-refs with: peeled\n{'0' * 39}g refs/heads/{SECRET}@tides.example.org\n")
    with pytest.raises(InputError) as caught:
        collect(GitHistory([clone], MOMENT), tmp_path / "raw")
    assert "packed-refs" in str(caught.value)
    assert SECRET not in str(caught.value)
