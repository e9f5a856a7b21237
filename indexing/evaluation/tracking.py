"""An evaluation kept in MLflow: one run with its parameters, measures, report and plots."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from indexing.evaluation.comparison import Section
from indexing.evaluation.plots import draw

EXPERIMENT = "vivier-evaluation"


class Stores(Protocol):
    """An open MLflow, as `model_registry.connection` opens it."""

    @property
    def runs(self) -> Any:
        """MLflow's tracking store."""

    def asking(self, *, missing: tuple[str, ...] = ...) -> AbstractContextManager[None]:
        """Turn whatever MLflow raises into RegistryUnavailable."""


@dataclass(frozen=True, slots=True)
class Tracker:
    """MLflow, ready to take a run."""

    stores: Stores
    artifacts: str | None  # where a new experiment keeps its files; None: where the server says
    put: Callable[[str, Path], None]  # copies the files in a folder to a run


def track(report: Section, tracker: Tracker) -> str:
    """Log a report as a new run and return the run's id. RegistryUnavailable when MLflow does not answer."""
    stores = tracker.stores
    # Here, since who does not track need not wait for mlflow.
    from mlflow.entities import Metric, Param, RunStatus, RunTag

    corpus, release = report["corpus"], report["release"]
    name = f"v{release['model_version']} on {corpus['name']} {report['queries']} queries"
    tags = {
        "mlflow.runName": name,
        "mlflow.note.content": _description(report),
        "data_rev": corpus["data_rev"],
        "git_revision": report["git_revision"] or "unknown",
    }
    with stores.asking():
        run = stores.runs.create_run(
            _experiment(tracker), "vivier", _now_ms(), [RunTag(*tag) for tag in tags.items()], name
        )
        run_id = str(run.info.run_id)
        now = _now_ms()
        metrics = [Metric(key, value, now, 0) for key, value in measures(report).items()]
        stores.runs.log_batch(run_id, metrics, [Param(*one) for one in parameters(report).items()], [])
    with TemporaryDirectory(prefix="vivier-evaluation-") as scratch:
        folder = Path(scratch)
        (folder / "evaluation.json").write_text(as_document(report), encoding="utf-8")
        draw(report, folder)
        tracker.put(run_id, folder)
    with stores.asking():
        stores.runs.update_run_info(run_id, RunStatus.FINISHED, _now_ms(), None)
    return run_id


def parameters(report: Section) -> dict[str, str]:
    """What was evaluated, flat."""
    release = report["release"]
    found = {
        "model_version": release["model_version"],
        "model_name": release["model_name"],
        "fingerprint": release["fingerprint"],
        "corpus": report["corpus"]["name"],
        "people": report["corpus"]["people"],
        "judgements": ", ".join(report["judgements"]["files"]),
        "queries": report["queries"],
        **release["ranking"],
    }
    return {name: str(value)[:500] for name, value in found.items()}


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


def _experiment(tracker: Tracker) -> str:
    runs = tracker.stores.runs
    found = runs.get_experiment_by_name(EXPERIMENT)
    return str(found.experiment_id if found else runs.create_experiment(EXPERIMENT, tracker.artifacts, []))


def _description(report: Section) -> str:
    full, bm25 = report["systems"]["full"]["ndcg@10"], report["significance"]["full_vs_bm25"]["ndcg@10"]
    corpus = report["corpus"]
    return (
        f"`vivier evaluate`: {report['queries']} judged queries on {corpus['name']} ({corpus['people']} people, "
        f"{corpus['passages']} passages). Full nDCG@10 {full:.3f}, against bm25 {bm25['difference']:+.3f} "
        f"({bm25['interval'][0]:+.3f} to {bm25['interval'][1]:+.3f}, p {bm25['p']:.4f})."
    )


def _now_ms() -> int:
    return int(time.time() * 1000)
