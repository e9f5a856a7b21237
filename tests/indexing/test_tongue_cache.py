"""Languages that were told once are remembered, and nothing of what was taken back."""

from __future__ import annotations

from pathlib import Path

from indexing.centring import tongues_of
from indexing.passages import text_hash
from indexing.tongue_cache import FILE, remembered_tongues

ENGLISH, FRENCH = "A parser for the tide tables of small harbours.", "Un outil pour dessiner des cartes marines."


def test_remembered_languages_are_those_that_were_told(tmp_path: Path) -> None:
    texts = [ENGLISH, FRENCH, "", ENGLISH]
    first = remembered_tongues(texts, tmp_path)
    assert first == remembered_tongues(texts, tmp_path) == tongues_of(texts)
    assert remembered_tongues([FRENCH], tmp_path) == ["fr"]


def test_what_is_written_down_decides(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(f"text_hash,tongue\n{text_hash(ENGLISH)},fr\n", encoding="utf-8")
    assert remembered_tongues([ENGLISH], tmp_path) == ["fr"]


def test_only_hashes_of_the_texts_that_are_left_stay(tmp_path: Path) -> None:
    remembered_tongues([ENGLISH, FRENCH], tmp_path)
    remembered_tongues([FRENCH], tmp_path)
    written = (tmp_path / FILE).read_text(encoding="utf-8")
    assert text_hash(FRENCH) in written
    assert text_hash(ENGLISH) not in written


def test_a_file_of_somebody_elses_or_half_a_line_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("something else\n", encoding="utf-8")
    assert remembered_tongues([ENGLISH], tmp_path) == ["en"]
    (tmp_path / FILE).write_text(f"text_hash,tongue\n{text_hash(ENGLISH)}", encoding="utf-8")
    assert remembered_tongues([ENGLISH, FRENCH], tmp_path) == ["en", "fr"]
