"""The catalogue in an encoder's space: one vector per skill and per role, made once per encoder and catalogue."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np

from indexing.encoder import Encoder
from indexing.prediction import CatalogueVectors, catalogue_texts, encode_catalogue
from indexing.skills import Catalogue
from indexing.whole_files import write_bytes_whole


def catalogue_vectors(encoder: Encoder, catalogue: Catalogue, folder: Path) -> CatalogueVectors:
    """The catalogue's vectors, read from the model's folder or encoded (about two seconds) and kept there."""
    skills, roles = catalogue_texts(catalogue)
    named = hashlib.blake2b("\n".join((*skills, "", *roles)).encode(), digest_size=8).hexdigest()
    path = folder / f"catalogue-{named}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as kept:
            return CatalogueVectors(kept["skills"], kept["roles"])
    found = encode_catalogue(catalogue, encoder.encode_passages)
    buffer = io.BytesIO()
    np.savez(buffer, skills=found.skills, roles=found.roles)
    write_bytes_whole(path, buffer.getvalue())
    return found
