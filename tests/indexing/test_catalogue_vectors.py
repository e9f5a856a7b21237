"""The catalogue is encoded once per encoder, and again when its copy is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexing.prediction.kept_vectors import catalogue_vectors
from indexing.skills import load_catalogue
from tests.fakes import HashEncoder


def test_the_vectors_are_kept_and_read_back(tmp_path: Path) -> None:
    encoder, catalogue = HashEncoder(), load_catalogue()
    made = catalogue_vectors(encoder, catalogue, tmp_path)
    assert made.skills.shape == (len(catalogue.skills), encoder.dimension)
    assert made.roles.shape == (len(catalogue.roles), encoder.dimension)
    kept = next(tmp_path.glob("catalogue-*.npz"))
    before = kept.stat().st_mtime_ns
    assert np.array_equal(catalogue_vectors(encoder, catalogue, tmp_path).skills, made.skills)
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_a_damaged_copy_is_made_again(tmp_path: Path, damage: bytes) -> None:
    encoder, catalogue = HashEncoder(), load_catalogue()
    made = catalogue_vectors(encoder, catalogue, tmp_path)
    kept = next(tmp_path.glob("catalogue-*.npz"))
    kept.write_bytes(damage)
    assert np.array_equal(catalogue_vectors(encoder, catalogue, tmp_path).roles, made.roles)
    assert kept.read_bytes() != damage
