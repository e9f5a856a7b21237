"""An open release: its encoder and its collection, both checked, ready to answer."""

from __future__ import annotations

import os
import shutil
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from indexing.centring import centred, tongue_of
from indexing.encoder import Encoder, FloatArray
from indexing.errors import FingerprintMismatch, InputError, ModelFilesCorrupt, ReleaseRefused
from indexing.index import CollectionStore, Payload, ProfileIndex
from indexing.model_folder import ModelManifest, check_canaries, read_manifest, verify_files
from indexing.passages import point_id
from indexing.payloads import read_work
from indexing.prediction import CatalogueVectors
from indexing.prediction.kept_vectors import catalogue_vectors
from indexing.ranking import person_weights
from indexing.registry import ModelRegistry
from indexing.releases import Release
from indexing.skills import load_catalogue
from indexing.templates import USUAL_TEMPLATE, PassageTemplate, parse_template
from indexing.tombstones import NO_TOMBSTONES, Tombstones

QUERY_CACHE = 2_048  # query vectors kept: 3 MB at 384 dimensions, and a repeated query costs no encoding
PROBES = 6
MIN_PROBE_COSINE = 0.99  # the same encoder gives 1; another model of the same size gives under .3


class OpenRelease:
    """Holds one release's encoder and collection until `close`."""

    def __init__(
        self,
        release: Release,
        encoder: Encoder,
        index: ProfileIndex,
        catalogue_vectors: CatalogueVectors,
        tombstones: Tombstones = NO_TOMBSTONES,
    ) -> None:
        self.release = release
        self.encoder = encoder
        self.index = index
        self.catalogue_vectors = catalogue_vectors
        self.tombstones = tombstones
        self._query_means = {tongue: np.asarray(mean, np.float32) for tongue, mean in release.means.queries.items()}
        self.person_weights = person_weights(np.asarray(release.works, np.int64), release.ranking.breadth)
        self._query_vectors: OrderedDict[str, FloatArray] = OrderedDict()
        self._lock = Lock()
        self._encoding = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2), thread_name_prefix="encode-query")
        self.query_cache_hits = 0
        # The manifest counts those of the build; on a server people may have been erased from the collection since.
        self.people = index.count_people()

    def read(self, points: Sequence[int]) -> list[Payload | None]:
        """Payloads in the order asked; None where there is no such point, or its repository's owner has left."""
        payloads = self.index.read(points)
        if not self.tombstones.marks():  # asked once: a search reads sixty payloads
            return payloads
        return [None if payload is not None and self._has_left(payload) else payload for payload in payloads]

    def _has_left(self, payload: Payload) -> bool:
        owner = str(payload.get("full_name") or "").partition("/")[0]
        return bool(owner) and self.tombstones.covers(owner)

    def encode_query(self, text: str) -> FloatArray:
        """The unit vector of a query as the collection's are, shape (dimension,); recent ones are remembered."""
        known = self._remembered(text)
        return self._encode(text) if known is None else known

    def encode_beside(self, text: str) -> Callable[[], FloatArray]:
        """Begin to encode a query; what is returned gives the vector when called.

        ONNX Runtime lets go of the interpreter while it encodes, so that the caller can search meanwhile. A thread that
        does nothing else keeps the model's weights and Python's tables in different processors' caches: eight clients
        got 130 requests a second on two cores, 120 when each search encoded for itself (docs/benchmarks.md).
        """
        known = self._remembered(text)
        if known is not None:
            return lambda: known
        return self._encoding.submit(copy_context().run, self._encode, text).result  # it is part of the same request

    def forget_queries(self) -> None:
        """Let every query be encoded again, as one that nobody asked before is."""
        with self._lock:
            self._query_vectors.clear()

    def _remembered(self, text: str) -> FloatArray | None:
        with self._lock:
            known = self._query_vectors.get(text)
            if known is not None:
                self._query_vectors.move_to_end(text)
                self.query_cache_hits += 1
            return known

    def _encode(self, text: str) -> FloatArray:
        vector = centred(self.encoder.encode_queries([text])[0], self._query_means[tongue_of(text)])
        with self._lock:
            self._query_vectors[text] = vector
            if len(self._query_vectors) > QUERY_CACHE:
                self._query_vectors.popitem(last=False)
        return vector

    def close(self) -> None:
        """Free the model and the collection."""
        self._encoding.shutdown()
        self.index.close()
        self.encoder.close()


