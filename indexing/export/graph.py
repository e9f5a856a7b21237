"""A sentence-transformers folder made into the ONNX folder that serves.

The graph takes token ids alone: pooling and normalisation are inside, and so is the attention mask, all ones, since
every text is encoded alone and none is padded. What is served is checked here, once: the full-precision graph against
sentence-transformers, and the 8-bit one against that.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer

from indexing.encoder import Encoder, FloatArray
from indexing.errors import InvalidModelFolder
from indexing.export.canary_texts import CANARY_TEXTS
from indexing.export.model_folders import ModelSource
from indexing.export.quantisation import quantise
from indexing.export.torch_encoder import TorchEncoder, pooling_of, tokenizer_of
from indexing.model_folder import (
    MODEL_FILE,
    TOKENIZER_FILE,
    Canary,
    ModelManifest,
    Role,
    file_hash,
    fingerprint_of,
    write_manifest,
    written_whole,
)
from indexing.onnx_encoder import OnnxEncoder
from indexing.passages import TEMPLATE

Precision = Literal["int8", "fp32"]
OPSET = 17
MIN_EXPORT_COSINE = 0.9999
# all-MiniLM-L6-v2 keeps .9986, multilingual-e5-small .9995. Below this a model is not made for 8 bits.
MIN_INT8_COSINE = 0.99
_ROLES: tuple[Role, ...] = get_args(Role)


def export_encoder(
    source: ModelSource, destination: Path, *, precision: Precision = "int8", template: str = TEMPLATE
) -> ModelManifest:
    """Write the source's ONNX folder, whole or not at all, and return its manifest.

    InvalidModelFolder when the source cannot be exported, when the exported graph does not give the vectors of
    sentence-transformers, or when 8 bits change them too much.
    """
    if precision not in get_args(Precision):
        raise InvalidModelFolder(f"There is no precision {precision!r}; use int8 or fp32.", field="precision")
    reference = TorchEncoder(source)
    with written_whole(destination) as folder:
        _write_graph(reference.model, folder / MODEL_FILE)
        _write_tokenizer(reference.model, folder / TOKENIZER_FILE, max_length=source.max_length)
        manifest = _manifest(source, reference, folder, precision="fp32", template=template)
        vectors = _canary_vectors(reference)
        reference.close()
        exported = _encoded(folder, manifest)
        worst = float(_cosines(vectors, exported).min())
        if not worst >= MIN_EXPORT_COSINE:
            raise InvalidModelFolder(
                f"The ONNX graph of {source.name} is at cosine {worst:.4f} from sentence-transformers (at least "
                f"{MIN_EXPORT_COSINE} wanted): this kind of model cannot be exported.",
                field="source",
            )
        if precision == "int8":
            quantise(folder / MODEL_FILE, _sample_ids(folder / TOKENIZER_FILE, source))
            manifest = _with_hashes(replace(manifest, precision="int8"), folder)
            kept, exported = exported, _encoded(folder, manifest)
            mean = float(_cosines(kept, exported).mean())
            if not mean >= MIN_INT8_COSINE:
                raise InvalidModelFolder(
                    f"In 8 bits the vectors of {source.name} are at cosine {mean:.3f} from the full ones (at least "
                    f"{MIN_INT8_COSINE} wanted); export it with precision fp32.",
                    field="precision",
                )
        manifest = replace(manifest, canaries=_canaries(exported))
        write_manifest(folder, manifest)
    return manifest


class _IdsToVector(torch.nn.Module):
    """The whole model as one function of token ids."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model
        self.is_static = isinstance(model[0], StaticEmbedding)
        self.has_token_types = not self.is_static and "token_type_ids" in model.tokenizer.model_input_names

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        if self.is_static:
            return self._static(input_ids)
        features = {"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids)}
        if self.has_token_types:
            features["token_type_ids"] = torch.zeros_like(input_ids)
        vector: torch.Tensor = self.model(features)["sentence_embedding"]
        return torch.nn.functional.normalize(vector, p=2, dim=-1)

    def _static(self, input_ids: torch.Tensor) -> torch.Tensor:
        """The mean of the tokens' rows, of none: zeros, passed through the modules after the table."""
        table = cast(StaticEmbedding, self.model[0]).embedding.weight
        rows = torch.nn.functional.embedding(input_ids, table)
        count = torch.ones_like(input_ids).sum(dim=1, keepdim=True).clamp(min=1)
        features = {"sentence_embedding": rows.sum(dim=1) / count}
        for module in list(self.model)[1:]:
            features = module(features)
        return torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=-1)


