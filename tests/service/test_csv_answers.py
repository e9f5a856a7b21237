"""A search as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.raw_data import read_raw
from service.csv_answers import COLUMNS, prefers_csv, table
from tests.builders import REPO_COLUMNS, USER_COLUMNS, repo_row, user_row, write_csv
from tests.service.conftest import Running, running
from tests.worlds import NAMED, World, make_deed, make_person

SEARCH: dict[str, Any] = {"query": "embedded motor control in Rust", "limit": 3}
TABLE = {"accept": "text/csv"}


def ask(service: Running, **need: Any) -> httpx2.Response:
    response: httpx2.Response = service.client.post("/agent_search", json=SEARCH | need, headers=TABLE)
    assert response.status_code == 200, response.text
    return response


def rows_of(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def candidate(**changes: Any) -> dict[str, Any]:
    """A rendered candidate."""
    place = {"raw": None, "country": None, "region": None, "city": None}
    parts = {"dense": 0.5, "sparse": 0.25, "prior": 0.0, "rerank": -0.125}
    known = {"rank": 1, "login": "ada", "url": "https://github.com/ada", "name": None, "headline": None, "score": 0.625}
    matched: dict[str, list[str]] = {"skills": [], "languages": [], "topics": []}
    return {
        **known,
        "location": place,
        "score_parts": parts,
        "matched": matched,
        "missing": [],
        "evidence": [],
        **changes,
    }


def test_a_table_says_what_the_answer_says(service: Running) -> None:
    response = ask(service)
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    release = service.releases[0].id
    assert response.headers["content-disposition"] == f'attachment; filename="vivier-{release}.csv"'
    assert response.headers["x-request-id"]
    answer = service.client.post("/agent_search", json=SEARCH).json()
    rows = rows_of(response.content)
    assert list(rows[0]) == list(COLUMNS)
    for row, one in zip(rows, answer["candidates"], strict=True):
        assert {name: row[name] for name in ("login", "url")} == {name: one[name] for name in ("login", "url")}
        assert int(row["rank"]) == one["rank"]
        assert float(row["score"]) == one["score"]
        assert {name: float(row[name]) for name in one["score_parts"]} == one["score_parts"]
        assert [row[name] or None for name in ("country", "region", "city")] == [
            one["location"][name] for name in ("country", "region", "city")
        ]
        assert row["skills"] == "; ".join(one["matched"]["skills"])
        assert row["missing"] == "; ".join(one["missing"])
        assert row["quote"] == one["evidence"][0]["quote"]
        assert row["evidence_url"] == one["evidence"][0]["url"]


def test_nobody_found_is_a_table_with_its_header(service: Running) -> None:
    found = ask(service, filters={"languages": ["cobol"]}, relax=False)
    assert found.content.decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"


def test_what_is_wrong_is_a_problem_document_for_a_table_too(service: Running) -> None:
    refused = service.client.post("/agent_search", json={"query": " "}, headers=TABLE)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(
    "accept",
    [
        *("text/csv", "TEXT/CSV", "text/*", "text/csv; charset=utf-8", "text/csv;q=0.9, application/json;q=0.8"),
        *("text/csv, */*;q=0.1", "application/json;q=0, text/csv;q=0.001", "*/*;q=0.5, text/csv", "text/csv ; q=1.000"),
        *("application/xml, text/csv;q=0.2", "text/*;q=0.3, application/*;q=0.2", "text/csv;header=present;q=0.5"),
    ],
)
def test_a_table_is_given_to_those_who_rate_it_above_json(accept: str) -> None:
    assert prefers_csv([accept])


@pytest.mark.parametrize(
    "accept",
    [
        *("", "*/*", "application/json", "application/json, text/csv", "text/csv;q=0.8, application/json;q=0.9"),
        *("text/csv;q=0", "text/*, text/csv;q=0", "application/*, text/csv;q=0.5", "text/html", "text/csvx", "csv"),
        *("text/csv;q=nonsense", "text/csv;q=-1", "text/csv;q=", "text/csv;q=2", ",;,=", "*/*, text/csv;q=0.9"),
    ],
)
def test_everybody_else_is_given_json(accept: str) -> None:
    assert not prefers_csv([accept])


def test_several_accept_headers_are_one_list() -> None:
    assert prefers_csv(["application/json;q=0.5", "text/csv"])
    assert not prefers_csv(["application/json", "text/csv;q=0.5"])
    assert not prefers_csv([])


@given(st.text(max_size=60))
def test_no_accept_header_does_harm(accept: str) -> None:
    assert prefers_csv([accept]) in (True, False)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_a_cell_that_would_be_a_formula_is_text(start: str) -> None:
    evil = f"{start}HYPERLINK(1)"
    evidence = {"claim": evil, "quote": evil, "repo": evil, "url": "https://github.com/ada/x"}
    rows = rows_of(table([candidate(name=evil, headline=evil, missing=[evil], evidence=[evidence])]))
    for column in ("name", "headline", "missing", "claim", "quote", "repo"):
        assert rows[0][column] == f"'{evil}"


def test_numbers_stay_numbers_and_the_unknown_is_empty() -> None:
    row = rows_of(table([candidate()]))[0]
    assert (row["rank"], row["score"], row["rerank"]) == ("1", "0.625", "-0.125")
    assert (row["name"], row["country"], row["quote"], row["missing"]) == ("", "", "", "")


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="@＠\0"), max_size=30)


@given(cells, cells, st.lists(cells, max_size=3))
def test_whatever_people_write_comes_back_as_one_cell(name: str, headline: str, missing: list[str]) -> None:
    row = rows_of(table([candidate(name=name, headline=headline, missing=missing)]))[0]
    for column, written in (("name", name), ("headline", headline), ("missing", "; ".join(missing))):
        assert row[column].removeprefix("'") == written.removeprefix("'") or row[column] == written
        assert not row[column].startswith(("=", "+", "-", "\t", "\r"))


# Contact data: two walls, each tested alone.


def test_addresses_are_gone_before_anything_is_indexed(tmp_path: Path) -> None:
    users = write_csv(
        tmp_path / "users.csv",
        [user_row("ada-lumen", name="Ada ada@lumen.example", bio="Write to ada (at) lumen.example or a.b@c.example")],
        USER_COLUMNS,
    )
    repos = write_csv(
        tmp_path / "repos.csv",
        [repo_row("ada-lumen/tide", description="Tides. Contact: ada@lumen.example")],
        REPO_COLUMNS,
    )
    raw = read_raw(users, repos, None, rejected_folder=tmp_path)
    assert "lumen.example" not in raw.users.to_csv() + raw.repos.to_csv()
    assert "c.example" not in raw.users.to_csv()


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """People whose addresses got into the collection past the raw files."""
    world = World(tmp_path_factory.mktemp("talkative"))
    person = make_person(
        "gil-writes",
        make_deed("motor-mail", "Motor control. Ask gil@writes.example or <gil.w@mail.writes.example>.", "Rust"),
        name="Gil gil@writes.example",
        bio="Motor control, gil@writes.example",
    )
    release = world.add_release(world.add_version("north"), [*NAMED, replace(person, works=person.works)], served=True)
    with running(world, release) as found:
        yield found


def test_no_address_is_in_a_table_wherever_it_came_from(talkative: Running) -> None:
    content = ask(talkative, query="motor mail gil writes", limit=10).content.decode("utf-8-sig")
    row = next(row for row in rows_of(content.encode("utf-8-sig")) if row["login"] == "gil-writes")
    assert row["name"].startswith("Gil")
    assert row["headline"].startswith("Motor control")
    assert "example" not in content
    assert "@" not in content
