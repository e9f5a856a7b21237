"""Which tables `vivier index` takes when none are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.raw_tables import raw_tables, tables_to_enrich
from indexing.raw_data.revision import folder_hash
from indexing.settings import HomeSettings


@pytest.fixture
def settings(tmp_path: Path) -> HomeSettings:
    (tmp_path / "raw").mkdir()
    (tmp_path / "processed").mkdir()
    return HomeSettings(home=tmp_path, data=tmp_path, processed=tmp_path / "processed")


def put_tables(settings: HomeSettings, content: str = "login\n") -> None:
    for name in ("users", "repos"):
        (settings.data / "raw" / f"github_{name}.csv").write_text(content)


def note(settings: HomeSettings, data_rev: str) -> None:
    (settings.processed / "profiles_enriched.json").write_text(json.dumps({"data_rev": data_rev}))


def test_people_and_repositories_are_needed_and_either_may_be_packed(settings: HomeSettings) -> None:
    raw = settings.data / "raw"
    assert raw_tables(raw) is None
    (raw / "github_users.csv.gz").touch()
    assert raw_tables(raw) is None
    (raw / "github_repos.csv").touch()
    found = raw_tables(raw)
    assert found is not None
    assert (found.users.name, found.contributions) == ("github_users.csv.gz", None)


def test_tables_that_nobody_enriched_yet_are_taken(settings: HomeSettings) -> None:
    assert tables_to_enrich(settings) is None
    put_tables(settings)
    assert tables_to_enrich(settings) == raw_tables(settings.data / "raw")


def test_tables_brought_back_from_another_version_are_enriched_anew(settings: HomeSettings) -> None:
    put_tables(settings)
    note(settings, f"dvc-{folder_hash(settings.data / 'raw')[:12]}-git-0123456789ab")
    assert tables_to_enrich(settings) is None
    put_tables(settings, "login\nsomebody\n")
    assert tables_to_enrich(settings) is not None


def test_people_enriched_from_files_elsewhere_stay_the_ones_to_index(settings: HomeSettings) -> None:
    put_tables(settings)
    note(settings, "0123456789ab")
    assert tables_to_enrich(settings) is None
