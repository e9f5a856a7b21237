"""`vivier scrape git` and `vivier scrape csv` as the command line runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from flows.source_commands import scrape_csv, scrape_git
from indexing.assembly import people_store
from indexing.settings import HomeSettings
from tests.builders import REPO_COLUMNS, USER_COLUMNS, repo_row, user_row, write_csv
from tests.flows.sources.histories import Written, make_clone, rows

pytestmark = pytest.mark.slow

APP = typer.Typer()
APP.command("git")(scrape_git)
APP.command("csv")(scrape_csv)
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a data folder of the test's own."""
    monkeypatch.setenv("VIVIER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VIVIER_DATA", str(tmp_path / "data"))
    return tmp_path / "home"


def test_a_clone_is_scraped_into_the_data_folder(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp.git", [Written(), Written("Bo Tide <bo@tides.example.org>")])
    done = CliRunner().invoke(APP, ["git", str(clone)])
    assert done.exit_code == 0, done.output
    assert f"2 people, 1 repositories, 2 contributions in {tmp_path / 'data' / 'raw'}." in done.stdout
    assert len(rows(tmp_path / "data" / "raw" / "github_users.csv")) == 2


def test_json_is_one_document_and_sentences_go_to_the_other_stream(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp.git", [Written()])
    arguments = ["git", str(clone), "--name", "reef-org/kelp", "--since", "2001-01-01", "--out", str(tmp_path / "x")]
    done = CliRunner().invoke(APP, [*arguments, "--json"])
    told = json.loads(done.stdout)
    assert (told["source"], told["people"], told["out"]) == ("git", 1, str(tmp_path / "x"))
    assert told["selection"]["since"] == "2001-01-01"
    assert "1 commits read" in done.stderr


def test_who_left_stays_away(tmp_path: Path) -> None:
    store = people_store(HomeSettings())
    store.hide("ada.lumen")
    store.close()
    clone = make_clone(tmp_path / "kelp.git", [Written(), Written("Bo Tide <bo@tides.example.org>")])
    done = CliRunner().invoke(APP, ["git", str(clone)])
    assert "1 left out: people who asked to be left out" in done.stdout
    assert [row["login"] for row in rows(tmp_path / "data" / "raw" / "github_users.csv")] == ["bo.tide"]


def test_files_are_taken_and_what_was_left_out_is_told(tmp_path: Path) -> None:
    users = write_csv(tmp_path / "u.csv", [user_row("ada"), user_row("b o")], USER_COLUMNS)
    repos = write_csv(tmp_path / "r.csv", [repo_row("ada/kelp")], REPO_COLUMNS)
    done = CliRunner().invoke(APP, ["csv", "--users", str(users), "--repos", str(repos)])
    assert done.exit_code == 0, done.output
    assert "1 left out: login has characters GitHub does not allow" in done.stdout
    assert (tmp_path / "data" / "raw" / "rejected" / "github_users.rejected.csv").exists()


def test_a_bad_day_is_refused_by_name(tmp_path: Path) -> None:
    done = CliRunner().invoke(APP, ["git", str(tmp_path), "--since", "yesterday"])
    assert done.exit_code == 2
    assert "--since" in done.stderr


def test_the_commands_import_nothing_heavy() -> None:
    heavy = "{'pandas', 'pyarrow', 'slugify', 'prefect'}"
    code = f"import sys, flows.source_commands; print(sorted({heavy} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.e2e
def test_ctrl_c_leaves_the_folder_as_it_was_and_no_git_behind(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp.git", [Written(says=f"Draw the tides of day {day}") for day in range(20_000)])
    code = "import sys, typer; from flows.source_commands import scrape_git; typer.run(scrape_git)"
    out = tmp_path / "raw"
    running = subprocess.Popen(
        [sys.executable, "-c", code, str(clone), "--out", str(out)],
        cwd=ROOT,
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    for _ in range(400):
        if out.exists() and any(out.iterdir()):
            break
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)
    running.communicate(timeout=30)
    assert running.returncode == 130
    assert list(out.iterdir()) == []
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(clone) not in listed
