"""The ONNX folder's manifest: reading it, and noticing whatever is no longer as it was exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexing.encoder import FloatArray
from indexing.errors import CanaryDrift, InvalidModelFolder, ModelFilesCorrupt
from indexing.model_folder import (
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    Canary,
    ModelManifest,
    check_canaries,
    file_hash,
    fingerprint_of,
    read_manifest,
    verify_files,
    write_manifest,
    written_whole,
)
from tests.fakes import HashEncoder

TEXTS = ("", "rust", "tide tables", "cartes marines", "a parser", "un pilote", "search engine", "long words " * 200)


class SkewedEncoder(HashEncoder):
    """The fake with every vector turned or spoilt, as on a processor that computes wrongly."""

    def __init__(self, spoil: Callable[[FloatArray], FloatArray]) -> None:
        super().__init__()
        self._spoil = spoil

    def encode_passages(self, texts: Any) -> FloatArray:
        return self._spoil(super().encode_passages(texts))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a true manifest over files that are only bytes, its canaries those of the fake."""
    (tmp_path / MODEL_FILE).write_bytes(b"not really a graph")
    (tmp_path / TOKENIZER_FILE).write_text("{}", encoding="utf-8")
    encoder = HashEncoder()
    manifest = ModelManifest(
        name="fake",
        dimension=encoder.dimension,
        max_length=64,
        precision="fp32",
        query_prefix="query: ",
        passage_prefix="",
        template="name. description",
        pooling="mean",
        normalised=True,
        files={name: file_hash(tmp_path / name) for name in (MODEL_FILE, TOKENIZER_FILE)},
        fingerprint="",
        canaries=tuple(
            Canary(text, role, tuple(encoder.encode_passages([text])[0].tolist()))
            for role in ("query", "passage")
            for text in TEXTS
        ),
    )
    write_manifest(tmp_path, replace(manifest, fingerprint=fingerprint_of(manifest)))
    return tmp_path


def rewrite(folder: Path, **changes: Any) -> None:
    """Change fields of `encoder.json` behind the project's back; None removes one."""
    path = folder / MANIFEST_FILE
    content = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    content = {key: value for key, value in content.items() if value is not None}
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_manifest_reads_back_as_it_was_written(folder: Path) -> None:
    manifest = read_manifest(folder)
    write_manifest(folder, manifest)
    assert read_manifest(folder) == manifest
    verify_files(folder, manifest)


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE])
def test_a_flipped_byte_is_noticed_and_its_file_named(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[0] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelFilesCorrupt, match=name):
        verify_files(folder, read_manifest(folder))


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelFilesCorrupt, match=f"{name} is missing"):
        verify_files(folder, read_manifest(folder))


@pytest.mark.parametrize(
    "change",
    [
        {"max_length": 128},
        {"precision": "int8"},
        {"query_prefix": ""},
        {"passage_prefix": "passage: "},
        {"template": "description"},
        {"pooling": "cls"},
        {"normalised": False},
        {"fingerprint": "0123456789abcdef0123"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_decides_a_vector_cannot_be_changed_unnoticed(folder: Path, change: dict[str, Any]) -> None:
    rewrite(folder, **change)
    with pytest.raises(ModelFilesCorrupt, match="changed after the export"):
        verify_files(folder, read_manifest(folder))


def test_each_thing_that_decides_a_vector_is_in_the_fingerprint(folder: Path) -> None:
    manifest = read_manifest(folder)
    changed = [
        replace(manifest, max_length=65),
        replace(manifest, precision="int8"),
        replace(manifest, query_prefix="passage: "),
        replace(manifest, passage_prefix="query: "),
        replace(manifest, query_prefix="", passage_prefix="query: "),
        replace(manifest, template="bio"),
        replace(manifest, pooling="cls"),
        replace(manifest, normalised=False),
        replace(manifest, files={**manifest.files, MODEL_FILE: "0" * 64}),
    ]
    assert len({fingerprint_of(one) for one in [manifest, *changed]}) == len(changed) + 1


def test_a_name_or_a_canary_decides_no_vector(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert fingerprint_of(replace(manifest, name="other", canaries=())) == manifest.fingerprint


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "sub/file"])
def test_a_manifest_cannot_point_outside_its_folder(folder: Path, name: str) -> None:
    manifest = read_manifest(folder)
    with pytest.raises(ModelFilesCorrupt, match="no hash"):
        verify_files(folder, replace(manifest, files={**manifest.files, name: "0" * 64}))


def test_a_folder_without_manifest_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesCorrupt, match=MANIFEST_FILE):
        read_manifest(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"canaries": 3}', '{"canaries": [{"text": "a"}]}'])
def test_what_is_not_a_manifest_is_refused(folder: Path, content: str) -> None:
    (folder / MANIFEST_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(ModelFilesCorrupt, match=MANIFEST_FILE):
        read_manifest(folder)


def test_a_manifest_without_a_field_or_with_one_too_many_is_refused(folder: Path) -> None:
    rewrite(folder, max_length=None)
    with pytest.raises(ModelFilesCorrupt, match="max_length"):
        read_manifest(folder)
    rewrite(folder, max_length=64, surprise=1)
    with pytest.raises(ModelFilesCorrupt, match="surprise"):
        read_manifest(folder)


def test_too_few_canaries_are_no_canaries(folder: Path) -> None:
    canaries = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))["canaries"]
    rewrite(folder, canaries=canaries[:7])
    with pytest.raises(ModelFilesCorrupt, match="7 canaries"):
        read_manifest(folder)


