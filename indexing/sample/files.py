"""The sample on disk: three CSV files and two files of judgements, byte for byte the same everywhere."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from indexing.sample.generation import Row, Sample
from indexing.sample.judgements import Judgement


def write_sample(sample: Sample, samples_folder: Path, judgements_folder: Path) -> None:
    """Write `github_*.csv` to one folder, `sample.jsonl` and `written.jsonl` to the other."""
    samples_folder.mkdir(parents=True, exist_ok=True)
    judgements_folder.mkdir(parents=True, exist_ok=True)
    _write_rows(samples_folder / "github_users.csv", sample.users)
    _write_rows(samples_folder / "github_repos.csv", sample.repos)
    _write_rows(samples_folder / "github_contributions.csv", sample.contributions)
    written = [judgement for judgement in sample.judgements if judgement.kind == "written"]
    _write_judgements(judgements_folder / "sample.jsonl", (it for it in sample.judgements if it.kind != "written"))
    _write_judgements(judgements_folder / "written.jsonl", written)


def _write_rows(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_judgements(path: Path, judgements: Iterable[Judgement]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as target:
        for judgement in judgements:
            line = {
                "id": judgement.id,
                "kind": judgement.kind,
                "query": judgement.query,
                "relevant": dict(judgement.relevant),
            }
            target.write(json.dumps(line, ensure_ascii=False) + "\n")
