"""What a study has found, printed for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexing.optimization.findings import Section


def print_findings(found: Section, console: Console) -> None:
    """The front as a table, and whether the best trial is better on the other half."""
    queries, start, best = found["queries"], found["start"], found["best"]
    trials = ", ".join(f"{count} {state}" for state, count in found["trials"].items())
    console.print(
        f"Study {found['study']}: version {start['version']} ({start['name']}) on {found['corpus']['name']}, "
        f"space {found['space']}; trials: {trials}.",
        highlight=False,
    )
    console.print(_front(found))
    if best["trial"] == start["trial"]:
        console.print("No trial that is at most a tenth slower is better than what is served.")
        return
    for half in ("tuned_on", "set_apart"):
        says = "the queries tuned on" if half == "tuned_on" else "the queries set apart"
        console.print(f"Trial {best['trial']} against what is served, {queries[half]} of {says}: {_said(best[half])}")
    low = best["set_apart"]["interval"][0]
    verdict = "better, and not by chance" if low > 0 else "not shown to be better"
    console.print(f"Only the half set apart counts: [bold]{verdict}[/bold].", highlight=False)


def _front(found: Section) -> Table:
    table = Table("trial", title="The front, best first")
    for name in ("nDCG@10\ntuned on", "nDCG@10\nset apart", "ms a\nsearch"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what is other than served", overflow="fold")
    for row in found["front"]:
        mark = " (served)" if row["is_start"] else " (best)" if row["is_best"] else ""
        apart = row["set_apart_ndcg@10"]
        table.add_row(
            f"{row['trial']}{mark}",
            f"{row['ndcg@10']:.4f}",
            "" if apart is None else f"{apart:.4f}",
            f"{row['milliseconds']:.2f}",
            Text(_changed(row["changes"])),
        )
    return table


def _changed(changes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_shown(after)}" for name, (_, after) in changes.items())


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _said(comparison: Section) -> str:
    low, high = comparison["interval"]
    return (
        f"nDCG@10 {comparison['difference']:+.4f} (95 % {low:+.4f} to {high:+.4f}, p {comparison['p']:.3f}), "
        f"won {comparison['won']}, lost {comparison['lost']}."
    )
