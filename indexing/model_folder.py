"""The ONNX folder: what a served encoder is made of, and the manifest that tells whether it is still what was exported.

Three files: `model.onnx`, `tokenizer.json` and the manifest, `encoder.json`. Nothing here needs a model library, so a
folder can be checked before anything is loaded from it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from indexing.encoder import Encoder
from indexing.errors import CanaryDrift, InvalidModelFolder, ModelFilesCorrupt

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
MANIFEST_FILE = "encoder.json"
MIN_CANARIES = 8
# Another processor's rounding moves a vector by far less; another precision, tokenizer or model by far more.
MIN_CANARY_COSINE = 0.999

Role = Literal["query", "passage"]
# Large: before each the interpreter's lock has to be had again, 5 ms in a busy service (118 MB by 256 KB took 1.2 s)
_PIECE = 1 << 24  # bytes


@dataclass(frozen=True, slots=True)
class Canary:
    """A fixed, fictional text and the vector it had when the model was exported."""

    text: str
    role: Role
    vector: tuple[float, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelManifest:
    """What decides an encoder's vectors, and how to recognise them."""

    name: str
    dimension: int
    max_length: int  # tokens, special ones included
    precision: str
    query_prefix: str
    passage_prefix: str
    template: str  # how a passage is put together, see indexing.passages
    pooling: str
    normalised: bool
    files: Mapping[str, str]  # file name -> sha256
    fingerprint: str
    canaries: tuple[Canary, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The manifest as JSON-able values."""
        manifest = asdict(self)
        manifest["canaries"] = [asdict(canary) for canary in self.canaries]
        return manifest


def read_manifest(folder: Path) -> ModelManifest:
    """The manifest of an ONNX folder. ModelFilesCorrupt when there is none, or one that says too little."""
    path = folder / MANIFEST_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        canaries = tuple(
            Canary(canary["text"], canary["role"], tuple(map(float, canary["vector"])))
            for canary in content["canaries"]
        )
        manifest = ModelManifest(**{**content, "canaries": canaries})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFilesCorrupt(
            f"{path} cannot be read as an encoder's manifest ({error}); export the model again."
        ) from error
    if len(canaries) < MIN_CANARIES:
        raise ModelFilesCorrupt(
            f"{path} has {len(canaries)} canaries, fewer than {MIN_CANARIES}; export the model again."
        )
    return manifest


def write_manifest(folder: Path, manifest: ModelManifest) -> None:
    """Put the manifest beside the files it describes."""
    text = json.dumps(manifest.to_dict(), ensure_ascii=False, indent=1)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def verify_files(folder: Path, manifest: ModelManifest) -> None:
    """ModelFilesCorrupt, naming the file, unless every file has its recorded hash and they give the fingerprint."""
    for name in sorted({MODEL_FILE, TOKENIZER_FILE, *manifest.files}):
        # A manifest comes from a store that others may write to: it must not point outside its folder.
        if name not in manifest.files or Path(name).name != name:
            raise ModelFilesCorrupt(f"{MANIFEST_FILE} records no hash for {name}; export the model again.")
        try:
            found = file_hash(folder / name)
        except OSError as error:
            raise ModelFilesCorrupt(f"{name} is missing from {folder}; fetch or export the model again.") from error
        if found != manifest.files[name]:
            raise ModelFilesCorrupt(f"{name} does not have its recorded hash; fetch or export the model again.")
    if fingerprint_of(manifest) != manifest.fingerprint:
        raise ModelFilesCorrupt(f"{MANIFEST_FILE} was changed after the export; fetch or export the model again.")


def check_canaries(encoder: Encoder, manifest: ModelManifest) -> None:
    """CanaryDrift when the encoder no longer gives the recorded vectors."""
    roles: tuple[Role, ...] = ("query", "passage")
    for role in roles:
        canaries = [canary for canary in manifest.canaries if canary.role == role]
        if not canaries:
            continue
        encode = encoder.encode_queries if role == "query" else encoder.encode_passages
        vectors = encode([canary.text for canary in canaries]).astype(np.float64)
        recorded = np.array([canary.vector for canary in canaries], dtype=np.float64)
        if vectors.shape != recorded.shape:
            raise CanaryDrift(f"The {role} canaries have shape {vectors.shape}, {recorded.shape} was recorded.")
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(recorded, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            cosines = (vectors * recorded).sum(axis=1) / lengths
        if not (cosines >= MIN_CANARY_COSINE).all():  # written so that a NaN fails too
            worst = float("nan") if np.isnan(cosines).any() else float(cosines.min())
            raise CanaryDrift(
                f"The encoder {manifest.name} gives a {role} canary a vector at cosine {worst:.4f} from the recorded "
                f"one (at least {MIN_CANARY_COSINE} wanted); export the model again on this kind of processor."
            )


def fingerprint_of(manifest: ModelManifest) -> str:
    """Hash of all that decides a vector: 20 hexadecimal digits. The name and the canaries decide nothing."""
    deciding = {
        "files": dict(manifest.files),
        "pooling": manifest.pooling,
        "normalised": manifest.normalised,
        "precision": manifest.precision,
        "max_length": manifest.max_length,
        "prefixes": [manifest.query_prefix, manifest.passage_prefix],
        "template": manifest.template,
    }
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:20]


def file_hash(path: Path) -> str:
    """The sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def written_whole(destination: Path) -> Iterator[Path]:
    """A new folder to fill, which becomes `destination` when the block ends well and vanishes when it does not.

    InvalidModelFolder when `destination` already holds something.
    """
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise InvalidModelFolder(
            f"{destination} already exists; remove it or name another folder.", field="destination"
        )
    destination.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{destination.name}-", dir=destination.parent))
    try:
        folder = scratch / "folder"  # not the scratch folder itself, which only its owner may read
        folder.mkdir()
        yield folder
        if destination.exists():
            destination.rmdir()
        folder.rename(destination)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
