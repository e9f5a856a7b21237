"""The serving encoder: what it adds to the contract, and what is wrong with a folder is said when it is opened."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from indexing.errors import ModelFilesCorrupt
from indexing.model_folder import MODEL_FILE, TOKENIZER_FILE, check_canaries, read_manifest, verify_files
from indexing.onnx_encoder import OnnxEncoder, readable
from tests.encoders import minilm_folder

ROOT = Path(__file__).parents[2]
TEXTS = tuple(f"project {number} draws maps of {place}" for number, place in enumerate(["Brest", "Lagos", "Lima"] * 20))


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    return minilm_folder(request.config.cache, "int8")


@pytest.fixture(scope="module")
def encoder(folder: Path) -> OnnxEncoder:
    return OnnxEncoder(folder, threads=2)


def test_an_exported_folder_is_whole_and_passes_its_canaries(folder: Path, encoder: OnnxEncoder) -> None:
    manifest = read_manifest(folder)
    verify_files(folder, manifest)
    check_canaries(encoder, manifest)
    assert encoder.fingerprint == manifest.fingerprint
    assert encoder.dimension == manifest.dimension == 384


def test_the_canaries_are_short_long_empty_french_and_english(folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.no_truncation()
    manifest = read_manifest(folder)
    for role in ("query", "passage"):
        texts = [canary.text for canary in manifest.canaries if canary.role == role]
        assert len(texts) >= 8
        assert "" in texts
        assert max(len(tokenizer.encode(text).ids) for text in texts) > 300
        assert any("é" in text for text in texts)


def test_the_number_of_threads_changes_no_bit(folder: Path, encoder: OnnxEncoder) -> None:
    single = OnnxEncoder(folder, threads=1)
    assert single.encode_passages(TEXTS).tobytes() == encoder.encode_passages(TEXTS).tobytes()
    single.close()


def test_requests_at_once_get_what_they_would_get_alone(encoder: OnnxEncoder) -> None:
    expected = encoder.encode_queries(TEXTS)
    with ThreadPoolExecutor(8) as requests:
        found = list(requests.map(lambda text: encoder.encode_queries([text])[0], TEXTS))
    assert np.stack(found).tobytes() == expected.tobytes()


def test_a_text_is_read_to_256_tokens_and_no_further(encoder: OnnxEncoder) -> None:
    """MiniLM's tokenizer.json would stop at 128."""
    words = ["maps", "of", "tides", "and", "winds"] * 60
    assert not (
        encoder.encode_passages([" ".join(words[:130])]) == encoder.encode_passages([" ".join(words[:250])])
    ).all()
    cut, longer = encoder.encode_passages([" ".join(words[:254]), " ".join(words)])
    assert (cut == longer).all()


def test_each_role_has_its_own_prefix(folder: Path, encoder: OnnxEncoder) -> None:
    manifest = replace(read_manifest(folder), query_prefix="query: ", passage_prefix="passage: ")
    prefixed = OnnxEncoder(folder, manifest=manifest)
    assert (prefixed.encode_queries(["maps"]) == encoder.encode_queries(["query: maps"])).all()
    assert (prefixed.encode_passages(["maps"]) == encoder.encode_queries(["passage: maps"])).all()
    prefixed.close()


def test_only_what_no_tokenizer_takes_is_replaced() -> None:
    assert readable("a \ud83e b") == "a ? b"
    assert readable("naïve 🦀 \x00") == "naïve 🦀 \x00"


def test_two_versions_of_one_model_share_their_tokenizer_until_both_are_closed(folder: Path) -> None:
    """A multilingual tokenizer takes 300 MB, and during a switch two versions are loaded."""
    one, two = OnnxEncoder(folder, threads=1), OnnxEncoder(folder, threads=1)
    assert one._tokenizer is two._tokenizer
    one.close()
    assert two.encode_queries(["maps"]).shape == (1, 384)
    two.close()


def test_a_closed_encoder_says_so_and_closing_twice_is_harmless(folder: Path) -> None:
    encoder = OnnxEncoder(folder, threads=1)
    encoder.close()
    encoder.close()
    with pytest.raises(RuntimeError, match="closed"):
        encoder.encode_queries(["maps"])


@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x08\x07" * 50])
def test_a_file_that_is_no_graph_is_named(folder: Path, tmp_path: Path, content: bytes) -> None:
    """A service must be able to catch this and go on with what it has."""
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / MODEL_FILE).write_bytes(content)
    with pytest.raises(ModelFilesCorrupt, match=MODEL_FILE):
        OnnxEncoder(broken)


def test_a_graph_of_another_dimension_is_refused(folder: Path) -> None:
    with pytest.raises(ModelFilesCorrupt, match="384"):
        OnnxEncoder(folder, manifest=replace(read_manifest(folder), dimension=512))


def run_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_serving_needs_neither_torch_nor_transformers(folder: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from indexing.onnx_encoder import OnnxEncoder\n"
        "OnnxEncoder(pathlib.Path(sys.argv[1])).encode_queries(['maps'])\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'onnx'} & set(sys.modules)))"
    )
    output, errors = run_python(code, str(folder)).communicate(timeout=60)
    assert output.strip() == "[]", errors


def test_interrupting_a_long_chunk_ends_it_at_once(folder: Path) -> None:
    """At 200 texts a second these would take minutes."""
    code = (
        "import sys, pathlib\n"
        "from indexing.onnx_encoder import OnnxEncoder\n"
        "encoder = OnnxEncoder(pathlib.Path(sys.argv[1]), threads=2)\n"
        "print('begun', flush=True)\n"
        "encoder.encode_passages(['a library that draws maps of the coast'] * 100_000)"
    )
    with run_python(code, str(folder)) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(0.5)
            os.kill(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=10)
        finally:
            process.kill()
    assert "KeyboardInterrupt" in errors
