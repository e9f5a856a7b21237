"""`vivier quality`: what the raw files are worth."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def quality(
    raw: Annotated[Path, typer.Option(help="The folder of the raw files.")] = Path("data/raw"),
    out: Annotated[Path | None, typer.Option(help="Where the page goes; quality.html in the folder otherwise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")] = False,
) -> None:
    """Report on the raw files: gaps, places, freshness, doubles, skew. Counts only; nobody is named."""
    from flows.data_quality.delivery import PAGE, lines, report_on, write_report

    if not as_json:
        sys.stderr.write(f"Reading {raw}...\n")
    made = report_on(raw)
    path = write_report(made, out or raw / PAGE)
    if as_json:
        sys.stdout.write(json.dumps({"page": str(path), **made.to_dict()}, ensure_ascii=False) + "\n")
        return
    sys.stdout.write("".join(f"{line}\n" for line in lines(made)) + f"{path} has all of it.\n")