def test_the_encoder_that_was_exported_passes_its_canaries(folder: Path) -> None:
    check_canaries(HashEncoder(), read_manifest(folder))


def turned(cosine: float) -> Callable[[FloatArray], FloatArray]:
    """Turn the last vector, and only that, until its cosine to where it was is `cosine`."""

    def spoil(vectors: FloatArray) -> FloatArray:
        aside = np.eye(1, vectors.shape[1], dtype=np.float32)[0]
        aside -= (aside @ vectors[-1]) * vectors[-1]
        vectors[-1] = cosine * vectors[-1] + np.sqrt(1 - cosine**2) * aside / np.linalg.norm(aside)
        return vectors

    return spoil


def test_one_canary_just_over_the_limit_is_enough_to_refuse(folder: Path) -> None:
    check_canaries(SkewedEncoder(turned(0.9991)), read_manifest(folder))
    with pytest.raises(CanaryDrift, match=r"passage canary .* 0\.998"):
        check_canaries(SkewedEncoder(turned(0.9989)), read_manifest(folder))


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_a_vector_that_is_no_number_or_nothing_is_drift(folder: Path, value: float) -> None:
    def spoil(vectors: FloatArray) -> FloatArray:
        vectors[0] = value
        return vectors

    with pytest.raises(CanaryDrift):
        check_canaries(SkewedEncoder(spoil), read_manifest(folder))


def test_vectors_of_another_size_are_drift(folder: Path) -> None:
    with pytest.raises(CanaryDrift, match="shape"):
        check_canaries(HashEncoder(dimension=64), read_manifest(folder))


def test_a_text_is_asked_in_the_role_it_was_recorded_in(folder: Path) -> None:
    with pytest.raises(CanaryDrift, match="query canary"):
        check_canaries(HashEncoder(query_prefix="query: "), read_manifest(folder))


def test_a_folder_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    destination = tmp_path / "deep" / "model"

    def interrupted() -> None:
        with written_whole(destination) as folder:
            (folder / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(destination.parent.iterdir()) == []
    with written_whole(destination) as folder:
        (folder / "whole").touch()
        assert not destination.exists()
    assert [path.name for path in destination.iterdir()] == ["whole"]
    assert list(destination.parent.iterdir()) == [destination]


def test_an_occupied_folder_is_left_alone_and_an_empty_one_filled(tmp_path: Path) -> None:
    with written_whole(tmp_path / "empty") as folder:
        (folder / "file").touch()
    with pytest.raises(InvalidModelFolder, match="already exists"), written_whole(tmp_path / "empty"):
        raise AssertionError("the block must not run")
    (tmp_path / "other").mkdir()
    with written_whole(tmp_path / "other") as folder:
        (folder / "file").touch()
    assert (tmp_path / "other" / "file").exists()
