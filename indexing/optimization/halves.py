"""Judged queries in two halves: one is tuned on, the other, set apart, says whether that was worth anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from indexing.errors import InputError
from indexing.evaluation.judgements import Judgement

MIN_QUERIES = 2  # in each half; a few dozen before a difference says anything


@dataclass(frozen=True, slots=True)
class Halves:
    """The queries that trials see, and those that only the report does."""

    tuned_on: tuple[Judgement, ...]
    set_apart: tuple[Judgement, ...]


def halves(judgements: Sequence[Judgement]) -> Halves:
    """Split by a hash of the need, so that a query stays on its side whatever else is judged, in both languages.

    In the hash's order, which has nothing to do with that of the file: the first third is a sample of all.
    """
    ordered = sorted(judgements, key=lambda judgement: (_hash(judgement.pair), judgement.id))
    found = Halves(
        tuple(judgement for judgement in ordered if _hash(judgement.pair) % 2),
        tuple(judgement for judgement in ordered if not _hash(judgement.pair) % 2),
    )
    if min(len(found.tuned_on), len(found.set_apart)) < MIN_QUERIES:
        raise InputError(
            f"{len(judgements)} judged queries are too few to tune on one half and check on the other; judge more.",
            field="judgements",
        )
    return found


def _hash(need: str) -> int:
    return int.from_bytes(blake2b(need.encode(), digest_size=8).digest(), "big")
