"""Versions, releases and champions as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from indexing.champions import Reign, pins, reigns
from indexing.promotion.gate import Verdict
from indexing.promotion.probation import under_way
from indexing.registry import ModelRegistry, ModelVersion

SHOWN_REIGNS = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """What is registered, and what is noted of it."""

    versions: Sequence[ModelVersion]
    marks: Mapping[str, str]  # release id -> served, on probation, pinned
    reigns: Sequence[Reign]  # newest first

    def marks_of(self, version: ModelVersion) -> Mapping[str, str]:
        """The marks of a version's releases."""
        return {one: self.marks[one] for one in version.releases if one in self.marks}


def list_releases(registry: ModelRegistry) -> Listed:
    """Read everything once."""
    champion, probation = registry.champion(), under_way(registry)
    marks: dict[str, list[str]] = {}
    if champion is not None:
        marks.setdefault(champion.release_id, []).append("served")
    if probation is not None:
        marks.setdefault(probation.release_id, []).append("on probation")
    for release_id in pins(registry):
        marks.setdefault(release_id, []).append("pinned")
    return Listed(registry.versions(), {one: ", ".join(said) for one, said in marks.items()}, reigns(registry))


def releases_table(listed: Listed) -> Table:
    """A row a release, newest version first, with what holds of it."""
    table = Table()
    table.add_column("version", no_wrap=True)
    table.add_column("model", overflow="fold")
    table.add_column("release", no_wrap=True)  # an id that is cut cannot be copied into `vivier load`
    table.add_column("")
    for known in listed.versions:
        name = f"{known.name} ({', '.join(known.aliases)})" if known.aliases else known.name
        for place, release_id in enumerate(known.releases or ("none",)):
            said = [listed.marks[release_id]] if release_id in listed.marks else []
            if release_id == known.release_id and "served" not in "".join(said):
                said.insert(0, "its version's own")
            first = (str(known.version), "\n".join([name, *measured(known)])) if place == 0 else ("", "")
            table.add_row(*first, release_id, ", ".join(said))
        table.add_section()
    return table


def measured(version: ModelVersion) -> list[str]:
    """What evaluations found of a version, a line for each corpus: its metrics named `corpus/measure`."""
    lines = []
    for name, label in (("ndcg_10", "nDCG@10"), ("spearman", "similarity")):
        for key, value in sorted(version.metrics.items()):
            corpus, _, measure = key.rpartition("/")
            if corpus and measure == name:
                lines.append(f"{label} {value:.3f} on {corpus}")
    return lines


def champions_table(listed: Listed) -> Table:
    """Who was champion when, newest first."""
    table = Table("since (UTC)", title="Champions")
    table.add_column("release", no_wrap=True)
    table.add_column("by")
    table.add_column("before", no_wrap=True)
    for reign in listed.reigns[:SHOWN_REIGNS]:
        table.add_row(reign.since[:19].replace("T", " "), reign.release_id, reign.cause, reign.before or "")
    return table


def rules_table(verdict: Verdict, *, title: str) -> Table:
    """Every rule of the gate and how the candidate did."""
    table = Table("rule", title=title)
    for name in ("value", "threshold"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for rule in verdict.rules:
        outcome = "met" if rule.is_met else "warning" if rule.is_warning else "not met"
        table.add_row(rule.name, f"{rule.value:.4g}", f"{rule.threshold:.4g}", outcome)
    return table
