"""`vivier evaluate` as its users meet it: a real process on a small corpus with tiny models."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.homes import add_release, champion, copy_of, options, versions, workspace_at
from tests.processes import ROOT, environment, free_port, vivier

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
SYSTEMS = ["bm25", "dense", "hybrid", "full"]
MEASURES = ["ndcg@10", "recall@10", "recall@100", "mrr"]


@pytest.fixture(scope="module")
def judged(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve of the sample's judged needs, in pairs, and a person whom nobody knows."""
    lines = (small_sample / "sample.jsonl").read_text(encoding="utf-8").splitlines()[:12]
    first = json.loads(lines[0])
    first["relevant"]["nobody-of-that-name"] = 1
    path = tmp_path_factory.mktemp("judged") / "judged.jsonl"
    path.write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def home(registered_master: Path, small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two tiny versions, the first one served; evaluations are all that these tests change in it."""
    home = copy_of(registered_master, tmp_path_factory.mktemp("evaluated") / "home")
    add_release(workspace_at(home), 1, small_sample)
    return home


def evaluated(home: Path, sample: Path, judged: Path, *more: str, **extra: Any) -> subprocess.CompletedProcess[str]:
    """`vivier evaluate` on a sample's files."""
    return vivier("evaluate", *options(sample), "--judgements", str(judged), *more, home=home, check=False, **extra)


def published(home: Path) -> tuple[object, ...]:
    """All that a service or `vivier index` could see of a home."""
    folders = [home / "collections", home / "clones", home / "processed"]
    files = {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*") if path.is_file()}
    return champion(home), {number: known.releases for number, known in versions(home).items()}, files


def test_an_evaluation_is_written_printed_and_logged_and_the_next_one_needs_no_registry_and_builds_nothing(
    home: Path, small_sample: Path, judged: Path, tmp_path: Path
) -> None:
    shutil.rmtree(home / "evaluations", ignore_errors=True)
    before = published(home)
    out = tmp_path / "reports" / "first.json"
    done = evaluated(home, small_sample, judged, "--version", "1", "--out", str(out))
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert list(report["systems"]) == SYSTEMS
    assert all(list(means) == MEASURES for means in report["systems"].values())
    assert list(report["references"]["rrf"]) == MEASURES
    assert report["queries"] == 12
    assert set(report["corpus"]) == {"name", "people", "passages", "data_rev"}
    assert report["release"]["model_version"] == 1
    assert report["judgements"]["logins_not_in_corpus"] == 1
    assert {"by_kind", "significance", "intervals", "seconds"} < set(report)
    assert "Embedding passages" in done.stderr
    assert "Systems, with 95 % intervals" in done.stdout
    assert "1 of" in done.stdout
    _is_logged(home, report)

    # The registry of a server that is away: the model served last is in the home's cache, and the run is not logged.
    away = f"http://127.0.0.1:{free_port()}"
    again = evaluated(home, small_sample, judged, "--json", MLFLOW_TRACKING_URI=away)
    assert again.returncode == 0, again.stderr
    assert "is not logged to MLflow" in again.stderr
    assert "Embedding passages" not in again.stderr
    assert {**json.loads(again.stdout), "seconds": 0} == {**report, "seconds": 0}
    assert published(home) == before


def _is_logged(home: Path, report: dict[str, Any]) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("vivier-evaluation")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.run_name == f"v1 on {report['corpus']['name']} 12 queries"
    assert run.info.status == "FINISHED"
    assert run.data.metrics["full_ndcg_10"] == report["systems"]["full"]["ndcg@10"]
    assert run.data.params["bm25_k1"] == str(report["release"]["ranking"]["bm25_k1"])
    assert run.data.tags["data_rev"] == report["corpus"]["data_rev"]
    artifacts = home / "artifacts" / run.info.run_id / "artifacts"
    names = {path.name for path in artifacts.iterdir()}
    plots = {"systems.png", "full-against-hybrid.png", "by-kind.png"}
    assert names == {"evaluation.json", "queries.json", "environment.json", *plots}
    assert run.data.tags["kind"] == "evaluation"
    assert run.info.end_time - run.info.start_time >= 1000 * report["seconds"]
    known = versions(home)[1].metrics
    assert known[f"{report['corpus']['name']}/ndcg_10"] == report["systems"]["full"]["ndcg@10"]
    table = json.loads((artifacts / "queries.json").read_text(encoding="utf-8"))
    assert table["columns"] == ["query", *SYSTEMS, "rrf"]
    assert len(table["data"]) == 12
    assert all((artifacts / name).read_bytes().startswith(b"\x89PNG") for name in names if name.endswith(".png"))


def test_parity_puts_two_versions_beside_each_other_while_one_is_served(
    home: Path, small_sample: Path, judged: Path
) -> None:
    before = published(home)
    done = evaluated(home, small_sample, judged, "--parity", "--json", "--no-track")
    assert done.returncode == 0, done.stderr
    parity = json.loads(done.stdout)["parity"]
    assert list(parity) == ["1", "2"]
    for found in parity.values():
        assert found["pairs"] == 6
        assert len(found["rbo@20_by_pair"]) == 6
        assert 0 <= found["rbo@20"] <= 1
    assert published(home) == before


def test_similarity_is_measured_on_labelled_pairs_and_logged(home: Path, tmp_path: Path) -> None:
    before = published(home)
    out = tmp_path / "similarity.json"
    done = vivier("evaluate", "--similarity", "--version", "1", "--version", "2", "--out", str(out), home=home)
    report = json.loads(out.read_text(encoding="utf-8"))
    assert list(report["versions"]) == ["1", "2"]
    assert "farthest from their grade" in done.stdout
    assert done.stdout.count("Logged to MLflow: experiment vivier-evaluation") == 2
    known = versions(home)
    for number, found in report["versions"].items():
        assert known[int(number)].metrics["pairs/mae"] == found["overall"]["mae"]["value"]
    assert "similarity" in vivier("releases", home=home).stdout
    refused = vivier("evaluate", "--similarity", "--parity", home=home, check=False)
    assert refused.stderr.startswith("--similarity takes --pairs and --version")
    assert published(home) == before


def test_what_cannot_be_evaluated_is_one_sentence(home: Path, small_sample: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "a", "kind": "k", "query": "q", "relevant": {"x": 1}}\n{"id": "b"\n', encoding="utf-8")
    done = evaluated(home, small_sample, bad)
    assert done.returncode == 1
    assert done.stderr.startswith("bad.jsonl line 2: it is not JSON")
    assert done.stderr.count("\n") == 1
    users = str(small_sample / "github_users.csv")
    alone = vivier("evaluate", "--users", users, home=home, check=False)
    assert alone.returncode == 1
    assert alone.stderr.startswith("--users, --repos and --judgements go together")


def test_two_at_once_and_one_killed_while_it_builds_leave_a_corpus_that_works(
    home: Path, small_sample: Path, judged: Path
) -> None:
    shutil.rmtree(home / "evaluations", ignore_errors=True)
    ours = environment(home)
    command = [sys.executable, str(ROOT / "vivier.py"), "evaluate", *options(small_sample), "--version", "1"]
    command += ["--judgements", str(judged), "--json", "--no-track"]
    killed = subprocess.Popen(command, env=ours, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(home / "evaluations", "*/unfinished", killed)
    killed.send_signal(signal.SIGKILL)
    killed.wait(30)

    both = [subprocess.Popen(command, env=ours, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    reports = [json.loads(process.communicate(timeout=200)[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert reports[0]["systems"] == reports[1]["systems"]
    (corpus,) = (folder for folder in (home / "evaluations").iterdir() if folder.is_dir())
    assert len(list((corpus / "collections").glob("[!.]*"))) == 1
    assert not list((corpus / "clones").glob("*"))
    assert not (corpus / "unfinished").exists()
    served = workspace_at(home).store.names()
    shutil.rmtree(corpus)  # nothing else depends on it
    assert workspace_at(home).store.names() == served


def _wait_for(folder: Path, pattern: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if folder.exists() and list(folder.glob(pattern)):
            return
        time.sleep(0.01)
    raise AssertionError(f"{pattern} never appeared")
