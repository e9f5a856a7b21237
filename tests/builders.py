"""Values for tests: every builder has defaults, so that a test shows only what matters to it. All fictional."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.profiles import Profile, Work
from indexing.raw_data import RawData, read_raw

USER_COLUMNS = (
    "login,id,type,name,company,location,bio,hireable,followers,following,public_repos,created_at,updated_at,fetched_at"
).split(",")
REPO_COLUMNS = (
    "id,owner,name,full_name,description,language,topics,stargazers_count,forks_count,fork,archived,license,"
    "created_at,pushed_at,fetched_at"
).split(",")
CONTRIBUTION_COLUMNS = ("login", "full_name", "role", "commits", "first_at", "last_at")

Row = dict[str, str]


def make_work(name: str = "tide-tables", *, owner: str = "ada-lumen", role: str = "owner", **changes: Any) -> Work:
    """A repository owned by the fictional Ada Lumen."""
    full_name = changes.pop("full_name", f"{owner}/{name}")
    return Work(full_name=full_name, name=name, role=role, **changes)


def make_profile(login: str = "ada-lumen", **changes: Any) -> Profile:
    """A fictional person with one work of their own, unless `works` says otherwise."""
    works = changes.pop("works", None)
    if works is None:
        works = (make_work(owner=login),)
    return Profile(login=login, works=tuple(works), **changes)


def user_row(login: str = "ada-lumen", **cells: str) -> Row:
    """A row of github_users.csv; what is not named is unknown."""
    return {"login": login, **cells}


def repo_row(full_name: str = "ada-lumen/tide-tables", **cells: str) -> Row:
    """A row of github_repos.csv; owner and name follow from the full name."""
    owner, _, name = full_name.partition("/")
    return {"owner": owner, "name": name, "full_name": full_name, **cells}


def contribution_row(login: str, full_name: str, role: str = "contributor", **cells: str) -> Row:
    """A row of github_contributions.csv."""
    return {"login": login, "full_name": full_name, "role": role, **cells}


def write_csv(path: Path, rows: Iterable[Mapping[str, str]], columns: Iterable[str]) -> Path:
    """Write rows under the given columns and those they add themselves."""
    listed = list(rows)
    header = list(dict.fromkeys([*columns, *(name for row in listed for name in row)]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)
    return path


@dataclass(frozen=True, slots=True)
class RawFiles:
    """The paths of one corpus's raw files, and where its rejected rows go."""

    users: Path
    repos: Path
    contributions: Path | None
    rejected_folder: Path

    def read(self) -> RawData:
        """What `read_raw` makes of them."""
        return read_raw(self.users, self.repos, self.contributions, rejected_folder=self.rejected_folder)


def write_raw_files(
    folder: Path,
    *,
    users: Iterable[Mapping[str, str]] = (),
    repos: Iterable[Mapping[str, str]] = (),
    contributions: Iterable[Mapping[str, str]] | None = None,
) -> RawFiles:
    """A corpus on disk, without a contributions file unless rows are given for it."""
    return RawFiles(
        write_csv(folder / "github_users.csv", users, USER_COLUMNS),
        write_csv(folder / "github_repos.csv", repos, REPO_COLUMNS),
        None
        if contributions is None
        else write_csv(folder / "github_contributions.csv", contributions, CONTRIBUTION_COLUMNS),
        folder / "rejected",
    )
