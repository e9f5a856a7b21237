"""Everything that is kept, swept for people who left. Each step may be repeated: a killed sweep is run again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from indexing.erasure.collections import erase_from_release
from indexing.erasure.files import erase_from_judgements, erase_from_ledger, erase_from_profiles
from indexing.errors import CollectionNotFound
from indexing.raw_data.leaving import erase_from_table, raw_files
from indexing.raw_data.revision import renoting
from indexing.workspace import Workspace

PROFILES = "profiles_enriched.parquet"
LEDGER = "scrape.json"
REVISION = "profiles_enriched.json"
TRAINING_LOCK = "training.lock"  # held by who trains
Covers = Callable[..., bool]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed."""

    rows: int  # of raw tables
    profiles: int
    replaced: Mapping[str, str] = field(default_factory=dict)  # release -> the release that stands for it now
    judgements: int = 0


def erase_from_files(folder: Path, processed: Path, covers: Covers) -> tuple[int, int, int]:
    """Rewrite what lies under the data folder; returns rows, profiles and judged queries that people went from."""
    tables = {path for place in (folder, processed) if place.exists() for path in raw_files(place)}
    with renoting(folder / "raw", processed / REVISION):  # the people stay those of the raw files
        rows = sum(erase_from_table(path, covers) for path in sorted(tables))
        for ledger in sorted(folder.rglob(LEDGER)):
            erase_from_ledger(ledger, covers)
        profiles = erase_from_profiles(processed / PROFILES, processed, covers)
    judged = sum(erase_from_judgements(path, covers) for path in sorted((folder / "judgements").glob("*.jsonl")))
    return rows, profiles, judged


def sweep(workspace: Workspace, data: Path, *, say: Callable[[str], None]) -> Swept:
    """Remove whoever tombstones cover from files, caches and every release kept. Hold `workspace.building()`."""
    covers = workspace.tombstones.covers
    say("raw files, profiles and caches")
    rows, profiles, judged = erase_from_files(data, workspace.processed, covers)
    # Evaluations are copies of a corpus that are built anew when they are wanted.
    shutil.rmtree(workspace.home / "evaluations", ignore_errors=True)
    _forget_trainings(workspace.home / "training")
    # A promotion's page shows who came and went in judged answers; what it found stays, in counts, in its record.
    for page in (workspace.home / "promotions").glob("*.html"):
        page.unlink(missing_ok=True)
    replaced: dict[str, str] = {}
    known = {release_id for version in workspace.registry.versions() for release_id in version.releases}
    for release_id in sorted(known):
        say(f"release {release_id}")
        try:
            copy = erase_from_release(workspace.registry.release(release_id), workspace, covers)
        except CollectionNotFound:
            continue  # dropped by hand; its manifest holds no person
        if copy is not None:
            replaced[release_id] = copy.id
    return Swept(rows, profiles, replaced, judged)


def _forget_trainings(folder: Path) -> None:
    """Remove what trainings keep: weights that came half-way from people's texts, and hashes of these.

    One under way is left: before it registers anything it looks whether somebody left, and removes its own.
    """
    if not folder.exists():
        return
    try:
        with FileLock(folder / TRAINING_LOCK).acquire(timeout=0):
            for path in folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
    except Timeout:
        return
