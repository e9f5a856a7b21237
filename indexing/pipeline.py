"""The pipeline's stages as plain functions: load -> enrich -> passages -> embed -> build -> check -> publish.

The command line calls `index_corpus`; the Prefect flow calls the same stages one task each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from indexing.build import build_collection, check_release, corpus_means, corpus_terms, describe_release
from indexing.champions import crown
from indexing.embedding_cache import EmbeddingCache
from indexing.encoder import FloatArray
from indexing.enrich import enrich
from indexing.errors import ModelFilesCorrupt, RawDataError, ReleaseRefused
from indexing.model_folder import ModelManifest, read_manifest
from indexing.passages import all_passages
from indexing.profile_store import read_profiles, write_profiles
from indexing.profiles import Profile, remaining
from indexing.raw_data import LoadReport, RawData, population_of, read_raw
from indexing.raw_data.leaving import erase_from_table, raw_files, without
from indexing.raw_data.revision import revision_of
from indexing.registry import Champion
from indexing.releases import Release, collection_name
from indexing.run_environment import git_revision
from indexing.skills import load_catalogue
from indexing.stopwatch import Stopwatch
from indexing.templates import parse_template
from indexing.terms import PassageTerms
from indexing.tongue_cache import remembered_tongues
from indexing.whole_files import write_whole
from indexing.workspace import Workspace

Progress = Callable[[str, int, int], None]  # stage, done, of how many
Encode = Callable[[Sequence[Sequence[str]]], Generator[FloatArray, None, None]]  # chunks of texts -> their vectors
PROFILES = "profiles_enriched.parquet"
CHUNK = 256  # texts between two looks at Ctrl-C and two steps of the progress bar: about 1.5 s of encoding


def silent(stage: str, done: int, total: int) -> None:
    """A progress that tells nobody."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The raw files of one corpus."""

    users: Path
    repos: Path
    contributions: Path | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """Enriched people, the hash of the raw files they come from, and how many people there are at their source."""

    profiles: Sequence[Profile]
    data_rev: str
    population: int | None = None  # None when the source cannot tell, or no scrape wrote the files


@dataclass(frozen=True, slots=True)
class Indexed:
    """What an indexing run did."""

    release: Release
    report: LoadReport | None  # None when it started from enriched profiles
    embedded: int  # passages encoded now; the others were in the cache
    published: bool
    took_seconds: dict[str, float]  # by stage


def load(sources: Sources, workspace: Workspace) -> tuple[RawData, str]:
    """Read and validate the raw files; rejected rows are set aside beside the processed data."""
    rejected = workspace.processed / "rejected"
    raw = read_raw(sources.users, sources.repos, sources.contributions, rejected_folder=rejected)
    if workspace.tombstones.marks():
        raw = without(raw, workspace.tombstones.covers)
        for path in raw_files(rejected):
            erase_from_table(path, workspace.tombstones.covers)
    return raw, revision_of(sources.users, sources.repos, sources.contributions)


def enrich_people(
    raw: RawData, revision: str, workspace: Workspace, progress: Progress = silent, *, population: int | None = None
) -> Corpus:
    """Make one profile per person and keep them as `profiles_enriched.parquet`, with what else the next stages need."""
    profiles = enrich(raw, on_progress=lambda done, total: progress("enrich", done, total))
    if not profiles:
        raise RawDataError("No person was left after reading the users file; see the rejected rows.", field="login")
    workspace.processed.mkdir(parents=True, exist_ok=True)
    _revision_path(workspace).unlink(missing_ok=True)  # a kill between the two must not leave the old one's revision
    write_profiles(profiles, workspace.processed / PROFILES)
    note = {"data_rev": revision, "people": len(profiles), "population": population}
    write_whole(_revision_path(workspace), json.dumps(note))
    return Corpus(profiles, revision, population)


def read_corpus(workspace: Workspace) -> Corpus:
    """The people enriched last. RawDataError when there are none."""
    path = workspace.processed / PROFILES
    revision = enriched_revision(workspace)
    if revision is None:
        raise RawDataError(f"{path} does not exist or was not finished; run `vivier index --users U --repos R` first.")
    profiles = read_profiles(path)
    if workspace.tombstones.marks():  # an older file may have been brought back
        profiles = list(remaining(profiles, workspace.tombstones.covers))
    return Corpus(profiles, revision, _note(workspace).get("population"))


def enriched_revision(workspace: Workspace) -> str | None:
    """The revision of the raw files enriched last, None when there is no whole enrichment."""
    path = _revision_path(workspace)
    if not (path.exists() and (workspace.processed / PROFILES).exists()):
        return None
    revision: str = _note(workspace)["data_rev"]
    return revision


def fetch_model(version: int, workspace: Workspace) -> tuple[Path, ModelManifest]:
    """The version's ONNX folder in the local cache."""
    fingerprint = next((v.fingerprint for v in workspace.registry.versions() if v.version == version), None)
    if fingerprint is None:
        raise ReleaseRefused(f"Version {version} is not registered; `vivier releases` lists what there is.")
    folder = workspace.registry.fetch_model(version, workspace.models / fingerprint)
    return folder, read_manifest(folder)


def passages(corpus: Corpus, version: int, workspace: Workspace, progress: Progress = silent) -> list[PassageTerms]:
    """The words and skills of every passage, as BM25 counts them with the version's weights."""
    progress("passages", 0, len(corpus.profiles))
    weights = workspace.registry.tuning(version).field_weights
    terms = corpus_terms(corpus.profiles, load_catalogue(), weights=weights)
    progress("passages", len(corpus.profiles), len(corpus.profiles))
    return terms


