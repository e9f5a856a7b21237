"""An evaluation kept in MLflow: one run with its parameters, measures, report and plots."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from indexing.errors import VivierError
from indexing.evaluation.comparison import FULL, Section
from indexing.evaluation.measures import MEASURES
from indexing.registry import ModelRegistry
from indexing.run_log import Tracker, metric_name

EXPERIMENT = "vivier-evaluation"


def track(report: Section, tracker: Tracker, registry: ModelRegistry) -> str | None:
    """Log a report as a new run, keep its measures with the version, and return the run's id.

    None, after a warning, when it could not be logged whole; then nothing is kept with the version either.
    """
    corpus, release = report["corpus"], report["release"]
    with tracker.run(
        EXPERIMENT,
        f"v{release['model_version']} on {corpus['name']} {report['queries']} queries",
        kind="evaluation",
        description=_description(report),
        tags={
            "corpus": corpus["name"],
            "data_rev": corpus["data_rev"],
            "version": str(release["model_version"]),
            "git_revision": report["git_revision"],
            "mlflow.source.name": "vivier evaluate",
        },
        parameters=parameters(report),
        seconds_ago=report["seconds"],
    ) as run:
        run.of_version(release["model_version"], data_set=corpus["name"], digest=corpus["data_rev"])
        run.metrics(measures(report))
        run.table("queries.json", _by_query(report))
        with TemporaryDirectory(prefix="vivier-evaluation-") as scratch:
            folder = Path(scratch)
            (folder / "evaluation.json").write_text(as_document(report), encoding="utf-8")
            from indexing.evaluation.plots import draw  # matplotlib: not for those who record nothing

            draw(report, folder)
            run.files(folder)
    if run.id is None or run.problem is not None:
        return None
    attach(registry, release["model_version"], headline(report), corpus=corpus["name"], warn=tracker.warn)
    return run.id


def attach(
    registry: ModelRegistry, version: int, values: Mapping[str, float], *, corpus: str, warn: Callable[[str], None]
) -> None:
    """Keep measures with the version they are of, after the corpus's name; without a registry, a warning."""
    try:
        registry.measured(version, {f"{metric_name(corpus)}/{name}": value for name, value in values.items()})
    except VivierError as error:
        warn(f"The measures were not kept with version {version}: {error}")


def headline(report: Section) -> dict[str, float]:
    """What a version is known by: the measures of what people get, in each language too."""
    found = {name.replace("@", "_"): float(value) for name, value in report["systems"][FULL].items()}
    for language, systems in report["by_language"].items():
        found[f"ndcg_10_{language}"] = float(systems[FULL]["ndcg@10"])
    return found


def parameters(report: Section) -> dict[str, object]:
    """What was evaluated, flat."""
    release = report["release"]
    return {
        "model_version": release["model_version"],
        "model_name": release["model_name"],
        "fingerprint": release["fingerprint"],
        **{name: release[name] for name in ("dimension", "max_length", "precision")},
        "batch_size": 1,  # each text is encoded alone, as it is served
        "corpus": report["corpus"]["name"],
        "people": report["corpus"]["people"],
        "judgements": ", ".join(report["judgements"]["files"]),
        "queries": report["queries"],
        **release["ranking"],
    }


def measures(report: Section) -> dict[str, float]:
    """Every mean by a name that MLflow takes: `full_ndcg_10`, `parity_v2_rbo_20`."""
    found = {
        f"{system}_{name.replace('@', '_')}": float(value)
        for system, means in {**report["systems"], **report["references"]}.items()
        for name, value in means.items()
    }
    for version, parity in report.get("parity", {}).items():
        found[f"parity_v{version}_rbo_20"] = parity["rbo@20"]
        for language, value in parity["ndcg@10"].items():
            found[f"parity_v{version}_{language}_ndcg_10"] = value
    return {**found, "seconds": float(report["seconds"])}


def as_document(report: Section) -> str:
    """The report as a document."""
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _by_query(report: Section) -> dict[str, list[Any]]:
    """nDCG@10 of each system by the query's id, where the full search gains most on words alone first."""
    queries = sorted(report["ndcg@10_by_query"].items(), key=lambda one: one[1]["bm25"] - one[1][FULL])
    systems = [*report["systems"], *report["references"]]
    return {"query": [name for name, _ in queries], **{name: [one[name] for _, one in queries] for name in systems}}


def _description(report: Section) -> str:
    corpus, release = report["corpus"], report["release"]
    lines = [
        f"Search by version {release['model_version']} ({release['model_name']}) on {report['queries']} judged queries "
        f"of {corpus['name']} ({corpus['people']} people, {corpus['passages']} passages, data {corpus['data_rev']}).",
        "",
        f"| system | {' | '.join(MEASURES)} |",
        f"|---|{'---|' * len(MEASURES)}",
    ]
    for system, means in {**report["systems"], **report["references"]}.items():
        low, high = report["intervals"][system]["ndcg@10"]
        cells = [f"{means[name]:.3f}" for name in MEASURES]
        lines.append(f"| {system} | {cells[0]} ({low:.3f} to {high:.3f}) | {' | '.join(cells[1:])} |")
    lines.append("")
    for versus, found in report["significance"].items():
        one = found["ndcg@10"]
        lines.append(
            f"- {versus.replace('_vs_', ' against ')}: {one['difference']:+.3f} "
            f"({one['interval'][0]:+.3f} to {one['interval'][1]:+.3f}, p {one['p']:.4f})"
        )
    return "\n".join(lines)
