"""Building a release's collection from profiles and their cached vectors, and checking it before anyone sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from indexing.centring import centred, language_means
from indexing.embedding_cache import EmbeddingCache
from indexing.encoder import Encoder, FloatArray
from indexing.errors import ReleaseRefused
from indexing.index import CollectionStore, IndexPoint
from indexing.model_folder import ModelManifest
from indexing.open_release import OpenRelease
from indexing.passages import MAX_PASSAGES, Passage, all_passages, passages_of
from indexing.payloads import marker_payload, person_fields, work_payload
from indexing.person_vectors import PersonVectors
from indexing.profiles import Profile
from indexing.projection import lay_out
from indexing.releases import (
    MODEL_NAME,
    FieldWeights,
    LanguageMeans,
    Release,
    Tongue,
    collection_name,
    new_release_id,
)
from indexing.skills import Catalogue
from indexing.templates import USUAL_TEMPLATE, PassageTemplate
from indexing.terms import PassageTerms, collect_statistics, passage_terms, passage_vector, work_terms
from indexing.tuning import UNTUNED, Tuning

CHECKED_PASSAGES = 25  # each is searched for by its own vector before a release may serve


def describe_release(
    profiles: Sequence[Profile],
    terms: Sequence[PassageTerms],
    *,
    means: LanguageMeans,
    version: int,
    model: ModelManifest,
    data_rev: str,
    git_revision: str | None,
    population: int | None = None,
    tuning: Tuning = UNTUNED,
) -> Release:
    """The manifest of the release about to be built."""
    release_id = new_release_id(version)
    fetched = [profile.fetched_at for profile in profiles if profile.fetched_at]
    return Release(
        id=release_id,
        model_name=MODEL_NAME,
        model_version=version,
        collection=collection_name(release_id),
        fingerprint=model.fingerprint,
        dimension=model.dimension,
        people=len(profiles),
        passages=sum(1 for passage in all_passages(profiles) if passage.text),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        data_rev=data_rev,
        git_revision=git_revision,
        oldest_fetch=min(fetched).isoformat() if fetched else None,
        bm25=collect_statistics(by_person(profiles, terms)),
        means=means,
        works=tuple(len(profile.works) for profile in profiles),
        ranking=tuning.ranking,
        population=population,
        field_weights=tuning.field_weights,
        hnsw_m=tuning.hnsw_m,
    )


def corpus_terms(profiles: Sequence[Profile], catalogue: Catalogue, *, weights: FieldWeights) -> list[PassageTerms]:
    """The terms of every passage in order, none for a marker without words."""
    return [
        work_terms(passage.work, catalogue, weights) if passage.work else passage_terms(passage.text, catalogue)
        for passage in all_passages(profiles)
    ]


def by_person(profiles: Sequence[Profile], terms: Sequence[PassageTerms]) -> Iterator[Sequence[PassageTerms]]:
    """The terms of each person's passages."""
    start = 0
    for profile in profiles:
        end = start + 1 + min(len(profile.works), MAX_PASSAGES)
        yield terms[start:end]
        start = end


def corpus_means(
    profiles: Sequence[Profile],
    tongues: Sequence[Tongue],
    cache: EmbeddingCache,
    encoder: Encoder,
    *,
    template: PassageTemplate = USUAL_TEMPLATE,
) -> LanguageMeans:
    """What the corpus's passages have in common in each language, and what this encoder's queries have."""
    passages = all_passages(profiles, template=template)
    searchable = [(passage, tongue) for passage, tongue in zip(passages, tongues, strict=True) if passage.text]
    rows = [cache.row_of(passage.text_hash) for passage, _ in searchable]
    return language_means(encoder, cache.vectors(), rows, [tongue for _, tongue in searchable])


def points(
    profiles: Sequence[Profile],
    terms: Sequence[PassageTerms],
    tongues: Sequence[Tongue],
    cache: EmbeddingCache,
    release: Release,
    *,
    template: PassageTemplate = USUAL_TEMPLATE,
) -> Iterator[IndexPoint]:
    """Every point of the collection, person by person, its vector without what its language has in common."""
    vectors = cache.vectors()
    own = PersonVectors(profiles, tongues, cache, release.means, template)
    places = lay_out(len(profiles), own.of)
    means = {tongue: np.asarray(mean, np.float32) for tongue, mean in release.means.passages.items()}
    position = 0
    for person, profile in enumerate(profiles):
        fields = person_fields(profile, person)
        for passage in passages_of(profile, person, template=template):
            yield IndexPoint(
                point_id=passage.point_id,
                fields=fields,
                payload=work_payload(passage.work) if passage.work else marker_payload(profile, places[person]),
                login=None if passage.work else profile.login,
                dense=_vector(passage, vectors, means[tongues[position]], cache),
                sparse=passage_vector(terms[position], release.bm25, release.ranking) if passage.text else None,
            )
            position += 1


def _vector(passage: Passage, vectors: FloatArray, mean: FloatArray, cache: EmbeddingCache) -> FloatArray | None:
    return centred(vectors[cache.row_of(passage.text_hash)], mean) if passage.text else None


def build_collection(
    profiles: Sequence[Profile],
    terms: Sequence[PassageTerms],
    tongues: Sequence[Tongue],
    release: Release,
    *,
    cache: EmbeddingCache,
    store: CollectionStore,
    template: PassageTemplate = USUAL_TEMPLATE,
) -> None:
    """Write the release's collection; seen by nobody until it is whole."""
    store.build(
        release.collection,
        points(profiles, terms, tongues, cache, release, template=template),
        dimension=release.dimension,
        manifest=release.to_dict(),
    )


def check_release(opened: OpenRelease, profiles: Sequence[Profile]) -> None:
    """Refuse a collection that lost people or passages, or that does not find its own passages (ReleaseRefused)."""
    release, index = opened.release, opened.index
    people, passages = index.count_people(), index.count_passages()
    if (people, passages) != (release.people, release.passages):
        raise ReleaseRefused(
            f"The collection holds {people} people and {passages} passages, "
            f"its manifest says {release.people} and {release.passages}; build it again."
        )
    searchable = [passage for passage in all_passages(profiles) if passage.text]
    step = max(1, len(searchable) // CHECKED_PASSAGES)
    sampled = searchable[::step]
    lost = 0
    for vector in index.read_dense([passage.point_id for passage in sampled]):
        # Its own vector comes first unless another passage has the same words.
        found = vector is not None and index.search_dense(vector, limit=1).scores[:1] > 0.999
        lost += not found
    if lost > len(sampled) // 20:
        raise ReleaseRefused(f"{lost} of {len(sampled)} passages looked for were not found; build it again.")
