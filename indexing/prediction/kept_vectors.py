"""The catalogue in an encoder's space: one vector per skill and per role, made once per encoder and catalogue."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np

from indexing.encoder import Encoder
from indexing.prediction.scoring import CatalogueVectors, catalogue_texts, encode_catalogue
from indexing.skills import Catalogue
from indexing.whole_files import write_bytes_whole


def catalogue_vectors(encoder: Encoder, catalogue: Catalogue, folder: Path) -> CatalogueVectors:
    """The catalogue's vectors, read from the model's folder or encoded (about two seconds) and kept there."""
    skills, roles = catalogue_texts(catalogue)
    named = hashlib.blake2b("\n".join((*skills, "", *roles)).encode(), digest_size=8).hexdigest()
    path = folder / f"catalogue-{named}.npz"
    kept = _read(path)
    if kept is not None:
        return kept
    found = encode_catalogue(catalogue, encoder.encode_passages)
    buffer = io.BytesIO()
    np.savez(buffer, skills=found.skills, roles=found.roles)
    write_bytes_whole(path, buffer.getvalue())
    return found


def _read(path: Path) -> CatalogueVectors | None:
    """The vectors that are kept; None when there are none, or a damaged file, which is then made again."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            return CatalogueVectors(kept["skills"], kept["roles"])
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        return None
