"""Which raw tables there are to index: those of data/raw, once they are other ones than were enriched last."""

from __future__ import annotations

import json
from pathlib import Path

from indexing.pipeline import Sources
from indexing.raw_data.revision import folder_hash, is_made_from
from indexing.settings import HomeSettings


def raw_tables(folder: Path) -> Sources | None:
    """The tables in a folder, plain or gzip, contributions when there are any; None without people or repositories."""

    def find(name: str) -> Path | None:
        return next((path for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if path.exists()), None)

    users, repos = find("github_users"), find("github_repos")
    return Sources(users, repos, find("github_contributions")) if users and repos else None


def tables_to_enrich(settings: HomeSettings) -> Sources | None:
    """The tables of data/raw when nobody was enriched yet, or those enriched last came from other tables there.

    None: the people enriched last are the ones to index. So they are when they came from files elsewhere.
    """
    tables = raw_tables(settings.data / "raw")
    note = settings.processed / "profiles_enriched.json"
    if tables is None or not note.exists():
        return tables
    noted = json.loads(note.read_text(encoding="utf-8"))["data_rev"]
    comes_from_there = noted.startswith("dvc-")
    return tables if comes_from_there and not is_made_from(noted, folder_hash(tables.users.parent)) else None
