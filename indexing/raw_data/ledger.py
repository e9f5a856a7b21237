"""What a collection noted beside its raw files: how many people match its selection at the source."""

from __future__ import annotations

import json
from pathlib import Path

LEDGER = "scrape.json"


def population_of(users: Path) -> int | None:
    """How many people the source says there are, of whom the users file holds those collected; None when unknown.

    Files that no scrape wrote have no ledger; one that cannot be read is no reason to refuse the files beside it.
    """
    try:
        ledger = json.loads((users.parent / LEDGER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    population = ledger.get("population") if isinstance(ledger, dict) else None
    return population if type(population) is int and population >= 0 else None
