"""The systems beside each other: means, intervals and significance, over all queries and over groups of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from indexing.evaluation.intervals import bootstrap, chance
from indexing.evaluation.judgements import Judgement
from indexing.evaluation.measures import MEASURES, NDCG, Values, measure
from indexing.evaluation.systems import RRF, SYSTEMS, Ranking, fuse_by_rank

FULL = "full"
DIGITS = 6
SHOWN = 5  # queries won and lost most that are named

Section = dict[str, Any]  # a part of the report, as JSON has it


def compare(judgements: Sequence[Judgement], runs: Mapping[str, Sequence[Ranking]]) -> Section:
    """What the report says of the systems; runs are in the order of the queries."""
    fused = [fuse_by_rank(*pair) for pair in zip(runs["bm25"], runs["dense"], strict=True)]
    values = {system: measure(judgements, rankings) for system, rankings in {**runs, RRF: fused}.items()}
    whole = summarise(values, range(len(judgements)))
    kinds = summarise_groups(values, judgements, lambda judgement: judgement.kind)
    languages = summarise_groups(values, judgements, lambda judgement: judgement.language)
    found: Section = {
        "queries": len(judgements),
        "systems": _only(whole["means"], SYSTEMS),
        "by_kind": {kind: _only(group["means"], SYSTEMS) for kind, group in kinds.items()},
        "by_language": {language: _only(group["means"], SYSTEMS) for language, group in languages.items()},
        "significance": whole["significance"],
        "intervals": whole["intervals"],
        "references": _only(whole["means"], [RRF]),
        "won_and_lost": {f"full_vs_{other}": _won_and_lost(judgements, values, other) for other in ("hybrid", "bm25")},
        "groups": {
            "kind": {kind: _rest(group) for kind, group in kinds.items()},
            "language": {language: _rest(group) for language, group in languages.items()},
        },
        "ndcg@10_by_query": {
            judgement.id: {system: _rounded(values[system][row, NDCG]) for system in values}
            for row, judgement in enumerate(judgements)
        },
    }
    return found


def summarise_groups(
    values: Mapping[str, Values],
    judgements: Sequence[Judgement],
    name_of: Callable[[Judgement], str | None],
    *,
    subject: str = FULL,
) -> dict[str, Section]:
    """Each group of queries summarised, by name; who has no name is in none."""
    rows: dict[str, list[int]] = {}
    for row, judgement in enumerate(judgements):
        name = name_of(judgement)
        if name is not None:
            rows.setdefault(name, []).append(row)
    return {name: summarise(values, rows[name], subject=subject) for name in sorted(rows)}


def summarise(values: Mapping[str, Values], rows: Sequence[int], *, subject: str = FULL) -> Section:
    """Means and intervals of every system over some queries, and the subject against each of the others."""
    systems = list(values)
    others = [system for system in systems if system != subject]
    chosen = {system: values[system][list(rows)] for system in systems}
    own = bootstrap(np.hstack([chosen[system] for system in systems]))
    differences = np.hstack([chosen[subject] - chosen[other] for other in others])
    between, likely = bootstrap(differences), chance(differences)
    section: Section = {"queries": len(rows), "means": {}, "intervals": {}, "significance": {}}
    for place, system in enumerate(systems):
        columns = list(enumerate(MEASURES, start=place * len(MEASURES)))
        section["means"][system] = {name: _rounded(own.mean[at]) for at, name in columns}
        section["intervals"][system] = {name: [_rounded(own.low[at]), _rounded(own.high[at])] for at, name in columns}
    for place, other in enumerate(others):
        section["significance"][f"{subject}_vs_{other}"] = {
            name: {
                "difference": _rounded(between.mean[at]),
                "interval": [_rounded(between.low[at]), _rounded(between.high[at])],
                "p": _rounded(likely[at]),
                "won": int((differences[:, at] > 0).sum()),
                "lost": int((differences[:, at] < 0).sum()),
            }
            for at, name in enumerate(MEASURES, start=place * len(MEASURES))
        }
    return section


def _won_and_lost(judgements: Sequence[Judgement], values: Mapping[str, Values], other: str) -> Section:
    differences = values[FULL][:, NDCG] - values[other][:, NDCG]
    order = sorted(range(len(judgements)), key=lambda row: (-differences[row], judgements[row].id))
    won = [row for row in order if differences[row] > 0][:SHOWN]
    lost = [row for row in reversed(order) if differences[row] < 0][:SHOWN]
    return {
        name: [{"id": judgements[row].id, "difference": _rounded(differences[row])} for row in rows]
        for name, rows in (("won", won), ("lost", lost))
    }


def _only(means: Mapping[str, Any], systems: Sequence[str] | Mapping[str, Any]) -> Section:
    return {system: means[system] for system in systems}


def _rest(group: Section) -> Section:
    """What a group says beyond the means of the systems, which stand in a place of their own."""
    return {
        "queries": group["queries"],
        "references": _only(group["means"], [RRF]),
        "intervals": group["intervals"],
        "significance": group["significance"],
    }


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
