"""Flows on a real Prefect server: registered, started, watched, killed in the middle and run again."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from indexing.embedding_cache import EmbeddingCache
from indexing.model_recipes import register_source
from indexing.passages import Passage
from tests.e2e.homes import add_release, champion, copy_of, options, rewrite, versions, workspace_at
from tests.mlflow_server import MlflowServer
from tests.prefect_stack import PrefectStack, wait_until
from tests.processes import ROOT, environment, serving, vivier

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

LIMIT_BYTES = 8_000_000
LOST_SECONDS = 240.0  # a run is taken for lost after 90, and the server looks every few


@pytest.fixture(scope="module")
def home(tiny_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(tiny_master, tmp_path_factory.mktemp("deployed") / "home")


@pytest.fixture(scope="module")
def stack(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectStack]:
    with PrefectStack(home, tmp_path_factory.mktemp("data")) as stack:
        stack.deploy()
        stack.start_worker()
        yield stack


def changed(sample: Path, folder: Path, words: str) -> Path:
    """The sample with other words in one repository."""
    shutil.copytree(sample, folder)
    rewrite(folder / "github_repos.csv", lambda rows: [rows[0], [*rows[1][:4], words, *rows[1][5:]], *rows[2:]])
    return folder


def parameters(folder: Path) -> dict[str, str]:
    return {name: str(folder / f"github_{name}.csv") for name in ("users", "repos", "contributions")}


def assert_no_debris(home: Path) -> None:
    recorded = {release for known in versions(home).values() for release in known.releases}
    assert set(workspace_at(home).store.names()) == {f"profiles-{release}" for release in recorded}
    assert not (home / "unfinished").exists()
    assert not list((home / "collections").glob(".*"))


def test_every_flow_is_registered_once_with_a_form_that_explains_itself(stack: PrefectStack) -> None:
    again = json.loads(stack.deploy())
    assert {one["outcome"] for one in again} == {"unchanged"}
    assert {"scrape", "quality", "index", "refresh", "evaluate", "forget"} <= {one["flow"] for one in again}
    deployment = stack.ask("GET", "/deployments/name/refresh/refresh")
    assert (deployment["work_pool_name"], deployment["work_queue_name"]) == ("vivier", "heavy")
    assert deployment["global_concurrency_limit"]["limit"] == 1
    assert deployment["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    fields = deployment["parameter_openapi_schema"]["properties"]
    assert fields["source"]["enum"] == ["kept", "github", "git"]
    assert all(field.get("description") for field in fields.values())
    assert "Args:" not in deployment["description"]
    queues = stack.ask("POST", "/work_pools/vivier/queues/filter", {})
    assert {queue["name"]: queue["concurrency_limit"] for queue in queues} == {"default": None, "heavy": 1}
    automations = stack.ask("POST", "/automations/filter", {})
    assert [one["name"] for one in automations] == ["vivier: runs whose process is gone"]


def test_a_run_builds_a_release_and_its_page_says_so(stack: PrefectStack, home: Path, small_sample: Path) -> None:
    run = stack.finish(stack.start_run("index", **parameters(small_sample), version=1))
    assert run["state_type"] == "COMPLETED", stack.logs(run["id"])
    assert run["name"] == "index v1"
    page = {artifact["key"]: artifact for artifact in stack.artifacts(run["id"])}
    assert {"index-enrich", "index-build", "index-run", "index-numbers", "index-try-the-service"} <= set(page)
    assert page["index-build"]["data"] == 100
    assert "is recorded" in page["index-run"]["data"]
    assert "@" not in stack.logs(run["id"])


def test_a_refresh_switches_the_service_that_runs_and_finds_nothing_to_do_afterwards(
    stack: PrefectStack, home: Path, small_sample: Path, tmp_path: Path
) -> None:
    files = parameters(changed(small_sample, tmp_path / "changed", "Tide tables for small harbours."))
    before = champion(home)
    with serving(home) as service:
        assert stack.stop_worker() == 0
        stack.variables["VIVIER_SERVICE_URL"] = service.url
        stack.start_worker()
        first = stack.finish(stack.start_run("refresh", **files))
        assert first["state_type"] == "COMPLETED", stack.logs(first["id"])
        assert httpx.get(f"{service.url}/health", timeout=5).json()["release"]["id"] == champion(home) != before
    del stack.variables["VIVIER_SERVICE_URL"]
    stack.kill_worker()
    stack.start_worker()
    served = champion(home)
    second = stack.finish(stack.start_run("refresh", **files))
    assert second["state_type"] == "COMPLETED", stack.logs(second["id"])
    assert champion(home) == served
    told = next(one["data"] for one in stack.artifacts(second["id"]) if one["key"] == "refresh-run")
    assert "Nobody has changed" in told
    assert_no_debris(home)


DYING = """
import os, signal, sys
from pathlib import Path

from prefect import flow, task

from flows import embedding

marker = Path(sys.argv[1])


@task(name="encode", persist_result=False)
def dies_once(version, texts):
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return embedding._encoder(version).encode_passages(texts)


@flow
def embed():
    chunks = [["one text"], ["another text"], ["a third"]]
    return [len(vectors) for vectors in embedding.embedder("local:2", 2)(chunks)]


if __name__ == "__main__":
    embedding.encode = dies_once
    print("RESULT", embed())
