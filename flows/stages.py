"""The pipeline one stage a process, for `dvc repro`: `python -m flows.stages STAGE`, from load to publish.

Between stages everything lies in data/processed, so that DVC sees what each one reads and writes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from flows.settings import FlowSettings
from indexing import pipeline
from indexing.assembly import assemble
from indexing.errors import RawDataError, VivierError
from indexing.model_recipes import ensure_version
from indexing.pipeline import Sources
from indexing.raw_data import population_of
from indexing.releases import Release
from indexing.whole_files import write_whole
from indexing.workspace import Workspace

RAW = Path("data/raw")
REPORT, WORDS, RELEASE, CHECKED = "load_report.json", "passages.json", "release.json", "checked.json"


def raw_sources() -> Sources:
    """The raw files under data/raw, plain or gzip; contributions when there are any."""

    def find(name: str) -> Path | None:
        return next((path for path in (RAW / f"{name}.csv", RAW / f"{name}.csv.gz") if path.exists()), None)

    users, repos = find("github_users"), find("github_repos")
    if users is None or repos is None:
        raise RawDataError(f"{RAW} needs github_users.csv and github_repos.csv (or .csv.gz); put them there.")
    return Sources(users, repos, find("github_contributions"))


def load(workspace: Workspace) -> str:
    """Validate the raw files and keep the report."""
    raw, revision = pipeline.load(raw_sources(), workspace)
    report = {"data_rev": revision, "raw": asdict(raw.report)}
    write_whole(workspace.processed / REPORT, json.dumps(report, default=str, indent=1))
    return "\n".join(raw.report.lines())


def enrich(workspace: Workspace) -> str:
    """Write profiles_enriched.parquet."""
    sources = raw_sources()
    raw, revision = pipeline.load(sources, workspace)
    corpus = pipeline.enrich_people(raw, revision, workspace, population=population_of(sources.users))
    return f"{len(corpus.profiles)} people"


def passages(workspace: Workspace) -> str:
    """Count the passages and their words."""
    terms = pipeline.passages(pipeline.read_corpus(workspace))
    counted = {"passages": sum(1 for one in terms if one.words), "words": round(sum(one.length for one in terms))}
    write_whole(workspace.processed / WORDS, json.dumps(counted))
    return f"{counted['passages']} passages, {counted['words']} words"


def embed(workspace: Workspace) -> str:
    """Fill the embedding cache of the champion's version, or of version 1."""
    version = ensure_version(None, workspace)
    return f"{pipeline.embed(pipeline.read_corpus(workspace), version, workspace)} passages embedded"


def build(workspace: Workspace) -> str:
    """Build a collection; what an earlier build left unfinished is removed first."""
    corpus, version = pipeline.read_corpus(workspace), ensure_version(None, workspace)
    with workspace.building():
        release = pipeline.build(corpus, pipeline.passages(corpus), version, workspace)
    write_whole(workspace.processed / RELEASE, json.dumps(release.to_dict()))
    return f"built {release.id}"


def check(workspace: Workspace) -> str:
    """Open the pair as a service would and look for its own passages."""
    release = _built(workspace)
    pipeline.check(release, pipeline.read_corpus(workspace), workspace)
    write_whole(workspace.processed / CHECKED, json.dumps({"release": release.id}))
    return f"{release.id} finds its passages"


def publish(workspace: Workspace) -> str:
    """Record the release; serve it when nothing is served yet."""
    release = _built(workspace)
    served = pipeline.publish(release, workspace, force=False)
    return f"{release.id} is " + ("served" if served else f"recorded; `vivier load {release.id}` serves it")


STAGES: dict[str, Callable[[Workspace], str]] = {
    "load": load,
    "enrich": enrich,
    "passages": passages,
    "embed": embed,
    "build": build,
    "check": check,
    "publish": publish,
}


def _built(workspace: Workspace) -> Release:
    path = workspace.processed / RELEASE
    if not path.exists():
        raise RawDataError(f"{path} does not exist; run the build stage first.")
    return Release.from_dict(json.loads(path.read_text(encoding="utf-8")))


def main(arguments: list[str]) -> int:
    """Run one stage; 0 when it went well, else 1 with one sentence on standard error."""
    if len(arguments) != 1 or arguments[0] not in STAGES:
        sys.stderr.write(f"usage: python -m flows.stages {'|'.join(STAGES)}\n")
        return 2
    try:
        sys.stdout.write(STAGES[arguments[0]](assemble(FlowSettings())) + "\n")
    except VivierError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
