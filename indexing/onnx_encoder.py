"""The encoder that serves: ONNX Runtime over an ONNX folder, without torch."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors
from tokenizers import Tokenizer

from indexing.encoder import FloatArray
from indexing.errors import ModelFilesCorrupt
from indexing.model_folder import MODEL_FILE, TOKENIZER_FILE, ModelManifest, read_manifest

_OUTPUT = ["vector"]
_LOAD_ERRORS = (
    onnx_errors.Fail,
    onnx_errors.InvalidArgument,
    onnx_errors.InvalidGraph,
    onnx_errors.InvalidProtobuf,
    onnx_errors.NoSuchFile,
    onnx_errors.NotImplemented,
    onnx_errors.RuntimeException,
)
# A multilingual tokenizer takes 300 MB. Two versions of one model have the same, and both are loaded during a switch.
_tokenizers: WeakValueDictionary[tuple[str, int], Tokenizer] = WeakValueDictionary()
_tokenizers_lock = Lock()


class OnnxEncoder:
    """Encodes with one session, each text alone on one thread, many texts on many threads.

    Alone, because dynamic int8 takes its range over all it is given at once: in a batch, a text's vector would depend
    on its neighbours. It costs nothing on a CPU, and no text is padded.
    """

    def __init__(self, folder: Path, *, threads: int | None = None, manifest: ModelManifest | None = None) -> None:
        self._manifest = manifest or read_manifest(folder)
        self._tokenizer: Tokenizer | None = _shared_tokenizer(folder, self._manifest)
        self._session: Any = _open_session(folder, self._manifest)
        self._threads = threads or usable_cpus()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="encode")

    @property
    def fingerprint(self) -> str:
        """The fingerprint in the folder's manifest."""
        return self._manifest.fingerprint

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return self._manifest.dimension

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of what people ask."""
        return self._encode(texts, self._manifest.query_prefix)

    def encode_passages(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of what people wrote. Ctrl-C leaves the texts not yet begun."""
        return self._encode(texts, self._manifest.passage_prefix)

    def close(self) -> None:
        """Free the model's memory. Texts being encoded are finished; later calls raise RuntimeError."""
        self._session = None
        self._tokenizer = None
        self._pool.shutdown(wait=False)

    def _encode(self, texts: Sequence[str], prefix: str) -> FloatArray:
        session, tokenizer = self._session, self._tokenizer
        if session is None or tokenizer is None:
            raise RuntimeError("This encoder is closed.")

        def encode_one(text: str) -> FloatArray:
            token_ids = np.array([tokenizer.encode(prefix + readable(text)).ids], dtype=np.int64)
            vector: FloatArray = session.run(_OUTPUT, {"input_ids": token_ids})[0][0]
            return vector

        if len(texts) == 1:  # a query: the pool would only add latency
            return encode_one(texts[0])[np.newaxis]
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        rows = deque(range(len(texts)))

        def encode_rows() -> None:
            while rows:
                try:
                    row = rows.popleft()
                except IndexError:  # another thread took the last one
                    return
                vectors[row] = encode_one(texts[row])

        try:
            workers = [self._pool.submit(encode_rows) for _ in range(min(self._threads, len(texts)))]
            for worker in workers:
                worker.result()
        finally:
            rows.clear()  # after Ctrl-C or an error the other threads stop at their next text
        return vectors


def readable(text: str) -> str:
    """The text with every lone surrogate, which no tokenizer accepts, as a question mark."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def usable_cpus() -> int:
    """How many processors this process may use; in a container often fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _shared_tokenizer(folder: Path, manifest: ModelManifest) -> Tokenizer:
    key = (manifest.files[TOKENIZER_FILE], manifest.max_length)
    with _tokenizers_lock:
        tokenizer = _tokenizers.get(key)
        if tokenizer is None:
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            # Files in circulation pad and cut as they were last used for training: MiniLM's to 128 of its 256.
            tokenizer.no_padding()
            tokenizer.enable_truncation(manifest.max_length)
            _tokenizers[key] = tokenizer
        return tokenizer


def _open_session(folder: Path, manifest: ModelManifest) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_mem_pattern = False  # every length would keep a plan of its own
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        raise ModelFilesCorrupt(f"{MODEL_FILE} cannot be loaded ({error}); fetch or export the model again.") from error
    width = session.get_outputs()[0].shape[-1]
    if width != manifest.dimension:
        raise ModelFilesCorrupt(f"{MODEL_FILE} gives {width} numbers, its manifest says {manifest.dimension}.")
    return session
