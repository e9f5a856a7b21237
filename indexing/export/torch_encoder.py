"""The encoder that trains and exports: a sentence-transformers model behind the encoder port."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, Transformer
from tokenizers import Tokenizer

from indexing.encoder import FloatArray
from indexing.errors import InvalidModelFolder
from indexing.export.model_folders import ModelSource, check_folder
from indexing.model_folder import ModelManifest, file_hash, fingerprint_of
from indexing.onnx_encoder import readable
from indexing.passages import TEMPLATE


class TorchEncoder:
    """Encodes each text alone, on the CPU and in full precision: slow, and what an export is held to."""

    def __init__(self, source: ModelSource) -> None:
        self._model: SentenceTransformer | None = load_model(source)
        self._source = source
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.fingerprint = fingerprint_of(_manifest(source, self._model, self.dimension))

    @property
    def model(self) -> SentenceTransformer:
        """The model itself."""
        if self._model is None:
            raise RuntimeError("This encoder is closed.")
        return self._model

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of what people ask."""
        return self._encode(texts, self._source.query_prefix)

    def encode_passages(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of what people wrote."""
        return self._encode(texts, self._source.passage_prefix)

    def close(self) -> None:
        """Free the model's memory."""
        self._model = None

    def _encode(self, texts: Sequence[str], prefix: str) -> FloatArray:
        # The prompt is given even when empty: without one, the model's default prompt would be put in front.
        vectors = [
            self.model.encode(readable(text), prompt=prefix, normalize_embeddings=True, show_progress_bar=False)
            for text in texts
        ]
        if not vectors:
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.stack(vectors).astype(np.float32)


def load_model(source: ModelSource) -> SentenceTransformer:
    """The source as sentence-transformers loads it, ready to encode or to train; safetensors only, no foreign code."""
    check_folder(source.folder)
    # Eager attention: plain matrix products, which is what the exporter can follow and ONNX Runtime fuses again.
    options = {"use_safetensors": True, "attn_implementation": "eager", "dtype": torch.float32}
    try:
        model = SentenceTransformer(
            str(source.folder), device="cpu", model_kwargs=options, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise InvalidModelFolder(f"{source.folder} cannot be loaded by sentence-transformers: {error}") from error
    if isinstance(model[0], StaticEmbedding):
        model[0].tokenizer.enable_truncation(source.max_length)  # its own limit is the tokenizer's
        return model.eval()
    if not isinstance(model[0], Transformer) or not getattr(model.tokenizer, "is_fast", False):
        raise InvalidModelFolder(
            f"{source.folder} is a {type(model[0]).__name__} model; only transformers with a tokenizer.json, and "
            "static embeddings, work.",
            field="source",
        )
    model.max_seq_length = source.max_length
    return model.eval()


def tokenizer_of(model: SentenceTransformer) -> Tokenizer:
    """A copy of the tokenizer as it is served: the library's own, behind a transformer or alone."""
    tokenizer = model.tokenizer
    return Tokenizer.from_str((tokenizer if isinstance(tokenizer, Tokenizer) else tokenizer.backend_tokenizer).to_str())


def pooling_of(model: SentenceTransformer) -> str:
    """How token vectors become one vector, in a few words."""
    steps = [
        f"{type(module).__name__}({module.pooling_mode})" if isinstance(module, Pooling) else type(module).__name__
        for module in model
    ]
    return " > ".join(steps)


def _manifest(source: ModelSource, model: SentenceTransformer, dimension: int) -> ModelManifest:
    deciding = [*source.folder.rglob("*.safetensors"), *source.folder.rglob("*.json")]
    return ModelManifest(
        name=source.name,
        dimension=dimension,
        max_length=source.max_length,
        precision="torch-fp32",
        query_prefix=source.query_prefix,
        passage_prefix=source.passage_prefix,
        template=TEMPLATE,
        pooling=pooling_of(model),
        normalised=True,
        files={path.relative_to(source.folder).as_posix(): file_hash(path) for path in sorted(deciding)},
        fingerprint="",
    )
