"""How far a search of the graph looks grows with the collection."""

from __future__ import annotations

import pytest

from indexing.releases import EF_PASSAGES, LARGEST_EF, RankingConstants
from tests.registries import make_release


@pytest.mark.parametrize(
    ("passages", "ef"), [(10, 384), (EF_PASSAGES, 384), (4 * EF_PASSAGES, 768), (1_068_000, 1_536), (10**9, 1_536)]
)
def test_a_larger_collection_is_searched_deeper_but_not_without_end(passages: int, ef: int) -> None:
    assert abs(make_release(passages=passages).search_ef - ef) <= 40


def test_no_release_asks_for_more_than_a_server_allows() -> None:
    tuned = make_release(passages=10**9, ranking=RankingConstants(hnsw_ef=9_000))
    assert tuned.search_ef == LARGEST_EF
