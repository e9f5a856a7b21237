"""The report as one page that stands alone: no script, nothing from elsewhere, light or dark, narrow or wide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from string import Template

from flows.data_quality.changes import Changes, Moved
from flows.data_quality.counting import SAMPLED_TEXTS, SHORTEST_TEXT
from flows.data_quality.plots import bars
from flows.data_quality.report import Coverage, QualityReport

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Vivier: data quality</title>
<style>
:root { color-scheme: light dark; --ink: #1d2429; --paper: #ffffff; --bar: #2f7d86; --faint: #d5dcdf; --warn: #a33a16; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9eb; --paper: #14191c; --bar: #4fb3bd; --faint: #37424a; --warn: #ff9c78; }
}
body { margin: 0 auto; padding: 1rem; max-width: 66rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; border-bottom: 1px solid var(--faint); }
.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem; }
.side > * { min-width: 0; } .wide { overflow-x: auto; }
figure { margin: 0; } svg { width: 100%; max-width: 30rem; height: auto; }
table { border-collapse: collapse; margin: .5rem 0; } caption { text-align: left; font-weight: 600; }
th, td { padding: .15rem .9rem .15rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--faint); }
td.number { text-align: right; font-variant-numeric: tabular-nums; } th { font-weight: 400; }
.warn { color: var(--warn); font-weight: 600; }
</style>
</head>
<body>
<main>
<h1>Data quality</h1>
$body
</main>
</body>
</html>
""")


def page(report: QualityReport) -> str:
    """The whole page."""
    return _PAGE.substitute(body="\n".join(_sections(report)))


def _sections(report: QualityReport) -> Iterator[str]:
    yield (
        f"<p>{report.people:,} people, {report.repositories:,} repositories, {report.contributions:,} contributions. "
        f"Made {escape(report.made_at)} of data revision {escape(report.data_rev)}. Counts only: nobody is named.</p>"
    )
    yield from _coverage(report.coverage)
    yield from _changes(report.changes)
    yield "<h2>Rows</h2>"
    yield _beside(_table(file.file, _rows(file.read, file.kept, file.merged, file.rejected, file.warnings))
                  for file in report.files)  # fmt: skip
    yield _beside([_table("Accounts by kind", _counts(report.kinds)), _table("Doubles", _counts(report.doubles))])
    yield "<h2>Missing fields</h2>"
    yield _beside(
        _figure(bars(f"missing-{table}", shares, f"Rows of {table} without a field", as_shares=True))
        for table, shares in report.missing.items()
    )
    yield "<h2>Languages</h2>"
    yield _beside(
        [
            _figure(bars("languages", report.languages, "Repositories by programming language")),
            _figure(bars("bios", report.bios, "Bios by language")),
            _figure(bars("descriptions", report.descriptions, "Descriptions by language")),
        ]
    )
    yield (
        f"<p>French or English is told for texts of {SHORTEST_TEXT} characters or more, estimated on an even sample of "
        f"about {SAMPLED_TEXTS:,} when there are more; another language counts as the nearer of the two.</p>"
    )
    yield "<h2>Places</h2>"
    yield _beside(
        [
            _figure(bars("places", report.places, "People by their location")),
            _figure(bars("countries", report.countries, "People by country")),
        ]
    )
    yield "<h2>Freshness</h2>"
    yield _beside(
        [
            _figure(bars("fetched", report.fetched, "People by when they were fetched")),
            _figure(bars("updated", report.updated, "People by when they changed their profile")),
            _figure(bars("pushed", report.pushed, "Repositories by their last push")),
        ]
    )
    yield f"<p>The oldest fetch: {escape(report.oldest_fetch or 'unknown')}.</p>"
    yield "<h2>Skew</h2>"
    yield _beside(
        [
            _figure(bars("works", report.works, "People by how many works they have")),
            _figure(bars("followers", report.followers, "People by followers")),
            _figure(bars("stars", report.stars, "Repositories by stars")),
        ]
    )
    yield _beside(_table(what, _spread(values)) for what, values in report.spreads.items() if values)


def _coverage(coverage: Coverage | None) -> Iterator[str]:
    if coverage is None:
        return
    known = "an unknown number" if coverage.population is None else f"{coverage.population:,}"
    yield f"<h2>Collected</h2><p>{coverage.collected:,} people of {known} at the source ({escape(coverage.source)})."
    yield f" {coverage.slices:,} slices, {coverage.slices - coverage.short:,} of them whole.</p>"
    if coverage.short:
        yield (
            f'<p class="warn">{coverage.lacking:,} people are lacking in {coverage.short:,} of the slices, which '
            "scrape.json names; scraping again goes on with them.</p>"
        )
    if coverage.left_out:
        yield _table("Left out", _counts(coverage.left_out))


def _changes(changes: Changes | None) -> Iterator[str]:
    yield "<h2>Changes since the last collection</h2>"
    if changes is None:
        yield "<p>There was none to compare with.</p>"
        return
    moved = [("people", changes.people), ("repositories", changes.repositories)]
    yield _beside(_table(f"{what[0].upper()}{what[1:]}", _moved(one)) for what, one in moved if one is not None)
    for one in changes.emptier:
        yield (
            f'<p class="warn">{escape(one.table)}.{escape(one.column)} is empty in {one.after:.1%} of the rows, '
            f"{one.before:.1%} before: has the source stopped telling it?</p>"
        )
    if not changes.emptier:
        yield "<p>No field has become emptier by more than 5 points.</p>"


def _moved(moved: Moved) -> dict[str, str]:
    return _counts({"new": moved.new, "gone": moved.gone, "changed": moved.changed, "as before": moved.same})


def _rows(
    read: int, kept: int, merged: int, rejected: Mapping[str, int], warnings: Mapping[str, int]
) -> dict[str, str]:
    aside = {f"set aside: {reason}": count for reason, count in rejected.items()}
    return _counts({"read": read, "kept": kept, "merged as doubles": merged, **aside, **warnings})


def _counts(counts: Mapping[str, int]) -> dict[str, str]:
    return {label: f"{count:,}" for label, count in counts.items()}


def _spread(values: Mapping[str, float]) -> dict[str, str]:
    return {label: f"{value:.1%}" if label.startswith("share") else f"{value:,.0f}" for label, value in values.items()}


def _table(caption: str, rows: Mapping[str, str]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="number">{escape(value)}</td></tr>'
        for label, value in rows.items()
    )
    return f'<div class="wide"><table><caption>{escape(caption)}</caption>{cells}</table></div>'


def _figure(drawn: str) -> str:
    return f"<figure>{drawn}</figure>"


def _beside(parts: Iterable[str]) -> str:
    return f'<div class="side">{"".join(parts)}</div>'
