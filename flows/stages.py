"""The pipeline one stage a process, for `dvc repro`: `python -m flows.stages scrape|enrich|embed|release`.

Between stages everything lies in data/processed, so that DVC sees what each one reads and writes. What they write there
holds no moment and no id: the same data gives the same bytes on every machine, and dvc.lock changes only with them.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from flows.raw_tables import raw_tables
from flows.settings import FlowSettings
from indexing import pipeline
from indexing.assembly import assemble
from indexing.errors import InputError, RawDataError, VivierError
from indexing.model_recipes import ensure_version
from indexing.passages import all_passages
from indexing.pipeline import Sources
from indexing.raw_data import population_of
from indexing.templates import parse_template
from indexing.whole_files import write_whole
from indexing.workspace import Workspace

RAW = Path("data/raw")
PARAMETERS = Path("params.yaml")
EMBEDDED, RELEASE = "embedded.json", "release.json"


def raw_sources() -> Sources:
    """The raw files under data/raw. RawDataError when there are none."""
    tables = raw_tables(RAW)
    if tables is None:
        raise RawDataError(f"{RAW} needs github_users.csv and github_repos.csv (or .gz); `vivier scrape` brings them.")
    return tables


def scrape_command() -> list[str]:
    """`vivier scrape` into data/raw, of whom params.yaml says. InputError when it does not say it.

    DVC can neither freeze nor unfreeze a stage whose command it has to fill in itself.
    """
    try:
        asked: Any = YAML(typ="safe", pure=True).load(PARAMETERS)["scrape"]
        source, options = str(asked["source"]), shlex.split(str(asked["options"] or ""))
    except (OSError, YAMLError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            "params.yaml has to say what is collected: scrape: with source: and options: below it.", field="scrape"
        ) from error
    return [sys.executable, "vivier.py", "scrape", source, *options, "--out", str(RAW)]


def enrich(workspace: Workspace) -> str:
    """Validate the raw files and write profiles_enriched.parquet."""
    sources = raw_sources()
    raw, revision = pipeline.load(sources, workspace)
    corpus = pipeline.enrich_people(raw, revision, workspace, population=population_of(sources.users))
    return "\n".join([*raw.report.lines(), f"{len(corpus.profiles)} people"])


def embed(workspace: Workspace) -> str:
    """Fill the embedding cache of the champion's version, or of version 1."""
    corpus, version = pipeline.read_corpus(workspace), ensure_version(None, workspace)
    count = pipeline.embed(corpus, version, workspace)
    _, model = pipeline.fetch_model(version, workspace)
    template = parse_template(model.template)
    texts = {passage.text_hash for passage in all_passages(corpus.profiles, template=template) if passage.text}
    noted = {"fingerprint": model.fingerprint, "dimension": model.dimension, "texts": len(texts)}
    write_whole(workspace.processed / EMBEDDED, json.dumps(noted))
    return f"{count} passages embedded"


def release(workspace: Workspace) -> str:
    """Build a collection, look for its own passages as a service would, and serve it when nothing is served yet."""
    corpus, version = pipeline.read_corpus(workspace), ensure_version(None, workspace)
    with workspace.building():  # what an earlier build left unfinished is removed first
        built = pipeline.build(corpus, pipeline.passages(corpus, version, workspace), version, workspace)
        pipeline.check(built, corpus, workspace)
        is_served = pipeline.publish(built, workspace, force=False)
    noted = {name: getattr(built, name) for name in ("fingerprint", "people", "passages", "population", "data_rev")}
    write_whole(workspace.processed / RELEASE, json.dumps(noted))
    return f"{built.id} is " + ("served" if is_served else f"recorded; `vivier load {built.id}` serves it")


SCRAPE = "scrape"  # needs no workspace
STAGES: dict[str, Callable[[Workspace], str]] = {"enrich": enrich, "embed": embed, "release": release}


def main(arguments: list[str]) -> int:
    """Run one stage; 0 when it went well, else 1 with one sentence on standard error."""
    if len(arguments) != 1 or arguments[0] not in (SCRAPE, *STAGES):
        sys.stderr.write(f"usage: python -m flows.stages {'|'.join((SCRAPE, *STAGES))}\n")
        return 2
    try:
        if arguments[0] == SCRAPE:
            return subprocess.run(scrape_command(), check=False).returncode  # noqa: S603  # our own command line
        sys.stdout.write(STAGES[arguments[0]](assemble(FlowSettings())) + "\n")
    except VivierError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
