"""Runs in a real MLflow over SQLite: what is logged, how they end, and what MLflow's absence costs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexing.errors import InputError
from indexing.model_registry.run_logs import RunStores, open_tracker
from indexing.run_environment import environment
from indexing.run_log import UNTRACKED, Tracker
from tests.registries import Faulty, ask_database, import_mlflow, refuse, shared_home, status_of_run


class Bench:
    """A home with MLflow's database, a tracker for it, and what was warned of."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.warnings: list[str] = []
        self.stores = RunStores(f"sqlite:///{home / 'mlflow.db'}", home / "artifacts")
        tracker = open_tracker(f"sqlite:///{home / 'mlflow.db'}", home, warn=self.warnings.append)
        self.tracker = replace(tracker, open=lambda: self.stores)

    def break_(self, method: str, fault: Callable[..., Any]) -> None:
        """Let a method of MLflow's tracking store do something else from now on."""
        connection = self.stores._connection
        self.stores.__dict__["_connection"] = replace(connection, runs=Faulty(connection.runs, method, fault))

    def column(self, what: str, run_id: str | None) -> dict[str, Any]:
        """A run's tags, params or (latest) metrics, by name."""
        rows = ask_database(self.home, f"SELECT run_uuid, key, value FROM {what}")  # noqa: S608  # a name of ours
        return {key: value for run, key, value in rows if run == run_id}

    def losses(self, run_id: str | None) -> list[int]:
        """The steps at which a run's loss was logged."""
        rows = ask_database(self.home, "SELECT run_uuid, step FROM metrics WHERE key = 'loss' ORDER BY step")
        return [step for run, step in rows if run == run_id]

    def files(self, run_id: str | None) -> dict[str, bytes]:
        """A run's files by path."""
        root = self.home / "artifacts" / str(run_id) / "artifacts"
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    import_mlflow()
    return Bench(Path(shutil.copytree(shared_home(), tmp_path / "home")))


def test_a_run_holds_what_it_was_told_and_where_it_ran(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "plot.png").write_bytes(b"a picture")
    shutil.move(tmp_path / "plot.png", (tmp_path / "made").mkdir() or tmp_path / "made")
    with bench.tracker.run(
        "vivier-training",
        "MiniLM on samples",
        kind="training",
        description="**Tuned** on pairs.",
        tags={"data_rev": "c0ffee", "version": None},
        parameters={"batch_size": 32, "rate@start": 2e-5, "nothing": None},
    ) as run:
        for step in range(3):
            run.metrics({"loss": 1.0 / (step + 1), "ndcg@10": 0.1}, step=step)
        run.files(tmp_path / "made", "plots")
        run.table("examples.json", {"query": ["a:en", "b:fr"], "hits": [1, 2]})
        with run.child("epoch 1", kind="epoch") as nested:
            nested.metrics({"loss": 0.5})
    assert status_of_run(bench.home, "MiniLM on samples") == ("FINISHED", "active")
    assert bench.column("params", run.id) == {"batch_size": "32", "rate_start": "2e-05"}
    tags = bench.column("tags", run.id)
    assert tags.items() > {"kind": "training", "data_rev": "c0ffee", "python": environment()["python"]}.items()
    assert tags["mlflow.note.content"] == "**Tuned** on pairs."
    assert "version" not in tags
    assert bench.losses(run.id) == [0, 1, 2]
    files = bench.files(run.id)
    assert set(files) == {"environment.json", "examples.json", "plots/plot.png"}
    assert json.loads(files["examples.json"])["data"] == [["a:en", 1], ["b:fr", 2]]
    assert bench.column("tags", nested.id)["mlflow.parentRunId"] == run.id
    assert not bench.warnings
    assert not list((bench.home / "runs").iterdir())


def test_an_environment_names_no_machine_and_no_place() -> None:
    import getpass
    import socket

    words = json.dumps(environment())
    assert environment().keys() >= {"python", "processor", "cores", "mlflow", "numpy"}
    assert "/" not in words.replace("w/", "")
    assert socket.gethostname() not in words
    assert getpass.getuser() not in words.split('"')


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (ValueError("Ada Lovelace lives here"), "FAILED", "ValueError"),  # others' sentences may name people
        (InputError("--epochs must be above 0."), "FAILED", "--epochs must be above 0."),
        (KeyboardInterrupt(), "KILLED", "stopped by hand"),
    ],
)
def test_a_run_ends_as_its_work_did(bench: Bench, error: BaseException, status: str, reason: str) -> None:
    with pytest.raises(type(error)), bench.tracker.run("vivier-training", "cut", kind="training") as run:
        raise error
    assert status_of_run(bench.home, "cut")[0] == status
    assert bench.column("tags", run.id)["failure"] == reason


