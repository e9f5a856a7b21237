"""What a registered version carries beside its encoder: how its collections are made and how people are ranked in them.

The passage template and the precision are not here: they decide vectors, so they are in the encoder's own manifest and
fingerprint, and a second place could only contradict it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any, TypeVar

from indexing.errors import InputError
from indexing.releases import HNSW_M, FieldWeights, RankingConstants, Release

Part = TypeVar("Part", RankingConstants, FieldWeights)
_ANY_WEIGHT = (0.0, 10.0)
# From where to where each number makes sense; what is searched for by a study is narrower.
BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "bm25_k1": (0.01, 10),
        "bm25_b": (0, 1),
        "rarity": (0, 5),
        "skill_weight": _ANY_WEIGHT,
        "sparse_decay": (0.01, 1),  # what a hit would be missed by is told by dividing by it
        "dense_decay": (0.01, 1),
        "breadth": (0, 1),
        "depth": (10, 2_000),
        "hits": (10, 8_000),
        "dense_weight": _ANY_WEIGHT,
        "sparse_weight": _ANY_WEIGHT,
        "prior_weight": _ANY_WEIGHT,
        "rerank_weight": _ANY_WEIGHT,
        "unmet_weight": (0, 100),
        "hnsw_ef": (2, 10_000),
        "hnsw_m": (2, 128),
        **{f"field_weights.{each.name}": _ANY_WEIGHT for each in fields(FieldWeights)},
    }
)


@dataclass(frozen=True, slots=True)
class Tuning:
    """Ranking constants, what words of each field count, how dense the graph is. InputError when one is senseless."""

    ranking: RankingConstants = field(default_factory=RankingConstants)
    field_weights: FieldWeights = field(default_factory=FieldWeights)
    hnsw_m: int = HNSW_M

    def __post_init__(self) -> None:
        named = {**asdict(self.ranking), "hnsw_m": self.hnsw_m}
        named |= {f"field_weights.{name}": weight for name, weight in asdict(self.field_weights).items()}
        for name, value in named.items():
            _check(name, value, is_whole=isinstance(_USUAL[name], int))
        if not any(asdict(self.field_weights).values()):
            raise InputError("At least one of field_weights must be above 0.", field="field_weights")
        if self.ranking.dense_weight + self.ranking.sparse_weight == 0:
            raise InputError("dense_weight and sparse_weight cannot both be 0.", field="dense_weight")

    def to_json(self) -> str:
        """Every number by its name, also those that are as usual: what is usual may change, a tuning may not."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @staticmethod
    def from_json(written: str) -> Tuning:
        """Read a tuning back; a number that is missing is as usual. InputError for one that is unknown or senseless."""
        try:
            values = json.loads(written)
        except ValueError as error:
            raise InputError(f"A tuning is not JSON ({error}); register the version again.", field="tuning") from error
        if not isinstance(values, dict):
            raise InputError("A tuning must be a JSON object; register the version again.", field="tuning")
        _refuse_unknown("", values, {each.name for each in fields(Tuning)})
        return Tuning(
            ranking=_part(RankingConstants, "ranking", values),
            field_weights=_part(FieldWeights, "field_weights", values),
            hnsw_m=values.get("hnsw_m", HNSW_M),
        )


_USUAL: Mapping[str, float] = MappingProxyType(
    {
        **asdict(RankingConstants()),
        "hnsw_m": HNSW_M,
        **{f"field_weights.{name}": weight for name, weight in asdict(FieldWeights()).items()},
    }
)


def tuning_of(release: Release) -> Tuning:
    """The tuning that a release was built with."""
    return Tuning(release.ranking, release.field_weights, release.hnsw_m)


def _check(name: str, value: Any, *, is_whole: bool) -> None:
    low, high = BOUNDS[name]
    kinds = int if is_whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if is_whole else "a number"
        raise InputError(f"{name} must be {kind} from {low:g} to {high:g}; found {value!r}.", field=name)


def _part(kind: type[Part], name: str, values: Mapping[str, Any]) -> Part:
    part = values.get(name, {})
    if not isinstance(part, dict):
        raise InputError(f"{name} of a tuning must be a JSON object.", field=name)
    _refuse_unknown(f"{name}.", part, {each.name for each in fields(kind)})
    return kind(**part)


def _refuse_unknown(place: str, values: Mapping[str, Any], known: set[str]) -> None:
    for name in values:
        if name not in known:
            raise InputError(
                f"The tuning's {place}{name} is unknown here: a newer Vivier wrote it, or it is a slip; known are "
                f"{', '.join(sorted(known))}.",
                field=f"{place}{name}",
            )


UNTUNED = Tuning()


UNTUNED = Tuning()
