"""Building a release's collection from profiles and their cached vectors, and checking it before anyone sees it."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from indexing.embedding_cache import EmbeddingCache
from indexing.encoder import FloatArray
from indexing.errors import ReleaseRefused
from indexing.index import CollectionStore, IndexPoint
from indexing.model_folder import ModelManifest
from indexing.open_release import OpenRelease
from indexing.passages import Passage, all_passages, passages_of
from indexing.payloads import marker_payload, person_fields, work_payload
from indexing.profiles import Profile
from indexing.releases import (
    MODEL_NAME,
    RankingConstants,
    Release,
    collection_name,
    new_release_id,
)
from indexing.terms import collect_statistics, passage_vector, term_ids

CHECKED_PASSAGES = 25  # each is searched for by its own vector before a release may serve


def describe_release(
    profiles: Sequence[Profile],
    terms: Sequence[array[int]],
    *,
    version: int,
    model: ModelManifest,
    data_rev: str,
    git_revision: str | None,
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
        bm25=collect_statistics(terms),
        ranking=RankingConstants(),
    )


def passage_terms(profiles: Sequence[Profile]) -> list[array[int]]:
    """Term ids of every passage in order, empty for a marker without words."""
    return [array("L", term_ids(passage.text)) for passage in all_passages(profiles)]


def points(
    profiles: Sequence[Profile], terms: Sequence[array[int]], cache: EmbeddingCache, release: Release
) -> Iterator[IndexPoint]:
    """Every point of the collection, person by person."""
    vectors = cache.vectors()
    position = 0
    for person, profile in enumerate(profiles):
        fields = person_fields(profile, person)
        for passage in passages_of(profile, person):
            yield IndexPoint(
                point_id=passage.point_id,
                fields=fields,
                payload=work_payload(passage.work) if passage.work else marker_payload(profile),
                login=None if passage.work else profile.login,
                dense=_vector(passage, vectors, cache),
                sparse=passage_vector(terms[position], release.bm25, release.ranking) if passage.text else None,
            )
            position += 1


def _vector(passage: Passage, vectors: FloatArray, cache: EmbeddingCache) -> FloatArray | None:
    return np.array(vectors[cache.row_of(passage.text_hash)]) if passage.text else None


def build_collection(
    profiles: Sequence[Profile],
    terms: Sequence[array[int]],
    release: Release,
    *,
    cache: EmbeddingCache,
    store: CollectionStore,
) -> None:
    """Write the release's collection; seen by nobody until it is whole."""
    store.build(
        release.collection,
        points(profiles, terms, cache, release),
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