def test_what_could_not_be_logged_is_sent_when_mlflow_answers_again(bench: Bench) -> None:
    refused = list(range(2))

    def away_twice(real: Callable[..., Any], *arguments: Any) -> Any:
        return refuse(real) if refused and refused.pop() is not None else real(*arguments)

    with bench.tracker.run("vivier-training", "patient", kind="training") as run:
        bench.break_("log_batch", away_twice)
        run.metrics({"loss": 1.0}, step=1)
        run.metrics({"loss": 0.5}, step=2)
        refused.clear()
    assert run.problem is None
    assert status_of_run(bench.home, "patient")[0] == "FINISHED"
    assert bench.losses(run.id) == [1, 2]
    assert len(bench.warnings) == 1  # said once, not at every step


def test_a_run_that_is_not_logged_whole_is_failed(bench: Bench, tmp_path: Path) -> None:
    with bench.tracker.run("vivier-training", "half", kind="training") as half:
        bench.break_("log_batch", refuse)
        half.metrics({"loss": 1.0})
    assert status_of_run(bench.home, "half")[0] == "FAILED"
    with bench.tracker.run("vivier-training", "no plot", kind="training") as bare:
        bare.files(tmp_path / "nowhere")
    assert status_of_run(bench.home, "no plot")[0] == "FAILED"
    assert "does not count" in bench.warnings[-1]


def test_without_mlflow_the_work_goes_on_and_nothing_of_it_is_a_run(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"no database" * 100)
    warnings: list[str] = []
    tracker = open_tracker(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path, warn=warnings.append)
    for each in (tracker, UNTRACKED):
        with each.run("vivier-training", "lonely", kind="training", parameters={"a": 1}) as run:
            run.metrics({"loss": 1.0})
            run.of_version(1, data_set="samples", digest="c0ffee")
            with run.child("nested", kind="trial") as nested:
                nested.tags({"a": "b"})
        assert run.id is nested.id is None
    assert len(warnings) == 1
    assert warnings[0].startswith("lonely is not logged to MLflow: ")


def test_a_run_whose_process_died_is_failed_by_the_next_one_and_one_under_way_is_not(bench: Bench) -> None:
    with bench.tracker.run("vivier-training", "dead", kind="training") as dead:
        pass
    ask_database(bench.home, "UPDATE runs SET status = 'RUNNING' WHERE name = 'dead'")
    (bench.home / "runs" / f"{dead.id}.lock").touch()  # as a kill -9 leaves it: there, and held by nobody
    with bench.tracker.run("vivier-training", "alive", kind="training"):
        other = Bench(bench.home)
        with other.tracker.run("vivier-training", "third", kind="training"):
            assert status_of_run(bench.home, "dead")[0] == "FAILED"
            assert status_of_run(bench.home, "alive")[0] == "RUNNING"


def test_work_that_was_cut_short_goes_on_in_its_own_run(bench: Bench) -> None:
    started = bench.tracker.run("vivier-training", "long", kind="training")
    first = started.__enter__()
    first.metrics({"loss": 1.0}, step=1)
    assert started.__exit__(ValueError, ValueError("cut"), None) is not True
    with bench.tracker.run("vivier-training", "long", kind="training", continues=first.id) as second:
        second.metrics({"loss": 0.5}, step=2)
    assert second.id == first.id
    assert status_of_run(bench.home, "long")[0] == "FINISHED"
    assert "failure" not in bench.column("tags", first.id)
    with bench.tracker.run("vivier-training", "other", kind="training", continues="f" * 32) as third:
        assert third.id not in (None, "f" * 32)


def test_measures_of_a_version_stand_on_its_page_too(bench: Bench) -> None:
    with bench.tracker.run("vivier-evaluation", "v2 on samples", kind="evaluation") as run:
        run.of_version(2, data_set="samples", digest="c0ffee")
        run.metrics({"full_ndcg_10": 0.25})
    assert run.problem is None
    rows = ask_database(bench.home, "SELECT metric_name, metric_value, model_id FROM logged_model_metrics")
    ((model_id,),) = ask_database(
        bench.home, "SELECT storage_location FROM model_versions WHERE version = 2 AND name = 'vivier-encoder'"
    )
    assert [(name, value) for name, value, _ in rows] == [("full_ndcg_10", 0.25)]
    assert rows[0][2] in model_id
    with bench.tracker.run("vivier-evaluation", "v9", kind="evaluation") as unknown:
        unknown.of_version(9, data_set="samples", digest="c0ffee")
    assert status_of_run(bench.home, "v9")[0] == "FAILED"


def test_a_tracker_that_logs_nothing_needs_no_mlflow() -> None:
    assert Tracker(open=None) == UNTRACKED
