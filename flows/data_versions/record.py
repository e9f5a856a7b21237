"""What lies in data/ now, noted in DVC's cache and in the small files that git keeps. Nothing is transferred."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flows.data_versions.dvc import run_dvc
from flows.data_versions.pointers import stages, unrecord
from flows.data_versions.repository import PROCESSED, RAW, Repository
from indexing.raw_data.revision import folder_hash, is_made_from

PROFILES = f"{PROCESSED}/profiles_enriched.parquet"
REVISION = f"{PROCESSED}/profiles_enriched.json"
CACHE_ROWS = "profiles_index.csv"  # what tells the folder of an embedding cache from others
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Present:
    """What there is to record, by path from the root."""

    raw: bool
    profiles: bool  # enriched people that are those of the raw files
    stray_profiles: bool  # enriched people of other raw files
    caches: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything that can be recorded."""
        profiles = (PROFILES, REVISION) if self.profiles else ()
        return (*((RAW,) if self.raw else ()), *profiles, *self.caches)


def find_present(repository: Repository) -> Present:
    """What lies under data/ that a version consists of."""
    has_raw = has_files(repository.raw)
    has_profiles = (repository.root / PROFILES).exists() and (repository.root / REVISION).exists()
    matches = has_raw and has_profiles and _are_of_raw(repository)
    rows = sorted(repository.processed.glob(f"*/{CACHE_ROWS}"))
    caches = tuple(path.parent.relative_to(repository.root).as_posix() for path in rows if not _is_hidden(path.parent))
    return Present(has_raw, matches, has_profiles and not matches, caches)


def record(repository: Repository, present: Present, *, say: Say) -> None:
    """Bring everything present into DVC's cache and note its hashes in dvc.lock and *.dvc."""
    makers = stages(repository)
    known = list(dict.fromkeys(stage for path, stage in makers.items() if path in present.paths))
    if not present.profiles:
        unrecord(repository, {PROFILES, REVISION})
    for stage in known:
        say(f"recording what {stage} made")
        run_dvc(repository.root, "commit", "--quiet", "--force", stage)
    others = [path for path in present.paths if path not in makers]
    if others:
        say(f"recording {len(others)} folder(s) of vectors" if known else "recording the data")
        run_dvc(repository.root, "add", "--quiet", *others)


def has_files(folder: Path) -> bool:
    """Whether a folder holds anything that is data."""
    return folder.is_dir() and any(path.is_file() and not _is_hidden(path) for path in folder.rglob("*"))


def _are_of_raw(repository: Repository) -> bool:
    """Whether the enriched people are those of data/raw as it is now: else the stage would vouch for a lie."""
    noted = json.loads((repository.root / REVISION).read_text(encoding="utf-8"))["data_rev"]
    return is_made_from(noted, folder_hash(repository.raw))


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".")
