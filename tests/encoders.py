"""Exported encoders for tests: made once, then kept in pytest's cache until something that makes them changes."""

from __future__ import annotations

import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from indexing.export.graph import Precision, export_encoder
from indexing.export.sources import english_minilm
from indexing.model_folder import file_hash

_MAKERS = (
    "export/canary_texts",
    "export/graph",
    "export/quantisation",
    "export/sources",
    "export/torch_encoder",
    "model_folder",
    "onnx_encoder",
    "passages",
)
_LIBRARIES = ("onnx", "onnxruntime", "sentence-transformers", "tokenizers", "torch", "transformers")


def minilm_folder(cache: pytest.Cache, precision: Precision) -> Path:
    """The ONNX folder of all-MiniLM-L6-v2; read only."""
    indexing = Path(__file__).parents[1] / "indexing"
    made_by = [file_hash(indexing / f"{maker}.py") for maker in _MAKERS] + [version(library) for library in _LIBRARIES]
    key = hashlib.sha256(" ".join(made_by).encode()).hexdigest()[:12]
    folder = Path(cache.mkdir("encoders")) / f"minilm-{precision}-{key}"
    if not folder.exists():
        for stale in folder.parent.glob(f"minilm-{precision}-*"):
            shutil.rmtree(stale)
        export_encoder(english_minilm(), folder, precision=precision)
    return folder
