"""The embedding cache survives kills and never encodes a text twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexing.embedding_cache import ROWS, VECTORS, EmbeddingCache
from indexing.errors import Busy, InvalidVector
from indexing.passages import Passage, text_hash


def passage(number: int, text: str | None = None) -> Passage:
    words = f"text {number}" if text is None else text
    return Passage(number, 1, f"person-{number}", words, text_hash(words))


def vectors(count: int, start: int = 0) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.float32)[:, None] * np.ones((1, 4), np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "fingerprint"


def test_what_was_added_is_there_after_reopening(folder: Path) -> None:
    passages = [passage(number) for number in range(5)]
    with EmbeddingCache(folder, dimension=4) as cache:
        cache.add(passages, vectors(5))
    with EmbeddingCache(folder, dimension=4) as cache:
        assert cache.missing(passages) == []
        assert cache.vectors()[cache.row_of(passages[3].text_hash)].tolist() == [3.0] * 4


def test_a_text_shared_by_many_people_is_missing_once(folder: Path) -> None:
    with EmbeddingCache(folder, dimension=4) as cache:
        missing = cache.missing([passage(1, "same"), passage(2, "same"), passage(3, "")])
    assert [one.person for one in missing] == [1]


def test_one_changed_row_of_a_hundred_embeds_one(folder: Path) -> None:
    with EmbeddingCache(folder, dimension=4) as cache:
        cache.add([passage(number) for number in range(100)], vectors(100))
        changed = [passage(number) for number in range(99)] + [passage(99, "new words")]
        assert len(cache.missing(changed)) == 1


def test_numpy_reads_the_file_as_it_is(folder: Path) -> None:
    with EmbeddingCache(folder, dimension=4) as cache:
        cache.add([passage(0), passage(1)], vectors(2))
    assert np.load(folder / VECTORS).tolist() == vectors(2).tolist()
    assert (folder / ROWS).read_text().splitlines()[0] == "text_hash,login,passage"


@pytest.mark.parametrize("cut", [1, 5, 15, 16, 17, 40])
def test_vectors_cut_by_a_kill_lose_only_the_rows_that_are_not_whole(folder: Path, cut: int) -> None:
    passages = [passage(number) for number in range(6)]
    with EmbeddingCache(folder, dimension=4) as cache:
        cache.add(passages, vectors(6))
    content = (folder / VECTORS).read_bytes()
    (folder / VECTORS).write_bytes(content[:-cut])
    with EmbeddingCache(folder, dimension=4) as cache:
        missing = cache.missing(passages)
        assert len(missing) == -(-cut // 16)
        cache.add(missing, vectors(len(missing), start=6 - len(missing)))
        assert cache.vectors().tolist() == vectors(6).tolist()


@pytest.mark.parametrize("cut", [1, 10, 60, 10_000])
def test_lines_cut_by_a_kill_lose_only_those_rows(folder: Path, cut: int) -> None:
    passages = [passage(number) for number in range(6)]
    with EmbeddingCache(folder, dimension=4) as cache:
        cache.add(passages, vectors(6))
    text = (folder / ROWS).read_bytes()
    (folder / ROWS).write_bytes(text[: max(0, len(text) - cut)])
    with EmbeddingCache(folder, dimension=4) as cache:
        for one in passages[: 6 - len(cache.missing(passages))]:
            assert cache.vectors()[cache.row_of(one.text_hash)].tolist() == [float(one.person)] * 4


def test_two_processes_do_not_write_one_cache(folder: Path) -> None:
    with EmbeddingCache(folder, dimension=4), pytest.raises(Busy):
        EmbeddingCache(folder, dimension=4)


def test_vectors_that_are_not_finite_are_refused_and_none_is_kept(folder: Path) -> None:
    with EmbeddingCache(folder, dimension=4) as cache:
        with pytest.raises(InvalidVector):
            cache.add([passage(0)], np.full((1, 4), np.nan, np.float32))
        assert len(cache) == 0
