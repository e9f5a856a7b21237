"""The command line as its users meet it: what it prints, how it ends, and what a second run saves."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from indexing.pipeline import fetch_model
from tests.e2e.homes import champion, copy_of, index, options, rewrite, versions, workspace_at
from tests.processes import ROOT, environment, free_port, serving, vivier
from tests.registries import import_mlflow
from vivier import APP, main

pytestmark = pytest.mark.e2e

Here = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The command line's own `main` in this process, which has imported already what takes seconds to import."""

    def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
        import_mlflow()
        monkeypatch.setattr(sys, "argv", ["vivier", *arguments])
        monkeypatch.setenv("VIVIER_HOME", str(home))
        monkeypatch.setenv("VIVIER_PROCESSED", str(home / "processed"))
        monkeypatch.setenv("VIVIER_DATA", str(home / "data"))  # whoever works here may have scraped into data/raw
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(arguments, ended.value.code, *capsys.readouterr())

    return run


def indexed(here: Here, home: Path, sample: Path, *more: str) -> dict[str, Any]:
    """The summary of `vivier index --json` over a sample."""
    done = here("index", "--json", *options(sample), *more, home=home)
    assert done.returncode == 0, done
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def known_to_a_start(home: Path) -> str | None:
    """The release that a start serves without opening MLflow."""
    workspace = workspace_at(home)
    known = workspace.confirmed_champion(workspace.registry.revision())
    return known.id if known else None


@pytest.mark.slow
def test_only_the_first_release_is_published_by_itself(here: Here, registered_home: Path, small_sample: Path) -> None:
    first = indexed(here, registered_home, small_sample, "--version", "1")
    assert first["published"]
    assert first["embedded"] > 100
    assert champion(registered_home) == known_to_a_start(registered_home) == first["release"]

    second = indexed(here, registered_home, small_sample)
    assert not second["published"]
    assert second["embedded"] == 0
    assert champion(registered_home) == known_to_a_start(registered_home) == first["release"]

    third = here("index", "--publish", home=registered_home)  # no sources: the people enriched last
    assert third.stdout.startswith("Release v1-")
    assert third.stdout.endswith("published.\n")
    assert third.stdout.count("\n") == 1
    assert str(champion(registered_home)) in third.stdout
    assert champion(registered_home) not in (first["release"], second["release"])
    assert len(versions(registered_home)[1].releases) == 3


def test_one_changed_description_in_a_hundred_costs_as_many_encodings(
    here: Here, tiny_home: Path, small_sample: Path, tmp_path: Path
) -> None:
    changed = shutil.copytree(small_sample, tmp_path / "changed")
    count = 0

    def change(rows: list[list[str]]) -> list[list[str]]:
        nonlocal count
        column = rows[0].index("description")
        for row in rows[50::100]:
            row[column] = f"Rewritten since, for reason number {count}"
            count += 1
        return rows

    rewrite(changed / "github_repos.csv", change)
    run = indexed(here, tiny_home, changed, "--version", "1")
    assert 0 < run["embedded"] <= count
    assert run["embedded"] <= run["passages"] * 0.02


def test_compressed_files_with_a_byte_order_mark_and_no_contributions_are_indexed(
    here: Here, registered_home: Path, small_sample: Path, tmp_path: Path
) -> None:
    users, repos = tmp_path / "github_users.csv", tmp_path / "github_repos.csv.gz"
    users.write_bytes(b"\xef\xbb\xbf" + (small_sample / "github_users.csv").read_bytes())
    repos.write_bytes(gzip.compress((small_sample / "github_repos.csv").read_bytes()))
    done = here("index", "--version", "1", "--json", "--users", str(users), "--repos", str(repos), home=registered_home)
    summary = json.loads(done.stdout)
    assert summary["people"] > 90
    assert summary["passages"] > summary["people"]
    assert summary["raw"]["contributions"] is None


@pytest.mark.slow
def test_search_and_releases_print_one_json_document_each(here: Here, tiny_home: Path) -> None:
    listed = json.loads(here("releases", "--json", home=tiny_home).stdout)
    assert [entry["version"] for entry in listed] == [2, 1]
    assert [entry["aliases"] for entry in listed] == [[], ["champion"]]
    found = vivier("search", "web accessibility", "--limit", "3", "--json", home=tiny_home)
    answer = json.loads(found.stdout)
    assert answer["release"] == champion(tiny_home)
    assert len(answer["candidates"]) == 3
    assert found.stderr == ""


def test_the_table_of_releases_never_cuts_an_id(here: Here, tiny_home: Path) -> None:
    table = here("releases", home=tiny_home).stdout
    for known in versions(tiny_home).values():
        assert known.release_id is not None
        assert known.release_id in table


@pytest.mark.slow
def test_load_switches_a_running_service_and_says_why_when_it_cannot(tiny_home: Path) -> None:
    with serving(tiny_home) as service:
        loaded = json.loads(vivier("load", "2", "--json", "--url", service.url, home=tiny_home).stdout)
        assert loaded["serving"] == champion(tiny_home)
        assert loaded["serving"].startswith("v2-")
        refused = vivier("load", "7", "--url", service.url, home=tiny_home, check=False)
    assert one_sentence(refused) == "No release answers to '7'. `vivier releases` lists what there is."
    gone = f"http://127.0.0.1:{free_port()}"
    assert "does not answer" in one_sentence(vivier("load", "1", "--url", gone, home=tiny_home, check=False))


