"""`vivier train` on the command line. What is heavy is imported by the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from flows.commands import JUDGEMENTS, SAMPLE
from flows.progress_bars import Bars
from indexing.errors import InputError
from indexing.terminal import print_json, say, warn

if TYPE_CHECKING:
    from indexing.pipeline import Progress
    from indexing.settings import HomeSettings
    from indexing.training.stages import Trained
    from indexing.training.task import Installation, Task

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]


def train(
    users: Annotated[
        Path | None, typer.Option(help="github_users.csv, also .gz; the shipped sample otherwise.")
    ] = None,
    repos: Annotated[Path | None, typer.Option(help="github_repos.csv, also .gz.")] = None,
    contributions: Annotated[
        Path | None, typer.Option(help="github_contributions.csv; without it, owners own.")
    ] = None,
    judgements: Annotated[
        list[Path] | None,
        typer.Option(help="Judged queries of this corpus: never trained on, asked at the end; may be repeated."),
    ] = None,
    kind: Annotated[Literal["fine-tuned", "static"], typer.Option(help="static: no transformer at query time.")] = (
        "fine-tuned"
    ),
    base: Annotated[
        str | None, typer.Option(help="A registered version or a sentence-transformers folder; 1 otherwise.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call the result.")] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="Stop after so many, and go on to evaluate.")] = 90.0,
    steps: Annotated[int | None, typer.Option(help="Batches to train on at most.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Pairs, or texts, in a batch.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The highest; it rises to it and falls again.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Tokens of a text while training.")] = None,
    frozen_layers: Annotated[
        int | None, typer.Option(help="Lowest layers that stay as they are; half otherwise.")
    ] = None,
    evaluate_every: Annotated[int | None, typer.Option(help="Steps between two looks at the people set apart.")] = None,
    patience: Annotated[int | None, typer.Option(help="Looks without a better one before it stops.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed sets other people apart and draws other pairs.")] = 1,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log a run to MLflow.")] = True,
    as_json: AsJson = False,
) -> None:
    """Train an encoder on a corpus and register it as the next version; killed, the same command goes on."""
    from flows.settings import FlowSettings
    from indexing.training.options import make_options
    from indexing.training.stages import train_encoder

    options = make_options(
        kind,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        max_length=max_length,
        frozen_layers=frozen_layers,
        evaluate_every=evaluate_every,
        patience=patience,
        seed=seed,
    )
    task = make_task(users, repos, contributions, judgements, base=base, name=name, options=options, minutes=minutes)
    with Bars() as bars:
        done = train_encoder(task, installation_of(FlowSettings(), bars, track=track))
    if as_json:
        print_json({"version": done.version, "name": done.name, "report": dict(done.report)})
        return
    for line in told(done):
        say(line)


def make_task(
    users: Path | None, repos: Path | None, contributions: Path | None, judgements: list[Path] | None, **rest: Any
) -> Task:
    """What is asked for; the shipped judged queries are never trained on, whatever the corpus."""
    from indexing.pipeline import Sources
    from indexing.training.task import Task

    if (users is None) != (repos is None) or (contributions and not users):
        raise InputError("--users and --repos go together; without them the shipped sample is trained on.")
    if users and repos:
        asked = list(judgements or [])
        return Task(Sources(users, repos, contributions), [*JUDGEMENTS, *asked], asked, **rest)
    sources = Sources(*(SAMPLE / f"github_{table}.csv" for table in ("users", "repos", "contributions")))
    asked = [*JUDGEMENTS, *(judgements or [])]
    return Task(sources, asked, asked, **rest)


def installation_of(
    settings: HomeSettings, progress: Progress, *, track: bool = True, warn: Callable[[str], None] = warn
) -> Installation:
    """What a training needs from outside, as the settings have it."""
    from indexing.assembly import assemble
    from indexing.model_recipes import ensure_version, register_source
    from indexing.model_registry.run_logs import open_tracker
    from indexing.model_registry.version_sources import fetch_source
    from indexing.run_log import UNTRACKED
    from indexing.training.task import Installation

    workspace = assemble(settings)
    return Installation(
        workspace,
        workspace_at=lambda folder: assemble(
            settings.model_copy(update={"home": folder, "processed": folder / "processed", "qdrant_url": ""})
        ),
        ensure_version=lambda number: ensure_version(number, workspace, progress),
        fetch_source=lambda version, place: fetch_source(
            settings.tracking_uri, workspace.home / "artifacts", version, place
        ),
        register=lambda folder, name: register_source(str(folder), name, workspace, progress),
        tracker=open_tracker(settings.tracking_uri, workspace.home, warn=warn) if track else UNTRACKED,
        progress=progress,
        warn=warn,
    )


def told(done: Trained) -> list[str]:
    """What came of a training, in sentences."""
    apart = done.report["set_apart"]
    lines = [
        f"People set apart ({apart['projects']} hidden projects), dense nDCG@10: {apart['before']:.3f} before, "
        f"{apart['after']:.3f} after."
    ]
    for system, section in done.report.get("judged", {}).items():
        ndcg, recall = section["ndcg@10"], section["recall@100"]
        low, high = ndcg["interval"]
        lines.append(
            f"Judged queries, {system}: nDCG@10 {ndcg['base']:.3f} -> {ndcg['trained']:.3f} "
            f"({low:+.3f} to {high:+.3f}, p {ndcg['p']:.4f}), "
            f"recall@100 {recall['base']:.3f} -> {recall['trained']:.3f}."
        )
    lines.append(
        f"Registered as version {done.version} ({done.name}); `vivier index --version {done.version}` makes its "
        "collection."
    )
    return lines
