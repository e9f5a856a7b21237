"""A report printed for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexing.evaluation.comparison import FULL, Section
from indexing.evaluation.judgements import read_judgements
from indexing.evaluation.measures import MEASURES
from indexing.evaluation.systems import RRF, SYSTEMS

QUERY_WIDTH = 70  # characters of a query that the console shows
UNALIKE = 5  # pairs shown of those whose lists differ most


def print_report(report: Section, files: Sequence[Path], console: Console) -> None:
    """Print what was evaluated, then a table for each question one asks of it."""
    for sentence in _sentences(report):
        console.print(Text(sentence), soft_wrap=True)
    tables = [_systems(report), _significance(report)]
    tables += [_groups(report, group) for group in ("kind", "language") if len(report[f"by_{group}"]) > 1]
    queries = {judgement.id: judgement.query for judgement in read_judgements(files)}
    tables += [_won_and_lost(report, versus, queries) for versus in report["won_and_lost"]]
    if "parity" in report:
        tables += [_parity(report["parity"]), _unalike(report["parity"])]
    for table in tables:
        if table.rows:
            console.print(table)


def _sentences(report: Section) -> Iterator[str]:
    corpus, release, judged = report["corpus"], report["release"], report["judgements"]
    yield (
        f"{corpus['name']}: {corpus['people']} people, {corpus['passages']} passages, data {corpus['data_rev']}; "
        f"version {release['model_version']} ({release['model_name']}); {report['queries']} queries; "
        f"{report['seconds']:.0f} s."
    )
    if judged["logins_not_in_corpus"]:
        yield (
            f"{judged['logins_not_in_corpus']} of {judged['logins']} judged people are not in the corpus and count as "
            f"not found; {judged['queries_nobody_can_answer']} queries have nobody who is."
        )


def _systems(report: Section) -> Table:
    table = Table("system", title="Systems, with 95 % intervals")
    for name in MEASURES:
        table.add_column(name, justify="center", no_wrap=True)
    for system, means in {**report["systems"], **report["references"]}.items():
        table.add_section()
        intervals = report["intervals"][system]
        cells = [f"{means[name]:.3f}\n{interval_text(intervals[name])}" for name in MEASURES]
        table.add_row(system if system in SYSTEMS else f"{system}\n(reference)", *cells)
    return table


def _significance(report: Section) -> Table:
    table = Table("against", title="Full against the others, with 95 % intervals")
    for name in ("measure", "difference", "interval", "p", "won", "lost"):
        table.add_column(name, justify="right", no_wrap=True)
    for versus, by_measure in report["significance"].items():
        for name, found in by_measure.items():
            table.add_row(
                versus.removeprefix(f"{FULL}_vs_") if name == MEASURES[0] else "",
                name,
                f"{found['difference']:+.3f}",
                interval_text(found["interval"], signed=True),
                f"{found['p']:.4f}",
                str(found["won"]),
                str(found["lost"]),
            )
        table.add_section()
    return table


def _groups(report: Section, group: str) -> Table:
    table = Table(title=f"nDCG@10 by {group}, and full against hybrid and bm25")
    table.add_column(group, overflow="fold")
    for name in ("n", *SYSTEMS, RRF, "- hybrid", "- bm25"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, means in report[f"by_{group}"].items():
        rest = report["groups"][group][name]
        cells = [f"{found['ndcg@10']:.3f}" for found in (*means.values(), rest["references"][RRF])]
        for other in ("hybrid", "bm25"):
            found = rest["significance"][f"{FULL}_vs_{other}"]["ndcg@10"]
            cells.append(f"{found['difference']:+.3f}\n{_chance(found['p'])}")
        table.add_row(name, str(rest["queries"]), *cells)
    return table


def _won_and_lost(report: Section, versus: str, queries: Mapping[str, str]) -> Table:
    other = versus.removeprefix(f"{FULL}_vs_")
    table = Table("nDCG@10", title=f"Won and lost most against {other}")
    table.add_column("id", overflow="fold")  # an id that is cut cannot be looked for
    table.add_column("query")
    for part in ("won", "lost"):
        for one in report["won_and_lost"][versus][part]:
            words = " ".join(queries[one["id"]].split())
            shown = words if len(words) <= QUERY_WIDTH else f"{words[:QUERY_WIDTH].rstrip()}..."
            table.add_row(f"{one['difference']:+.3f}", Text(one["id"]), Text(shown))
        table.add_section()
    return table


def _parity(parity: Mapping[str, Section]) -> Table:
    some = next(iter(parity.values()))
    table = Table("full, English and French", title=f"Parity over {some['pairs']} pairs of queries")
    for version, found in parity.items():
        table.add_column(f"version {version}\n{found['model']}", justify="center")
    share = next(name for name in some if name.startswith("share"))
    rows: dict[str, list[str]] = {
        "RBO@20, mean": [f"{one['rbo@20']:.3f}\n{interval_text(one['rbo@20_interval'])}" for one in parity.values()],
        f"pairs with RBO@20 >= {share.rpartition('_')[2]}": [f"{one[share]:.1%}" for one in parity.values()],
    }
    for language, name in (("en", "English"), ("fr", "French")):
        rows[f"nDCG@10, {name}"] = [
            f"{one['ndcg@10'][language]:.3f}\n{interval_text(one['ndcg@10_intervals'][language])}"
            for one in parity.values()
        ]
    rows["French - English"] = [
        f"{one['fr_minus_en']['difference']:+.3f}\n{interval_text(one['fr_minus_en']['interval'], signed=True)}"
        for one in parity.values()
    ]
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def _unalike(parity: Mapping[str, Section]) -> Table:
    table = Table("version", title="Pairs whose lists differ most (all pairs are in the JSON)")
    table.add_column("pair", overflow="fold")
    table.add_column("RBO@20")
    for version, found in parity.items():
        lowest = sorted(found["rbo@20_by_pair"].items(), key=lambda one: (one[1], one[0]))[:UNALIKE]
        for pair, overlap in lowest:
            table.add_row(version, Text(pair), f"{overlap:.3f}")
        table.add_section()
    return table


def _chance(p: float) -> str:
    return f"p {p:.3f}" if p >= 0.001 else "p <.001"


def interval_text(bounds: Sequence[Any], *, signed: bool = False) -> str:
    """An interval as a cell shows it."""
    low, high = (f"{bound:+.3f}" if signed else f"{bound:.3f}" for bound in bounds)
    return f"{low} – {high}"
