"""The page, the numbers and the artifact: whole, alone, and naming nobody."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from flows.data_quality import deliver, report, write_report
from flows.data_quality.artifact import markdown
from flows.data_quality.facts import facts_of
from flows.data_quality.page import page
from flows.quality_commands import quality
from indexing.errors import InputError
from indexing.sample import generate, write_sample
from tests.builders import user_row
from tests.flows.data_quality.raw import NOW, write_raw
from tests.processes import ROOT, environment


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw folder of a hundred fictional people with its report, compared with another hundred."""
    folder = tmp_path_factory.mktemp("raw")
    write_sample(generate(8, people=100), folder, folder / "judgements")
    before = facts_of(folder)
    write_sample(generate(7, people=100), folder, folder / "judgements")
    (folder / "scrape.json").write_text('{"people": 100, "population": 120, "slices": [{"collected": 1, "of": 9}]}')
    deliver(folder, before)
    return folder


class Elements(HTMLParser):
    """The elements of a page, with what they say of themselves."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.slow
def test_nobody_and_nothing_of_theirs_is_named_in_any_form_of_the_report(sample: Path, tmp_path: Path) -> None:
    """Words of the page itself ("margin") are also somebody's repository; those stand in a report on others, too."""
    others = page(report(write_raw(tmp_path, users=[user_row()]), now=NOW)).casefold()
    written = "".join((sample / name).read_text(encoding="utf-8") for name in ("quality.html", "quality.json"))
    written = (written + markdown(report(sample, now=NOW))).casefold()
    users, repos = (pd.read_csv(sample / f"github_{name}.csv") for name in ("users", "repos"))
    texts = [users["login"], users["name"], users["bio"], repos["name"], repos["full_name"], repos["description"]]
    personal = {text.casefold() for text in pd.concat(texts).dropna() if len(text) > 5}
    assert len(personal) > 1_000
    named = {text for text in personal if re.search(rf"\b{re.escape(text)}\b", written)}
    assert not [text for text in named if not re.search(rf"\b{re.escape(text)}\b", others)]


def test_the_page_asks_no_other_host_and_runs_nothing(sample: Path) -> None:
    text = (sample / "quality.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//|<script|<link|<img|@import|javascript|\son\w+=", text)
    assert set(re.findall(r"url\((.)", text)) | set(re.findall(r'href="(.)', text)) <= {"#"}
    assert "default-src 'none'" in text


def test_the_page_is_whole_and_its_pictures_are_told_in_words(sample: Path) -> None:
    elements = Elements((sample / "quality.html").read_text(encoding="utf-8"))
    assert elements.open == []
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    pictures = [attributes for tag, attributes in elements.found if tag == "svg"]
    assert len(pictures) >= 12
    assert all(one["role"] == "img" and one["viewbox"] for one in pictures)
    (languages,) = [one for one in pictures if (one["aria-label"] or "").startswith("Repositories by programming")]
    assert "Python: " in str(languages["aria-label"])


def test_the_page_suits_phones_and_the_dark(sample: Path) -> None:
    text = (sample / "quality.html").read_text(encoding="utf-8")
    assert 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text
    pictures = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL))
    assert set(re.findall(r"#[0-9a-f]{6}\b", pictures)) <= {"#000000"}  # all others are the page's own


def test_the_page_warns_of_what_is_lacking_and_what_emptied(sample: Path) -> None:
    assert "8 people are lacking in 1 of the slices" in (sample / "quality.html").read_text(encoding="utf-8")


def test_equal_reports_make_equal_pages(tmp_path: Path) -> None:
    made = report(write_raw(tmp_path, users=[user_row()]), now=NOW)
    assert page(made) == page(made)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    made = report(write_raw(tmp_path, users=[user_row()]), now=NOW)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written") as refused:
        write_report(made, tmp_path / "file" / "quality.html")
    assert refused.value.field == "out"


def command() -> typer.Typer:
    app = typer.Typer()
    app.command()(quality)
    return app


def test_the_command_says_a_few_lines_and_where_the_rest_is(tmp_path: Path) -> None:
    write_raw(tmp_path, users=[user_row(location="Brest"), user_row("bo-tide", followers="many")])
    ended = CliRunner().invoke(command(), ["--raw", str(tmp_path)])
    assert ended.exit_code == 0, ended.output
    assert "1 people, 0 repositories" in ended.stdout
    assert "github_users.csv: 1 rows set aside" in ended.stdout
    assert str(tmp_path / "quality.html") in ended.stdout


def test_the_command_prints_one_document_for_programs(tmp_path: Path) -> None:
    write_raw(tmp_path, users=[user_row()])
    out = tmp_path / "elsewhere" / "page.html"
    ended = CliRunner().invoke(command(), ["--raw", str(tmp_path), "--out", str(out), "--json"])
    assert json.loads(ended.stdout)["people"] == 1
    assert json.loads(ended.stdout)["page"] == str(out)
    assert out.exists()
    assert out.with_suffix(".json").exists()


RUN = """
import sys
from pathlib import Path
from prefect import flow
from prefect.artifacts import Artifact
from flows.data_quality import report
from flows.data_quality.artifact import KEY, publish_artifact

@flow
def scraped() -> str:
    publish_artifact(report(Path(sys.argv[1])))
    return Artifact.get(KEY).data

print("RESULT", scraped())
"""


@pytest.mark.slow
@pytest.mark.e2e
def test_a_flow_keeps_the_report_as_an_artifact(tmp_path: Path) -> None:
    write_raw(tmp_path / "raw", users=[user_row()])
    ended = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "raw")],
        env=environment(tmp_path / "home", PREFECT_API_URL="", PREFECT_HOME=str(tmp_path / "prefect")),
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    kept = ended.stdout.rpartition("RESULT ")[2]
    assert "1 people, 0 repositories" in kept
    assert "| Missing in users | |" in kept
