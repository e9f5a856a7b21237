"""A release that is built to be evaluated: in a folder of its own, kept for the next time, registered nowhere."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, replace
from functools import cache
from hashlib import blake2b
from pathlib import Path

import indexing
from indexing.errors import Busy, CollectionNotFound, ReleaseRefused
from indexing.evaluation.known_model import KnownModel, OneModelRegistry
from indexing.open_release import OpenRelease
from indexing.pipeline import Progress, Sources, build, check, embed, enrich_people, load, passages
from indexing.releases import Release
from indexing.tuning import Tuning
from indexing.whole_files import write_whole
from indexing.workspace import Workspace

# What decides a collection, with all that it imports (a test holds the list to that); a change there builds anew.
# Embeddings are kept by model and text, so that costs seconds.
BUILT_WITH = (
    "build candidates centring edge_index embedding_cache encoder enrich evidence highlights index passages payloads "
    "person_vectors places profiles projection qdrant_filters raw_data repository_texts skills templates terms "
    "tongue_cache vectors work_shares"
).split()
POLL_SECONDS = 0.5
KEPT_BUILDS = 12  # of one model, the ones used last: what a study tries; some 150 MB each at 44,000 passages


@dataclass(frozen=True, slots=True)
class Throwaway(Workspace):
    """A workspace whose registry publishes nothing and whose model folders are the home's."""

    shared_models: Path

    @property
    def models(self) -> Path:
        """Model folders by fingerprint."""
        return self.shared_models


def throwaway(plain: Workspace, model: KnownModel) -> Throwaway:
    """A workspace like another, for one model only."""
    return Throwaway(
        home=plain.home,
        processed=plain.processed,
        registry=OneModelRegistry(model),
        store=plain.store,
        load_encoder=plain.load_encoder,
        shared_models=model.folder.parent,
        tombstones=plain.tombstones,
    )


@contextmanager
def opened_for_evaluation(
    sources: Sources, workspace: Throwaway, model: KnownModel, *, progress: Progress, warn: Callable[[str], None]
) -> Iterator[OpenRelease]:
    """The corpus embedded with the model and opened as a service would; built when it is not kept already."""
    note = workspace.home / "built" / f"{build_key(model)}.json"
    release = _kept(note, workspace) or _built(note, sources, workspace, model, progress, warn)
    try:
        opened = _open(release, workspace, model.tuning)
    except (ReleaseRefused, CollectionNotFound):
        note.unlink(missing_ok=True)  # damaged, or dropped by another evaluation whose code is not ours
        opened = _open(_built(note, sources, workspace, model, progress, warn), workspace, model.tuning)
    os.utime(note)
    try:
        yield opened
    finally:
        opened.close()


def build_key(model: KnownModel) -> str:
    """Changes with whatever changes the collection: model, constants that enter the index, the code that builds it."""
    tuning = model.tuning
    entering = (tuning.ranking.bm25_k1, tuning.ranking.bm25_b, *astuple(tuning.field_weights), tuning.hnsw_m)
    named = f"{model.version} {model.manifest.fingerprint} {tuple(map(float, entering))} {_code()}"
    return blake2b(named.encode(), digest_size=8).hexdigest()


@cache  # a process goes on with the code it started with
def _code() -> str:
    digest = blake2b(digest_size=8)
    root = Path(indexing.__file__).parent
    for part in BUILT_WITH:
        folder = root / part
        for path in sorted(folder.rglob("*") if folder.is_dir() else root.glob(f"{part}[._]*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(root).as_posix()} {path.stat().st_size}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _open(release: Release, workspace: Workspace, tuning: Tuning) -> OpenRelease:
    # Constants that only weigh what is found are the version's of today: to try others costs no build.
    return workspace.open(workspace.verify(replace(release, ranking=tuning.ranking)))


def _kept(note: Path, workspace: Workspace) -> Release | None:
    try:
        collection = str(json.loads(note.read_text(encoding="utf-8"))["collection"])
        return Release.from_dict(workspace.store.manifest(collection))
    except (OSError, ValueError, KeyError, TypeError, ReleaseRefused, CollectionNotFound):
        return None


def _built(
    note: Path,
    sources: Sources,
    workspace: Workspace,
    model: KnownModel,
    progress: Progress,
    warn: Callable[[str], None],
) -> Release:
    with _turn(workspace, warn):
        release = _kept(note, workspace)  # who had the turn before may have built it
        if release is not None:
            return release
        progress("load", 0, 1)
        raw, revision = load(sources, workspace)
        progress("load", 1, 1)
        corpus = enrich_people(raw, revision, workspace, progress)
        terms = passages(corpus, model.version, workspace, progress)
        embed(corpus, model.version, workspace, progress)
        release = build(corpus, terms, model.version, workspace, progress)
        check(release, corpus, workspace)
        write_whole(note, json.dumps({"collection": release.collection, "code": _code()}))
        workspace.note_finished()
        _drop_others(note, release, workspace)
        return release


def _drop_others(note: Path, release: Release, workspace: Workspace) -> None:
    """Drop this model's collections that other code built or that are too many; who has one open keeps it."""
    notes = sorted(note.parent.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    written = [json.loads(path.read_text(encoding="utf-8")) for path in notes]
    same_model = [
        name for name in workspace.store.names() if workspace.store.manifest(name)["fingerprint"] == release.fingerprint
    ]
    of_this_code = [one["collection"] for one in written if one.get("code") == _code()]
    kept = [name for name in of_this_code if name in same_model][:KEPT_BUILDS]
    for name in same_model:
        if name not in kept:
            workspace.store.drop(name)
    for path in notes:
        if _kept(path, workspace) is None:
            path.unlink(missing_ok=True)


@contextmanager
def _turn(workspace: Workspace, warn: Callable[[str], None]) -> Iterator[None]:
    """The right to build here, waited for."""
    with ExitStack() as turn:
        is_waiting = False
        while True:
            try:
                turn.enter_context(workspace.building())
                break
            except Busy:
                if not is_waiting:
                    warn("Another evaluation is building this corpus; waiting until it is done.")
                is_waiting = True
                time.sleep(POLL_SECONDS)
        yield