"""


def test_embedding_on_dask_gives_the_same_bytes_as_alone(
    stack: PrefectStack, home: Path, tiny_master: Path, small_sample: Path
) -> None:
    alone = tiny_master / "processed" / versions(home)[2].fingerprint
    shutil.rmtree(home / "processed" / alone.name)
    run = stack.finish(stack.start_run("index", **parameters(small_sample), version=2, dask="local:2"))
    assert run["state_type"] == "COMPLETED", stack.logs(run["id"])
    for name in ("profiles_embeddings.npy", "profiles_index.csv"):
        assert (home / "processed" / alone.name / name).read_bytes() == (alone / name).read_bytes()


def test_a_dask_worker_that_dies_costs_no_text(stack: PrefectStack, home: Path, tmp_path: Path) -> None:
    script = tmp_path / "dying.py"
    script.write_text(DYING, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "died")],
        env=environment(home, **stack.variables),
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=280,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert ended.stdout.rpartition("RESULT ")[2].strip() == "[1, 1, 1]"
    assert (tmp_path / "died").exists()


@pytest.mark.long
def test_killed_workers_and_servers_leave_what_serves_and_the_next_run_finishes(
    stack: PrefectStack, home: Path, small_sample: Path, tmp_path: Path
) -> None:
    before = champion(home)
    files = parameters(changed(small_sample, tmp_path / "first", "A parser of old star charts."))
    lost = stack.start_run("refresh", **files)
    wait_until((home / "unfinished").exists, 240, "a release is being built")
    stack.kill_worker()
    assert champion(home) == before

    # The place among heavy flows is free again once the server has given the lost run up.
    stack.start_worker()
    given_up = stack.finish(lost, within_seconds=LOST_SECONDS)
    assert given_up["state_type"] == "CRASHED"
    assert "run it again to go on" in given_up["state"]["message"]

    second = stack.start_run("refresh", **files)
    wait_until((home / "unfinished").exists, 240, "a release is being built")
    stack.kill_server()
    assert champion(home) == before
    stack.start_server()
    # Whatever became of the second on the way, a run after it ends well.
    stack.finish(second, within_seconds=LOST_SECONDS)
    third = stack.finish(stack.start_run("refresh", **files), within_seconds=LOST_SECONDS)
    assert third["state_type"] == "COMPLETED", stack.logs(third["id"])
    assert champion(home) != before
    assert_no_debris(home)


def fill(folder: Path, dimension: int) -> None:
    """Let the embedding cache have no room for another text, where no file may grow beyond the limit."""
    with EmbeddingCache(folder, dimension=dimension) as cache:
        room = (LIMIT_BYTES - 128) // (dimension * 4) - len(cache)
        others = [Passage(0, number, "somebody", "words", f"{number:032x}") for number in range(room)]
        cache.add(others, np.zeros((room, dimension), np.float32))


@pytest.mark.parametrize("fills_while", ["embedding", "building"])
def test_a_full_disk_costs_nothing_that_serves(
    tiny_home: Path, small_sample: Path, tmp_path: Path, fills_while: str
) -> None:
    before = champion(tiny_home)
    folder = changed(small_sample, tmp_path / "changed", "A compiler of musical scores, and a reader of them.")
    if fills_while == "embedding":
        known = workspace_at(tiny_home).registry.release(before or "")
        fill(tiny_home / "processed" / known.fingerprint, known.dimension)
    limit = LIMIT_BYTES if fills_while == "embedding" else 300_000  # a collection's files are larger, nothing else is
    ended = subprocess.run(
        [sys.executable, str(ROOT / "vivier.py"), "refresh", *options(folder)],
        env=environment(tiny_home),
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=280,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    told = " ".join(ended.stderr.split())
    assert ended.returncode == 1
    assert "Traceback" not in told
    assert ("is full; free some space" if fills_while == "embedding" else "The build of the collection failed") in told
    assert champion(tiny_home) == before
    done = json.loads(vivier("refresh", "--json", *options(folder), home=tiny_home).stdout)
    assert done["release"] == champion(tiny_home) != before
    assert_no_debris(tiny_home)


def test_an_mlflow_server_killed_in_the_middle_leaves_the_alias_and_the_next_run_finishes(
    tiny_models: tuple[Path, Path], small_sample: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    folder = changed(small_sample, tmp_path / "changed", "A gardener of bonsai parsers.")
    with MlflowServer(tmp_path / "mlflow") as server:
        workspace = workspace_at(home, tracking_uri=server.url)
        register_source(str(tiny_models[0]), None, workspace)
        before = add_release(workspace, 1, small_sample)
        refresh = subprocess.Popen(
            [sys.executable, str(ROOT / "vivier.py"), "refresh", *options(folder)],
            env=environment(home, MLFLOW_TRACKING_URI=server.url),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until((home / "unfinished").exists, 240, "a release is being built")
        server.kill()
        _, told = refresh.communicate(timeout=280)
        assert refresh.returncode == 1
        assert "Traceback" not in told
        server.start()
        assert workspace.registry.champion().release_id == before  # type: ignore[union-attr]
        done = json.loads(
            vivier("refresh", "--json", *options(folder), home=home, MLFLOW_TRACKING_URI=server.url).stdout
        )
        assert workspace.registry.champion().release_id == done["release"] != before  # type: ignore[union-attr]
        recorded = {one for known in workspace.registry.versions() for one in known.releases}
        assert set(workspace.store.names()) == {f"profiles-{one}" for one in recorded}
