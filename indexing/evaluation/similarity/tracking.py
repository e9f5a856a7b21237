"""An evaluation of similarity kept in MLflow: one run for each version."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from indexing.evaluation.comparison import Section
from indexing.evaluation.similarity.measuring import MEASURES
from indexing.evaluation.similarity.plots import draw_similarity
from indexing.evaluation.similarity.tables import NAMES, worst_pairs
from indexing.evaluation.tracking import EXPERIMENT
from indexing.run_log import Run, Tracker

SHOWN = 50  # pairs of the table, the worst first


def track_similarity(report: Section, tracker: Tracker, languages: dict[str, str]) -> dict[str, str]:
    """Log a run for each version; returns the ids of those that were logged whole, by version."""
    found: dict[str, str] = {}
    for version, measured in report["versions"].items():
        corpus = ", ".join(report["pairs"]["files"])
        with tracker.run(
            EXPERIMENT,
            f"v{version} similarity on {corpus}",
            kind="similarity",
            description=_description(report, version),
            tags={
                "corpus": corpus,
                "version": version,
                "model_name": measured["model"],
                "git_revision": report["git_revision"],
                "mlflow.source.name": "vivier evaluate --similarity",
            },
            parameters={
                "model_version": version,
                "model_name": measured["model"],
                **{name: measured[name] for name in ("fingerprint", "dimension", "max_length", "precision", "pooling")},
                "batch_size": 1,  # each text is encoded alone, as it is served
                "pairs_dev": report["pairs"]["dev"],
                "pairs_test": report["pairs"]["test"],
            },
            seconds_ago=report["seconds"],
        ) as run:
            run.of_version(int(version), data_set=corpus, digest=report["pairs"]["digest"])
            run.metrics(measures(measured))
            _files(run, report, version, languages)
        if run.id is not None and run.problem is None:
            found[version] = run.id
    return found


def measures(measured: Section) -> dict[str, float]:
    """Every measure by a name that MLflow takes: `spearman`, `mae`, `accuracy_fr`."""
    found = {name: measured["overall"][name]["value"] for name in MEASURES}
    for language, part in measured["by_language"].items():
        found |= {f"{name}_{language}": part[name]["value"] for name in MEASURES}
    return {**found, "threshold": measured["calibration"]["threshold"]}


def _files(run: Run, report: Section, version: str, languages: dict[str, str]) -> None:
    measured = report["versions"][version]
    with TemporaryDirectory(prefix="vivier-evaluation-") as scratch:
        folder = Path(scratch)
        document = json.dumps({**report, "versions": {version: measured}}, ensure_ascii=False, indent=2) + "\n"
        (folder / "similarity.json").write_text(document, encoding="utf-8")
        draw_similarity(version, measured, languages, folder)
        run.files(folder)
    worst = worst_pairs(measured)[:SHOWN]
    run.table(
        "pairs.json",
        {
            "pair": [name for name, _ in worst],
            "language": [languages[name] for name, _ in worst],
            **{column: [one[column] for _, one in worst] for column in ("grade", "calibrated", "cosine")},
        },
    )


def _description(report: Section, version: str) -> str:
    measured = report["versions"][version]
    parts = {"all": measured["overall"], **measured["by_language"]}
    judged = report["pairs"]
    lines = [
        f"Scores of `/predict/similarity` by version {version} ({measured['model']}) on {judged['test']} pairs "
        f"graded by hand; calibrated on {judged['dev']} others.",
        "",
        f"| pairs | {' | '.join(NAMES[name] for name in MEASURES)} |",
        f"|---|{'---|' * len(MEASURES)}",
    ]
    for name, part in parts.items():
        cells = (
            "{value:.3f} ({low:.3f} to {high:.3f})".format(
                value=part[one]["value"], low=part[one]["interval"][0], high=part[one]["interval"][1]
            )
            for one in MEASURES
        )
        lines.append(f"| {name} ({part['pairs']}) | {' | '.join(cells)} |")
    return "\n".join(lines)
