"""sentence-transformers folders: what they say of themselves, and whether they can be loaded without running code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.errors import InvalidModelFolder

PICKLES = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"})
_MAX_LENGTH = 512  # when a model sets no limit of its own, or one that no query or passage comes near


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A sentence-transformers folder and how it wants to be asked."""

    name: str
    folder: Path
    query_prefix: str
    passage_prefix: str
    max_length: int  # tokens, special ones included


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
        if path.suffix in PICKLES and not any(path.parent.glob("*.safetensors")):
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