def _write_graph(model: SentenceTransformer, path: Path) -> None:
    sample = torch.tensor([tokenizer_of(model).encode("a sample text, to trace").ids])
    axes = {"input_ids": {0: "texts", 1: "tokens"}, "vector": {0: "texts"}}
    with torch.no_grad(), warnings.catch_warnings():
        # The exporter that replaces this one needs onnxscript. Tracing warns of every branch it has to take for good;
        # whether one was wrong is what the comparison with sentence-transformers is for.
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                _IdsToVector(model).eval(),
                (sample,),
                str(path),
                input_names=["input_ids"],
                output_names=["vector"],
                dynamic_axes=axes,
                opset_version=OPSET,
                dynamo=False,
            )
        except (torch.onnx.errors.OnnxExporterError, RuntimeError, TypeError, ValueError) as error:
            raise InvalidModelFolder(f"This model cannot be exported to ONNX: {error}", field="source") from error


def _write_tokenizer(model: SentenceTransformer, path: Path, *, max_length: int) -> None:
    tokenizer = tokenizer_of(model)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    tokenizer.save(str(path), pretty=False)


def _manifest(
    source: ModelSource, reference: TorchEncoder, folder: Path, *, precision: str, template: str
) -> ModelManifest:
    manifest = ModelManifest(
        name=source.name,
        dimension=reference.dimension,
        max_length=source.max_length,
        precision=precision,
        query_prefix=source.query_prefix,
        passage_prefix=source.passage_prefix,
        template=template,
        pooling=pooling_of(reference.model),
        normalised=True,
        files={},
        fingerprint="",
    )
    return _with_hashes(manifest, folder)


def _with_hashes(manifest: ModelManifest, folder: Path) -> ModelManifest:
    files = {name: file_hash(folder / name) for name in (MODEL_FILE, TOKENIZER_FILE)}
    manifest = replace(manifest, files=files)
    return replace(manifest, fingerprint=fingerprint_of(manifest))


def _sample_ids(tokenizer_file: Path, source: ModelSource) -> list[list[int]]:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    prefixes = dict.fromkeys((source.query_prefix, source.passage_prefix))
    return [tokenizer.encode(prefix + text).ids for prefix in prefixes for text in CANARY_TEXTS]


def _encoded(folder: Path, manifest: ModelManifest) -> FloatArray:
    encoder = OnnxEncoder(folder, manifest=manifest)
    try:
        return _canary_vectors(encoder)
    finally:
        encoder.close()


def _canary_vectors(encoder: Encoder) -> FloatArray:
    """Every canary text as a query, then every one as a passage."""
    return np.concatenate([encoder.encode_queries(CANARY_TEXTS), encoder.encode_passages(CANARY_TEXTS)])


def _canaries(vectors: FloatArray) -> tuple[Canary, ...]:
    keys = [(text, role) for role in _ROLES for text in CANARY_TEXTS]
    rounded = vectors.astype(np.float64).round(7)  # twice as short to write, and no cosine notices
    return tuple(Canary(text, role, tuple(vector.tolist())) for (text, role), vector in zip(keys, rounded, strict=True))


def _cosines(vectors: FloatArray, others: FloatArray) -> FloatArray:
    """Cosines of unit vectors, pair by pair."""
    cosines: FloatArray = (vectors * others).sum(axis=1)
    return cosines