def one_sentence(ended: subprocess.CompletedProcess[str]) -> str:
    """The one line of a command that failed; anything else is a failure of the test."""
    assert ended.returncode == 1, ended
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stderr.rstrip()[-1] in ".)", ended.stderr
    return ended.stderr.strip()


def test_a_missing_file_is_one_sentence(here: Here, tiny_home: Path, tmp_path: Path, small_sample: Path) -> None:
    arguments = options(small_sample)
    arguments[1] = str(tmp_path / "absent.csv")
    ended = here("index", "--version", "1", "--json", *arguments, home=tiny_home)
    assert "absent.csv" in last_line(ended)


def test_a_missing_column_is_one_sentence(here: Here, tiny_home: Path, tmp_path: Path, small_sample: Path) -> None:
    broken = shutil.copytree(small_sample, tmp_path / "broken")
    rewrite(broken / "github_users.csv", lambda rows: [row[1:] for row in rows])
    ended = here("index", "--version", "1", "--json", *options(broken), home=tiny_home)
    assert "login" in last_line(ended)


def last_line(ended: subprocess.CompletedProcess[str]) -> str:
    """The sentence of a command that failed after its progress bars had begun."""
    assert ended.returncode == 1, ended
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    return ended.stderr.strip().splitlines()[-1]


def test_users_without_repos_is_one_sentence(here: Here, tiny_home: Path, small_sample: Path) -> None:
    ended = here("index", *options(small_sample)[:2], home=tiny_home)
    assert "go together" in one_sentence(ended)


def test_an_unknown_version_is_one_sentence(here: Here, tiny_home: Path) -> None:
    assert one_sentence(here("index", "--version", "9", home=tiny_home)).startswith(
        "No release answers to '9'. Known: 1, 2."
    )


def test_indexing_nothing_enriched_yet_is_one_sentence(here: Here, registered_home: Path) -> None:
    ended = here("index", "--version", "1", home=registered_home)
    assert "vivier index" in one_sentence(ended)


def test_a_model_with_pickled_weights_is_refused(
    here: Here, tiny_home: Path, tiny_models: tuple[Path, Path], tmp_path: Path
) -> None:
    pickled = shutil.copytree(tiny_models[0], tmp_path / "pickled")
    weights = next(pickled.rglob("*.safetensors"))
    weights.rename(weights.with_name("pytorch_model.bin"))
    ended = here("register", "--model", str(pickled), home=tiny_home)
    assert "pickle" in one_sentence(ended)
    assert sorted(versions(tiny_home)) == [1, 2]


@pytest.mark.slow
def test_registering_a_model_prints_its_version_and_no_noise(
    registered_home: Path, tiny_models: tuple[Path, Path], tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh"  # a home without a database, so that MLflow creates its tables
    fresh.mkdir()
    done = vivier("register", "--model", str(tiny_models[0]), "--name", "tiny", "--json", home=fresh)
    assert json.loads(done.stdout) == {"version": 1}
    for noise in ("INFO", "Loading weights", "Writing model", "Warning", "alembic", "Tracing"):
        assert noise not in done.stderr
    _, manifest = fetch_model(1, workspace_at(fresh))
    assert manifest.name == "tiny"  # as evaluations and studies call it


@pytest.mark.slow
def test_ctrl_c_ends_embedding_with_one_line_and_the_next_run_embeds_the_rest(
    two_versions: Path, small_sample: Path, tmp_path: Path
) -> None:
    home = copy_of(two_versions, tmp_path / "home")
    fingerprint = versions(home)[1].fingerprint
    shutil.rmtree(home / "processed")
    run = subprocess.Popen(
        [sys.executable, str(ROOT / "vivier.py"), "index", "--version", "1", "--json", *options(small_sample)],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as in a terminal, where Ctrl-C reaches the whole group
    )
    rows = home / "processed" / fingerprint / "profiles_index.csv"
    deadline = time.monotonic() + 120
    while cached(rows) == 0:
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)
    printed, complained = run.communicate(timeout=60)
    assert run.returncode == 130
    assert printed == ""
    assert "Traceback" not in complained
    assert complained.strip().splitlines()[-1].startswith("Stopped.")

    done = cached(rows)
    rest = index(home, small_sample, "--version", "1")
    assert done > 0
    assert rest["embedded"] > 0
    assert cached(rows) == done + rest["embedded"]


def cached(rows: Path) -> int:
    """How many texts the embedding cache holds."""
    return max(0, rows.read_text(encoding="utf-8").count("\n") - 1) if rows.exists() else 0


def test_every_command_explains_itself() -> None:
    listed = CliRunner().invoke(APP, ["--help"], env={"COLUMNS": "120"})
    assert listed.exit_code == 0
    for command in APP.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        assert name in listed.output
        shown = CliRunner().invoke(APP, [name, "--help"], env={"COLUMNS": "120"})
        assert shown.exit_code == 0
        assert str(command.callback.__doc__).split(";")[0].split(".")[0] in shown.output
