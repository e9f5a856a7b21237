"""`vivier data init`: DVC in the checkout, and a storage that was tried."""

from __future__ import annotations

from dataclasses import dataclass

from flows.data_versions.dvc import run_dvc
from flows.data_versions.preflight import preflight
from flows.data_versions.remote import NAME, NOBODY, PREFIX, find_remote
from flows.data_versions.repository import Repository
from flows.data_versions.settings import DataSettings
from flows.data_versions.storage import Storage
from indexing.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class Asked:
    """What the storage is wanted to be."""

    url: str | None = None
    endpoint: str | None = None
    creates_bucket: bool = False
    is_read_only: bool = False


def init(repository: Repository, settings: DataSettings, asked: Asked) -> str:
    """Set DVC up where it is not, note the storage and try it; returns a sentence about it. May be repeated."""
    if not (repository.dvc / "config").exists():
        run_dvc(repository.root, "init", "--quiet")
        write_whole(repository.dvc / "config", _CONFIG)
    if not (repository.root / ".dvcignore").exists() or not _ignores(repository):
        with (repository.root / ".dvcignore").open("a", encoding="utf-8") as file:
            file.write(_IGNORED)
    remote = find_remote(settings, repository, url=asked.url, endpoint=asked.endpoint)
    return preflight(Storage(remote), writes=not asked.is_read_only, create_bucket=asked.creates_bucket)


def _ignores(repository: Repository) -> bool:
    return "/data/raw/**/.*" in (repository.root / ".dvcignore").read_text(encoding="utf-8")


_IGNORED = """# Hidden files beside the data: locks and unfinished writes.
/data/raw/**/.*
/data/processed/**/.*
/data/processed/**/*.part
"""
_CONFIG = f"""[core]
    analytics = false
    check_update = false
    remote = {NAME}
[cache]
    type = reflink,copy
['remote "{NAME}"']
    url = s3://{NOBODY}/{PREFIX}
    connect_timeout = 10
    read_timeout = 60
    verify = true
"""