@dataclass(frozen=True, slots=True)
class Pair:
    """A release whose files were checked and that can be opened."""

    release: Release
    folder: Path
    model: ModelManifest


def verify_pair(release: Release, *, registry: ModelRegistry | None, store: CollectionStore, models: Path) -> Pair:
    """Fetch the model and check file hashes and both fingerprints, without opening anything.

    `models` is the content-addressed cache: a fingerprint that is there is not fetched again, so without a registry
    (None: it is away) a release that served here before opens from it. A corrupt copy is removed, so that the next
    attempt fetches it anew. Raises ReleaseRefused, CollectionNotFound, RegistryUnavailable.
    """
    folder = models / release.fingerprint
    if registry is not None:
        folder = registry.fetch_model(release.model_version, folder)
    try:
        model = read_manifest(folder)
        verify_files(folder, model)
        _same_encoder(release, "model", model.fingerprint)
    except ReleaseRefused:
        if registry is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    _same_encoder(release, "collection", store.manifest(release.collection).get("fingerprint"))
    return Pair(release, folder, model)


def _same_encoder(release: Release, where: str, fingerprint: object) -> None:
    if fingerprint != release.fingerprint:
        raise FingerprintMismatch(
            f"Release {release.id} was made with encoder {release.fingerprint}, "
            f"but its {where} says {fingerprint}; build it again with `vivier index --version {release.model_version}`."
        )


def open_release(
    pair: Pair,
    *,
    store: CollectionStore,
    load_encoder: Callable[[Path], Encoder],
    tombstones: Tombstones = NO_TOMBSTONES,
) -> OpenRelease:
    """Open a verified pair, check canaries and stored vectors, search once. ReleaseRefused when it must not serve."""
    encoder = load_encoder(pair.folder)
    try:
        check_canaries(encoder, pair.model)
        vectors = catalogue_vectors(encoder, load_catalogue(), pair.folder)
        # The release's own constant decides, so that it ranks the same for ever.
        index = store.open(pair.release.collection, hnsw_ef=pair.release.search_ef)
    except BaseException:
        encoder.close()
        raise
    opened = OpenRelease(pair.release, encoder, index, vectors, tombstones)
    try:
        check_probes(opened, _template(pair.model))
        # The first search touches every page that a search touches; the caller should not wait for that.
        index.search_dense(opened.encode_query("warm-up"), limit=10)
    except BaseException:
        opened.close()
        raise
    return opened


def _template(model: ModelManifest) -> PassageTemplate:
    try:
        return parse_template(model.template)
    except InputError as error:
        raise ModelFilesCorrupt(f"{error} Update Vivier, or export the model again.") from error


def check_probes(opened: OpenRelease, template: PassageTemplate = USUAL_TEMPLATE) -> None:
    """Refuse a collection whose vectors are not this encoder's: two models of one size mix without any error.

    A few people's first works are encoded again and compared with what is stored. Erased people are passed over.
    """
    people = np.unique(np.linspace(0, max(0, opened.release.people - 1), PROBES).astype(int))
    points = [point_id(int(person), 1) for person in people]
    stored = opened.index.read_dense(points)
    for payload, vector in zip(opened.index.read(points), stored, strict=True):
        if payload is None or vector is None:
            continue
        again = opened.encoder.encode_passages([template.text_of(read_work(payload))])[0]
        # Which language the build took it for is not kept; another model's vector is near neither.
        means = (np.asarray(mean, np.float32) for mean in opened.release.means.passages.values())
        if max(float(centred(again, mean) @ vector) for mean in means) < MIN_PROBE_COSINE:
            raise FingerprintMismatch(
                f"The vectors in {opened.release.collection} were not made by encoder {opened.release.fingerprint}; "
                f"build the release again with `vivier index --version {opened.release.model_version}`."
            )
