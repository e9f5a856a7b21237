"""`vivier fake-github`: a GitHub to try the collecting against, without a token and without the network."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def fake_github(
    port: Annotated[int, typer.Option(help="0: any free one.")] = 8010,
    people: Annotated[int, typer.Option(min=20, max=2_000_000, help="How many fictional people there are.")] = 50_000,
    seed: Annotated[int, typer.Option(help="Another seed, other people.")] = 1,
    faults: Annotated[
        str, typer.Option(help="all, none, or names with commas between; -name takes one out. docs/fake-github.md")
    ] = "sort,points",
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    fault_rate: Annotated[float, typer.Option(min=0, help="How many times as often requests are hit.")] = 1.0,
    points_per_hour: Annotated[int, typer.Option(min=1)] = 5_000,
    hour_seconds: Annotated[float, typer.Option(min=0.1, help="How long an hour of points takes.")] = 3_600.0,
    retry_after_seconds: Annotated[int, typer.Option(min=1, help="How long a secondary limit lasts.")] = 2,
    silent_seconds: Annotated[float, typer.Option(min=0, help="How long one lasts that does not say so.")] = 2.0,
    slow_seconds: Annotated[float, typer.Option(min=0, help="How long a slow answer takes.")] = 12.0,
) -> None:
    """Serve a fake GitHub: GraphQL and a few REST routes over people who do not exist."""
    from flows.fake_github.faults import read_faults
    from flows.fake_github.github import FakeSettings, GitHub
    from flows.fake_github.listening import listen

    read_faults(faults)  # says what is wrong before a population is made
    settings = FakeSettings(
        people=people,
        seed=seed,
        faults=faults,
        fault_rate=fault_rate,
        points_per_hour=points_per_hour,
        hour_seconds=hour_seconds,
        retry_after_seconds=retry_after_seconds,
        silent_seconds=silent_seconds,
        slow_seconds=slow_seconds,
    )
    listen(GitHub(settings), host=host, port=port, say=typer.echo)