def embed(
    corpus: Corpus, version: int, workspace: Workspace, progress: Progress = silent, *, encode: Encode | None = None
) -> int:
    """Encode every text that the cache does not hold; returns how many. What is done survives a kill.

    `encode` gives the vectors of each chunk of texts, in order; without it they are encoded in this process.
    """
    folder, model = fetch_model(version, workspace)
    with EmbeddingCache(workspace.processed / model.fingerprint, dimension=model.dimension) as cache:
        template = parse_template(model.template)
        cache.note_template(model.template)
        missing = cache.missing(list(all_passages(corpus.profiles, template=template)))
        progress("embed", 0, len(missing))
        if not missing:
            return 0
        chunks = [missing[start : start + CHUNK] for start in range(0, len(missing), CHUNK)]
        texts = [[passage.text for passage in chunk] for chunk in chunks]
        done = 0
        with closing((encode or partial(_encode_here, folder, workspace))(texts)) as encoded:
            for chunk, vectors in zip(chunks, encoded, strict=True):
                cache.add(chunk, vectors)
                done += len(chunk)
                progress("embed", done, len(missing))
    return len(missing)


def _encode_here(
    folder: Path, workspace: Workspace, chunks: Sequence[Sequence[str]]
) -> Generator[FloatArray, None, None]:
    """The vectors of each chunk, from the model in a folder."""
    encoder = workspace.load_encoder(folder)
    try:
        for texts in chunks:
            yield encoder.encode_passages(texts)
    finally:
        encoder.close()


def build(
    corpus: Corpus, terms: Sequence[PassageTerms], version: int, workspace: Workspace, progress: Progress = silent
) -> Release:
    """Build the collection of a new release; it is noted as unfinished until it is recorded."""
    folder, model = fetch_model(version, workspace)
    template = parse_template(model.template)
    texts = [passage.text for passage in all_passages(corpus.profiles, template=template)]
    tongues = remembered_tongues(texts, workspace.processed)
    with EmbeddingCache(workspace.processed / model.fingerprint, dimension=model.dimension) as cache:
        encoder = workspace.load_encoder(folder)
        try:
            means = corpus_means(corpus.profiles, tongues, cache, encoder, template=template)
        finally:
            encoder.close()
        release = describe_release(
            corpus.profiles,
            terms,
            means=means,
            version=version,
            model=model,
            data_rev=corpus.data_rev,
            git_revision=git_revision(),
            population=corpus.population,
            tuning=workspace.registry.tuning(version),
        )
        workspace.note_unfinished(release.id)
        progress("build", 0, release.passages)
        build_collection(
            corpus.profiles, terms, tongues, release, cache=cache, store=workspace.store, template=template
        )
    progress("build", release.passages, release.passages)
    return release


def check(release: Release, corpus: Corpus, workspace: Workspace) -> None:
    """Open the pair as a service would and look for its own passages; a release that fails is dropped."""
    try:
        opened = workspace.open(workspace.verify(release))
        try:
            check_release(opened, corpus.profiles)
        finally:
            opened.close()
    except ReleaseRefused:
        workspace.store.drop(collection_name(release.id))
        workspace.note_finished()
        raise


def publish(release: Release, workspace: Workspace, *, force: bool) -> bool:
    """Record the release; serve it when nothing is served yet or when forced. Returns whether it is served now."""
    registry = workspace.registry
    champion: Champion | None = registry.champion()
    registry.record(release)
    workspace.note_finished()
    serves = force or champion is None
    if serves:
        crown(registry, Champion(release.model_version, release.id), cause="index")
    elif champion is not None and champion.version != release.model_version:
        registry.make_current(release.model_version, release.id)
    _note_champion(release, workspace, is_checked=serves)
    return serves


def _note_champion(release: Release, workspace: Workspace, *, is_checked: bool) -> None:
    """Let the next start know what the registry names, so that it need not ask.

    Only this release, just opened and checked, or the one that this home served before: what a start falls back to
    must be known to load.
    """
    revision = workspace.registry.revision()
    if revision is None:
        return  # a server has to be asked at every start; and a run that is done must not fail for it now
    champion = workspace.registry.champion()
    try:
        known = release if is_checked else workspace.last_served()
    except ModelFilesCorrupt:
        return  # a note that nobody can read is no reason to fail now: the next load writes it anew
    if champion is not None and known is not None and champion.release_id == known.id:
        workspace.remember_served(known, confirmed=revision)


def index_corpus(
    sources: Sources | None,
    workspace: Workspace,
    *,
    version: int,
    force_publish: bool = False,
    progress: Progress = silent,
) -> Indexed:
    """All stages in a row; without sources, from the people enriched last."""
    clock = Stopwatch()
    report = None
    with workspace.building():
        if sources is None:
            corpus = read_corpus(workspace)
        else:
            progress("load", 0, 1)
            raw, revision = clock.time("load", lambda: load(sources, workspace))
            report = raw.report
            progress("load", 1, 1)
            population = population_of(sources.users)
            corpus = clock.time(
                "enrich", lambda: enrich_people(raw, revision, workspace, progress, population=population)
            )
        terms = clock.time("passages", lambda: passages(corpus, version, workspace, progress))
        embedded = clock.time("embed", lambda: embed(corpus, version, workspace, progress))
        release = clock.time("build", lambda: build(corpus, terms, version, workspace, progress))
        clock.time("check", lambda: check(release, corpus, workspace))
        published = clock.time("publish", lambda: publish(release, workspace, force=force_publish))
    return Indexed(release, report, embedded, published, clock.seconds)


def _revision_path(workspace: Workspace) -> Path:
    return workspace.processed / "profiles_enriched.json"


def _note(workspace: Workspace) -> dict[str, Any]:
    note: dict[str, Any] = json.loads(_revision_path(workspace).read_text(encoding="utf-8"))
    return note
