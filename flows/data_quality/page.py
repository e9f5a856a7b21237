"""The report as one page that stands alone: no script, nothing from elsewhere, light or dark, narrow or wide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from flows.data_quality.changes import Changes, Moved
from flows.data_quality.counting import SAMPLED_TEXTS, SHORTEST_TEXT
from flows.data_quality.plots import bars
from flows.data_quality.report import Coverage, QualityReport
from flows.report_pages import beside, document, figure, table


def page(report: QualityReport) -> str:
    """The whole page."""
    return document("data quality", "Data quality", "\n".join(_sections(report)))


def _sections(report: QualityReport) -> Iterator[str]:
    yield (
        f"<p>{report.people:,} people, {report.repositories:,} repositories, {report.contributions:,} contributions. "
        f"Made {escape(report.made_at)} of data revision {escape(report.data_rev)}. Counts only: nobody is named.</p>"
    )
    yield from _coverage(report.coverage)
    yield from _changes(report.changes)
    yield "<h2>Rows</h2>"
    yield beside(table(file.file, _rows(file.read, file.kept, file.merged, file.rejected, file.warnings))
                  for file in report.files)  # fmt: skip
    yield beside([table("Accounts by kind", _counts(report.kinds)), table("Doubles", _counts(report.doubles))])
    yield "<h2>Missing fields</h2>"
    yield beside(
        figure(bars(f"missing-{name}", shares, f"Rows of {name} without a field", as_shares=True))
        for name, shares in report.missing.items()
    )
    yield "<h2>Languages</h2>"
    yield beside(
        [
            figure(bars("languages", report.languages, "Repositories by programming language")),
            figure(bars("bios", report.bios, "Bios by language")),
            figure(bars("descriptions", report.descriptions, "Descriptions by language")),
        ]
    )
    yield (
        f"<p>French or English is told for texts of {SHORTEST_TEXT} characters or more, estimated on an even sample of "
        f"about {SAMPLED_TEXTS:,} when there are more; another language counts as the nearer of the two.</p>"
    )
    yield "<h2>Places</h2>"
    yield beside(
        [
            figure(bars("places", report.places, "People by their location")),
            figure(bars("countries", report.countries, "People by country")),
        ]
    )
    yield "<h2>Freshness</h2>"
    yield beside(
        [
            figure(bars("fetched", report.fetched, "People by when they were fetched")),
            figure(bars("updated", report.updated, "People by when they changed their profile")),
            figure(bars("pushed", report.pushed, "Repositories by their last push")),
        ]
    )
    yield f"<p>The oldest fetch: {escape(report.oldest_fetch or 'unknown')}.</p>"
    yield "<h2>Skew</h2>"
    yield beside(
        [
            figure(bars("works", report.works, "People by how many works they have")),
            figure(bars("followers", report.followers, "People by followers")),
            figure(bars("stars", report.stars, "Repositories by stars")),
        ]
    )
    yield beside(table(what, _spread(values)) for what, values in report.spreads.items() if values)


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
        yield table("Left out", _counts(coverage.left_out))


def _changes(changes: Changes | None) -> Iterator[str]:
    yield "<h2>Changes since the last collection</h2>"
    if changes is None:
        yield "<p>There was none to compare with.</p>"
        return
    moved = [("people", changes.people), ("repositories", changes.repositories)]
    yield beside(table(f"{what[0].upper()}{what[1:]}", _moved(one)) for what, one in moved if one is not None)
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
