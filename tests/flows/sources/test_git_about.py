"""What a repository is said to be about, by its own README and the names of its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources.git_history import GitHistory
from flows.sources.git_history.languages import kind_of
from flows.sources.git_history.readme import first_sentence
from tests.flows.sources.histories import MOMENT, Row, Written, collect, make_clone

HISTORY = [Written(), Written("Bo Tide <bo@tides.example.org>", touches=["docs/tides.md"])]


def about(tmp_path: Path, clone: Path) -> Row:
    """The row of the only repository."""
    (row,) = collect(GitHistory([clone], MOMENT), tmp_path / "raw").repos
    return row


def test_a_repository_says_what_its_readme_says_first(tmp_path: Path) -> None:
    badge = b"[![build](https://ci.example.org/b.svg)](https://ci.example.org)"
    readme = b"# Kelp\n\n%s\n\n**Kelp** draws tides. More follows.\n" % badge
    clone = make_clone(tmp_path / "x.git", [*HISTORY, Written(touches=["README.md"], content=readme)])
    assert about(tmp_path, clone)["description"] == "Kelp draws tides."


def test_a_description_written_by_hand_comes_first(tmp_path: Path) -> None:
    clone = make_clone(
        tmp_path / "x.git", [*HISTORY, Written(touches=["README"], content=b"It draws tides for sailors.")]
    )
    (clone / "description").write_text("The harbour's own\ntide tables\n", encoding="utf-8")
    assert about(tmp_path, clone)["description"] == "The harbour's own tide tables"


def test_its_language_is_that_of_most_files_and_foreign_ones_do_not_count(tmp_path: Path) -> None:
    vendored = [f"vendor/{number}.js" for number in range(9)]
    clone = make_clone(
        tmp_path / "x.git", [Written(touches=["a.rs", "b.rs", "c.py", "d.md", "e.md", "f.md", *vendored])]
    )
    assert about(tmp_path, clone)["language"] == "Rust"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Kelp\n====\n\nKelp draws tides. And more.", "Kelp draws tides."),
        (
            "---\ntitle: x\n---\n<h1 align='center'>Kelp</h1>\n<p>\n\nKelp draws tides\nfor sailors",
            "Kelp draws tides for sailors",
        ),
        (
            ".. image:: x.svg\n   :target: y\n\nKelp draws `tides <https://e.example.org>`_ well!",
            "Kelp draws tides well!",
        ),
        (
            "```sh\nmake all the tides\n```\n\n> quoted words of others\n\n* a list of words\n\nKelp v1.2 draws tides.",
            "Kelp v1.2 draws tides.",
        ),
        ("<!-- hidden\nwords of ours -->\nSee [the docs](https://e.example.org) on tides.", "See the docs on tides."),
        ("# Kelp", None),
        ("| a | table |\n|---|---|", None),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:00", None),
        ("", None),
    ],
)
def test_the_first_sentence_is_prose(text: str, sentence: str | None) -> None:
    assert first_sentence(text) == sentence


def test_a_readme_of_fifty_megabytes_is_not_read_to_its_end(tmp_path: Path) -> None:
    huge = b"Kelp draws tides. " + b"tide " * 10_000_000
    clone = make_clone(tmp_path / "x.git", [Written(touches=["README.md"], content=huge)])
    assert about(tmp_path, clone)["description"] == "Kelp draws tides."


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"model.PY", "Python"),
        (b"Dockerfile", "Dockerfile"),
        (b"CMakeLists.txt", "CMake"),
        (b"a.d.ts", "TypeScript"),
        (b".py", None),
        (b"notes.txt", None),
        (b"LICENSE", None),
        (b"\xff\xfe.rs", "Rust"),
    ],
)
def test_a_files_kind_is_told_by_its_name(name: bytes, kind: str | None) -> None:
    assert kind_of(name) == kind
