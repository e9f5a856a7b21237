"""The report as a Prefect artifact, for whoever looks at the run; called within a flow only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.data_quality.delivery import lines
from flows.data_quality.report import QualityReport

KEY = "data-quality"


def publish_artifact(made: QualityReport) -> None:
    """Create the artifact in the run that this is called from."""
    from prefect.artifacts import create_markdown_artifact

    create_markdown_artifact(key=KEY, markdown=markdown(made), description="What the raw files are worth.")


def markdown(made: QualityReport) -> str:
    """The report in Markdown: counts and tables, nobody named."""
    return "\n".join(_parts(made))


def _parts(made: QualityReport) -> Iterator[str]:
    yield f"# Data quality of {made.data_rev}\n"
    yield from (f"- {line}" for line in lines(made))
    for file in made.files:
        if file.rejected or file.warnings:
            yield from _table(file.file, {**file.rejected, **file.warnings})
    for table, shares in made.missing.items():
        yield from _table(f"Missing in {table}", {column: f"{share:.1%}" for column, share in shares.items() if share})
    sections = {
        "Programming languages": made.languages,
        "Countries": made.countries,
        "Fetched": made.fetched,
        "Repositories by last push": made.pushed,
        "Doubles": made.doubles,
        "Bios": made.bios,
        "Descriptions": made.descriptions,
    }
    for title, counts in sections.items():
        yield from _table(title, counts)


def _table(title: str, cells: Mapping[str, object]) -> Iterator[str]:
    yield f"\n| {title} | |\n|---|---:|"
    for label, value in cells.items():
        yield f"| {str(label).replace('|', ' ')} | {f'{value:,}' if isinstance(value, int) else value} |"
