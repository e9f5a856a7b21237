"""The release: one model version and one collection embedded with it, immutable, described by its manifest.

Its id is `v{version}-{build}`. The manifest is written once, twice over: as `release.json` beside the model version in
the registry, and as the collection's own metadata, so that a process can serve with the registry away.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

from indexing.errors import ModelFilesCorrupt, ReleaseNotFound

MODEL_NAME = "vivier-encoder"
CHAMPION = "champion"
RELEASE_ID = re.compile(r"v(\d{1,9})-([0-9]{8}t[0-9]{6}-[0-9a-f]{4})")


@dataclass(frozen=True, slots=True)
class Bm25Statistics:
    """What the sparse leg needs to weigh a query the same way on every engine and shard."""

    people: int  # with words
    average_length: float  # terms per passage with words
    document_frequencies: Mapping[int, int]  # term id -> people with it; absent: one at most


Tongue = Literal["fr", "en"]  # French, or anything else: English, names, code
TONGUES: tuple[Tongue, ...] = ("fr", "en")


@dataclass(frozen=True, slots=True)
class LanguageMeans:
    """Mean vectors by language, taken off every passage of the collection and off every query."""

    passages: Mapping[Tongue, tuple[float, ...]]
    queries: Mapping[Tongue, tuple[float, ...]]

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return {side: {tongue: list(getattr(self, side)[tongue]) for tongue in TONGUES} for side in _SIDES}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> LanguageMeans:
        """Read back; KeyError, TypeError or ValueError when it is not one."""
        passages, queries = ({tongue: tuple(map(float, values[side][tongue])) for tongue in TONGUES} for side in _SIDES)
        return LanguageMeans(passages, queries)


_SIDES = ("passages", "queries")


@dataclass(frozen=True, slots=True)
class RankingConstants:
    """Every number that changes who comes first; kept in the manifest, so that a release ranks the same for ever.

    Chosen on experts dev and the shipped sample together; the runs are in docs/decisions/0008-ranking.md.
    """

    bm25_k1: float = 1.2
    bm25_b: float = 0.75
    rarity: float = 1.4  # power of the inverse document frequency
    skill_weight: float = 0.5  # of a catalogue skill beside a word as rare
    sparse_decay: float = 0.5  # a person's 2nd hit counts half, the 3rd a quarter
    dense_decay: float = 0.6
    breadth: float = 0.05  # a person's hits count works ** -breadth: who built sixty things is hit by chance
    depth: int = 200  # people a leg brings to the fusion
    hits: int = 300  # passages a leg looks at for them; 500 take a tenth of a search more and rank no better
    dense_weight: float = 0.45
    sparse_weight: float = 0.55
    prior_weight: float = 0.02
    rerank_weight: float = 0.1
    unmet_weight: float = 1.2  # for each step of relaxation: more than all else, so that who meets all comes first
    hnsw_ef: int = 384  # of a search for 300, recall@100 is .990 in .85 ms; 512 has .994 in 1.0 (64,142 passages)


@dataclass(frozen=True, slots=True)
class FieldWeights:
    """What a word of each field of a work counts in the sparse leg; 0 leaves the field out."""

    name: float = 1.0
    description: float = 1.0
    topics: float = 1.0
    language: float = 1.0


EF_PASSAGES = 64_142  # the collection in which depths of search were chosen
LARGEST_EF = 10_000  # the most that a server lets a search take
LARGE = 250_000  # passages from which on the graph has twice as many links
HNSW_M = 16  # .989 recall in .98 ms; 24 has .992 in 1.05 ms, 32 .993 in 1.15 (docs/decisions/0005-edge-layout.md)


def graph_links(hnsw_m: int, passages: int) -> int:
    """How many neighbours the graph of a collection keeps: `hnsw_m`, twice as many in a large one.

    Where a hundred passages lie close together, 16 links lead out of their circle too seldom: .84 recall where 32 have
    .96, for the same time (100,392 passages in 1,068 such circles).
    """
    return hnsw_m if passages <= LARGE else 2 * hnsw_m


@dataclass(frozen=True, slots=True)
class Release:
    """The manifest of one release."""

    id: str
    model_name: str
    model_version: int
    collection: str
    fingerprint: str
    dimension: int
    people: int
    passages: int  # with a vector
    created: str  # ISO 8601, UTC
    data_rev: str  # hash of the raw files it was built from
    git_revision: str | None
    oldest_fetch: str | None
    bm25: Bm25Statistics
    means: LanguageMeans
    works: tuple[int, ...]  # how many works each person has, by ordinal
    ranking: RankingConstants = field(default_factory=RankingConstants)
    population: int | None = None  # people who match the selection at the source, None when it cannot tell
    field_weights: FieldWeights = field(default_factory=FieldWeights)
    hnsw_m: int = HNSW_M

    @property
    def search_ef(self) -> int:
        """How many neighbours a search of the graph keeps in view: `hnsw_ef`, more in larger collections.

        384 has recall .99 among 64,142 passages and .966 among 1,068,000, where one query in a hundred found next to
        nothing; 1,536 has .999 there (docs/benchmarks.md, "Larger releases").
        """
        growth = min(4.0, max(1.0, math.sqrt(self.passages / EF_PASSAGES)))
        return min(LARGEST_EF, round(self.ranking.hnsw_ef * growth))

    def to_dict(self) -> dict[str, Any]:
        """The manifest as JSON-able values."""
        manifest = {each.name: getattr(self, each.name) for each in fields(self)}
        manifest["bm25"] = {
            "people": self.bm25.people,
            "average_length": self.bm25.average_length,
            "document_frequencies": {str(term): count for term, count in self.bm25.document_frequencies.items()},
        }
        manifest["means"], manifest["works"] = self.means.to_dict(), list(self.works)
        manifest["ranking"] = asdict(self.ranking)
        manifest["field_weights"] = asdict(self.field_weights)
        return manifest

    @staticmethod
    def from_dict(manifest: Mapping[str, Any]) -> Release:
        """Read a manifest back; ModelFilesCorrupt when it is not one."""
        try:
            bm25 = dict(manifest["bm25"])
            bm25["document_frequencies"] = {int(k): int(v) for k, v in bm25["document_frequencies"].items()}
            values = {**manifest, "bm25": Bm25Statistics(**bm25)}
            values["means"] = LanguageMeans.from_dict(manifest["means"])
            values["works"] = tuple(map(int, manifest["works"]))
            values["ranking"] = RankingConstants(**manifest["ranking"])
            values["field_weights"] = FieldWeights(**manifest.get("field_weights", {}))
            return Release(**values)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelFilesCorrupt(f"release.json cannot be read ({error}); build the release again.") from error


def new_release_id(version: int, now: datetime | None = None) -> str:
    """An id nobody else has: the version, the second, and four random digits."""
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dt%H%M%S")
    return f"v{version}-{moment}-{secrets.token_hex(2)}"


def collection_name(release_id: str) -> str:
    """The collection a release is built into."""
    return f"profiles-{release_id}"


def version_of(release_id: str) -> int:
    """The model version in a release id; ReleaseNotFound when it is not one."""
    match = RELEASE_ID.fullmatch(release_id)
    if not match:
        raise ReleaseNotFound(release_id)
    return int(match[1])
