"""Where people and repositories are seen: from the raw files to the answers, and nothing a page must not link to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.enrich import enrich
from indexing.evidence import evidence_of_person, evidence_of_work
from indexing.payloads import marker_payload, read_marker, read_work, work_payload
from indexing.profile_store import SCHEMA, read_profiles, write_profiles
from indexing.profiles import person_url, repository_url, web_address
from service import rendering
from tests.builders import make_profile, make_work, repo_row, user_row, write_raw_files

SEEN_AT = "https://git.example.org/reef-org/kelp"


@pytest.mark.parametrize(
    "address",
    [SEEN_AT, "http://10.0.0.7:8080/reef-org/kelp", "https://git.example.org/~ada/kelp", "https://[::1]:3000/a/b"],
)
def test_addresses_of_the_web_may_be_linked_to(address: str) -> None:
    assert web_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "javascript:alert(1)",
        "JavaScript://git.example.org/%0aalert(1)",
        "data:text/html,<script>",
        "ftp://git.example.org/kelp",
        "//git.example.org/kelp",
        "https://ada:s3cret@git.example.org/kelp",
        "https://ada@git.example.org/kelp",
        'https://git.example.org/"onclick="x',
        "https://git.example.org/kelp\nx",
        " https://git.example.org/kelp",
        "https://git.example.org/kelp?token=s3cret",
        "https:///kelp",
        "https://git.example.org/" + "a" * 500,
    ],
)
def test_everything_else_may_not(address: str | None) -> None:
    assert web_address(address) is None


def test_an_address_goes_from_the_raw_files_through_a_collection_into_the_answers(tmp_path: Path) -> None:
    users = [user_row("reef-org", bio="Tides.", html_url="https://git.example.org/reef-org"), user_row("ada-lumen")]
    repos = [repo_row("reef-org/kelp", html_url=SEEN_AT), repo_row("ada-lumen/tides")]
    files = write_raw_files(tmp_path, users=users, repos=repos)
    ada, reef = enrich(files.read())
    write_profiles([ada, reef], tmp_path / "profiles.parquet")
    assert read_profiles(tmp_path / "profiles.parquet") == [ada, reef]
    work = read_work(work_payload(reef.works[0]))
    person = read_marker(marker_payload(reef))
    said = evidence_of_person(person, None, score=0.1)
    assert said is not None
    assert said.url == person_url(person) == "https://git.example.org/reef-org"
    assert evidence_of_work(work, None, score=0.1).url == repository_url(work) == SEEN_AT
    assert rendering._work(work)["url"] == SEEN_AT
    assert person_url(ada) == "https://github.com/ada-lumen"
    assert repository_url(ada.works[0]) == "https://github.com/ada-lumen/tides"


def test_an_address_that_must_not_be_linked_to_is_left_out_and_counted(tmp_path: Path) -> None:
    users = [user_row(html_url="javascript:alert(1)")]
    repos = [repo_row("ada-lumen/a", html_url="data:text/html,x"), repo_row("ada-lumen/b", html_url=SEEN_AT)]
    raw = write_raw_files(tmp_path, users=users, repos=repos).read()
    assert raw.users["html_url"].isna().all()
    assert raw.repos["html_url"].dropna().tolist() == [SEEN_AT]
    assert sum(count for one in raw.report.files for what, count in one.warnings.items() if "html_url" in what) == 2


def test_a_collection_that_somebody_else_wrote_puts_no_script_into_a_link() -> None:
    work = replace(make_work(), html_url="javascript:alert(1)")
    assert repository_url(work) == f"https://github.com/{work.full_name}"
    assert person_url(make_profile(html_url="javascript:alert(1)")) == "https://github.com/ada-lumen"


def test_profiles_and_collections_of_before_are_read_as_if_everything_were_on_github(tmp_path: Path) -> None:
    profile = make_profile(works=[make_work("a"), make_work("b")])
    path = tmp_path / "profiles.parquet"
    write_profiles([profile, make_profile("bo-tide", works=[])], path)
    works = pa.list_(pa.struct([field for field in SCHEMA.field("works").type.value_type if field.name != "html_url"]))
    earlier = pa.schema([field for field in SCHEMA if field.name not in ("html_url", "works")] + [("works", works)])
    rows = pq.read_table(path).to_pylist()
    for row in rows:
        del row["html_url"]
        for work in row["works"]:
            del work["html_url"]
    pq.write_table(pa.Table.from_pylist(rows, schema=earlier), path)
    assert read_profiles(path) == [profile, make_profile("bo-tide", works=[])]
    assert "html_url" not in work_payload(profile.works[0])
    assert "html_url" not in marker_payload(profile)
