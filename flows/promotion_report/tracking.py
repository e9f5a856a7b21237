"""A promotion as a run in MLflow's experiment vivier-promotion, and in a few lines of Markdown. Nobody is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from indexing.promotion.records import Section
from indexing.run_log import Tracker

EXPERIMENT = "vivier-promotion"


def log(record: Section, sections: Section, nameless: str, tracker: Tracker) -> str | None:
    """One run with the page that names nobody; returns its id, None when MLflow does not answer."""
    first, second = (sections["releases"][which] for which in ("champion", "candidate"))
    with tracker.run(
        EXPERIMENT,
        f"v{second['version']} against v{first['version']} on {sections['judged']['queries']} queries",
        kind="promotion",
        description=description(record, sections),
        tags={"promotion": record["id"], "verdict": record["state"], "data_rev": second["data_rev"]},
        parameters={
            **{f"champion_{name}": first[name] for name in ("id", "version", "model", "fingerprint")},
            **{f"candidate_{name}": second[name] for name in ("id", "version", "model", "fingerprint")},
            "mode": record["mode"],
            "judgements": ", ".join(sections["judged"]["files"]),
            **{f"threshold {rule['name']}": rule["threshold"] for rule in record["rules"]},
        },
    ) as run:
        run.metrics(measures(sections))
        with TemporaryDirectory(prefix="vivier-promotion-") as scratch:
            (Path(scratch) / "promotion.html").write_text(nameless, encoding="utf-8")
            written = json.dumps({**record, "findings": sections}, ensure_ascii=False, indent=1)
            (Path(scratch) / "promotion.json").write_text(written, encoding="utf-8")
            run.files(Path(scratch))
    return run.id


def log_end(record: Section, tracker: Tracker) -> None:
    """Let the run in MLflow say how the promotion ended."""
    if record.get("mlflow_run"):
        with tracker.run(EXPERIMENT, record["id"], kind="promotion", continues=record["mlflow_run"]) as run:
            told = {
                "state": record["state"],
                "decision": record.get("decision", ""),
                "probation": record.get("probation", ""),
            }
            run.tags({name: text for name, text in told.items() if text})


def measures(sections: Section) -> dict[str, float]:
    """Every number worth comparing between promotions, by a name that MLflow takes."""
    found: dict[str, float] = {}
    for which in ("champion", "candidate"):
        for name, value in sections["quality"]["means"][which].items():
            found[f"{which}_{name.replace('@', '_')}"] = value
        for point, value in sections["latency"]["total"][which].items():
            found[f"{which}_latency_ms_{point}"] = value
    between = sections["quality"]["significance"]["candidate_vs_champion"]["ndcg@10"]
    found |= {"ndcg_10_change": between["difference"], "ndcg_10_p": between["p"]}
    found |= {"rbo_10": sections["overlap"]["rbo@10"]}
    found |= {
        f"latency_ratio_{point}": ratio for point, ratio in sections["latency"]["total"]["ratio"].items() if ratio
    }
    for language, group in sections["by_language"].items():
        found[f"ndcg_10_change_{language}"] = group["significance"]["candidate_vs_champion"]["ndcg@10"]["difference"]
    return found


def description(record: Mapping[str, Any], sections: Section) -> str:
    """The report in a few lines of Markdown; it names nobody."""
    between = sections["quality"]["significance"]["candidate_vs_champion"]["ndcg@10"]
    latency = sections["latency"]["total"]
    lines = [
        f"**{record['candidate']}** against the champion **{record['champion']}** on "
        f"{sections['judged']['queries']} judged queries.",
        "",
        record["verdict"],
        "",
        "| | champion | candidate |",
        "|---|---|---|",
    ]
    for name in ("ndcg@10", "recall@100", "mrr"):
        means = (sections["quality"]["means"][which][name] for which in ("champion", "candidate"))
        lines.append(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    lines += [
        f"| median, ms | {latency['champion']['p50']:.1f} | {latency['candidate']['p50']:.1f} |",
        "",
        f"nDCG@10 {between['difference']:+.4f} ({between['interval'][0]:+.4f} to {between['interval'][1]:+.4f}, "
        f"p {between['p']:.4f}); first ten overlap by {sections['overlap']['rbo@10']:.2f}.",
    ]
    return "\n".join(lines)
