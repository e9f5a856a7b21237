"""Promotions in real processes: killed before and after the alias moved, with and without a service, by the flow."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows import promoting
from flows.promotion_settings import PromotionSettings
from indexing.champions import crown, reigns
from indexing.open_release import PROBES
from indexing.passages import point_id
from indexing.promotion.probation import under_way
from indexing.releases import collection_name, new_release_id
from tests.e2e.homes import champion, copy_of, workspace_at
from tests.processes import ROOT, environment, serving, vivier

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FORCED = ("--force", "both models are tiny", "--yes")


@pytest.fixture
def judged(small_sample: Path, tmp_path: Path) -> Path:
    """One in six of the small sample's own judged queries: all of them are searched four times in each promotion."""
    lines = (small_sample / "sample.jsonl").read_text(encoding="utf-8").splitlines()[::6]
    file = tmp_path / "judged.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


class StuckService:
    """A service that says it is one, does as it is told when asked to switch, and never answers that."""

    def __init__(self, home: Path, when_told: Callable[[], object]) -> None:
        self.asked = threading.Event()
        self.may_end = threading.Event()
        stuck = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                releases = [{"releases": list(v.releases)} for v in workspace_at(home).registry.versions()]
                body = {"name": "vivier", "versions": releases, "release": {"id": champion(home)}}
                content = b"" if self.path == "/metrics" else json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self) -> None:
                when_told()
                stuck.asked.set()
                stuck.may_end.wait(120)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.may_end.set()
        self.server.shutdown()
        self.server.server_close()


def started(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "vivier.py"), "promote", *arguments],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


@pytest.mark.parametrize("has_moved", [False, True], ids=["before the alias moved", "after it moved"])
def test_killed_around_the_move_the_next_command_says_what_is_and_goes_on(
    tiny_home: Path, judged: Path, has_moved: bool
) -> None:
    registry = workspace_at(tiny_home).registry
    first, second = registry.resolve("1"), registry.resolve("2")
    service = StuckService(tiny_home, lambda: crown(registry, second, cause="promotion") if has_moved else None)
    promotion = started(
        tiny_home, "2", "--judgements", str(judged), *FORCED, "--service", service.url, "--probation-minutes", "0.05"
    )
    try:
        assert service.asked.wait(200), "it never came to the move"
        kill(promotion)
        assert under_way(registry) is not None
        assert champion(tiny_home) == (second if has_moved else first).release_id
        done = vivier("promote", "--resume", "--service", service.url, home=tiny_home)
    finally:
        service.close()
    assert ("is promoted" if has_moved else "nothing changed") in done.stdout
    assert under_way(registry) is None
    assert champion(tiny_home) == (second if has_moved else first).release_id
    history = [reign.release_id for reign in reigns(registry)]
    assert (history[:1] == [second.release_id]) == has_moved


def test_with_the_service_down_the_alias_moves_and_it_is_written_down(tiny_home: Path, judged: Path) -> None:
    registry = workspace_at(tiny_home).registry
    first, second = registry.resolve("1"), registry.resolve("2")
    refused = vivier(
        "promote", "2", "--judgements", str(judged), "--service", "http://127.0.0.1:9", home=tiny_home, check=False
    )
    assert refused.returncode == 1
    assert "The gate refuses the candidate" in refused.stderr
    assert champion(tiny_home) == first.release_id
    forced = ("promote", "2", "--judgements", str(judged), *FORCED, "--service", "http://127.0.0.1:9")
    done = vivier(*forced, home=tiny_home)
    assert "No service answers at http://127.0.0.1:9" in done.stdout
    assert champion(tiny_home) == second.release_id
    newest = reigns(registry)[0]
    assert (newest.cause, newest.before) == ("promotion", first.release_id)
    assert "served" in vivier("releases", home=tiny_home).stdout
    vivier("rollback", "--service", "http://127.0.0.1:9", home=tiny_home)
    assert champion(tiny_home) == first.release_id


def test_a_running_service_switches_without_a_restart_and_back(tiny_home: Path, judged: Path) -> None:
    with serving(tiny_home) as service:
        named = ("--service", service.url)
        options = ("--json", "--judgements", str(judged), *FORCED, *named, "--probation-minutes", "0.05")
        record = json.loads(vivier("promote", "2", *options, home=tiny_home).stdout)
        assert (record["state"], record["through"]) == ("promoted", "service")
        assert service.wait().json()["release"]["id"] == record["candidate"]
        vivier("rollback", *named, home=tiny_home)
        assert service.wait().json()["release"]["id"] == record["champion"]


def test_shuffled_vectors_of_a_real_model_are_refused(two_versions: Path, judged: Path, tmp_path: Path) -> None:
    home = copy_of(two_versions, tmp_path / "home")
    workspace = workspace_at(home)
    release = workspace.registry.release(workspace.registry.resolve("1").release_id)
    index = workspace.store.open(release.collection)
    points = list(index.points())
    index.close()
    looked_at = {
        point_id(int(person), 1) for person in np.unique(np.linspace(0, release.people - 1, PROBES).astype(int))
    }
    moving = [place for place, one in enumerate(points) if one.dense is not None and one.point_id not in looked_at]
    vectors = [points[place].dense for place in moving]
    for place, other in zip(moving, np.random.default_rng(7).permutation(len(moving)), strict=True):
        points[place] = replace(points[place], dense=vectors[other])
    release_id = new_release_id(1)
    shuffled = replace(release, id=release_id, collection=collection_name(release_id))
    workspace.store.build(shuffled.collection, points, dimension=shuffled.dimension, manifest=shuffled.to_dict())
    workspace.registry.record(shuffled)
    settings = PromotionSettings(_env_file=None, home=home, processed=home / "processed")
    installation = promoting.Installation(settings, workspace, say=print, warn=print)
    verdict = promoting.judged(
        promoting.compare(release_id, installation, judgements=[judged]), installation, mode="not-worse"
    )
    assert {"nDCG@10 change", "nDCG@10 change, lower bound"} <= {rule.name for rule in verdict.failed}


# In one process, so that Prefect's server is started once: nobody answers, somebody says no, somebody says yes.
FLOW = """
import sys, threading, time
from flows.promote import promote

answers = ["no", "yes"]

def answer():
    from prefect.client.orchestration import get_client
    with get_client(sync_client=True) as client:
        while answers:
            for run in client.read_flow_runs():
                if run.state and run.state.is_paused() and may_answer.is_set():
                    client.resume_flow_run(run.id, run_input={"approve": answers.pop(0) == "yes", "note": "seen"})
                    break
            time.sleep(1)

may_answer = threading.Event()
asked = dict(judgements=[sys.argv[1]], force="both models are tiny", approval=True, service=sys.argv[2],
             probation_minutes=0)
ended = [promote("2", approval_hours=4 / 3600, **asked)]
may_answer.set()
threading.Thread(target=answer, daemon=True).start()
ended += [promote("2", approval_hours=0.2, **asked) for _ in range(2)]
print("RESULT", *ended)
"""


@pytest.mark.timeout(900)
@pytest.mark.long
def test_the_flow_waits_for_a_person_and_no_answer_is_a_no(tiny_home: Path, judged: Path, tmp_path: Path) -> None:
    registry = workspace_at(tiny_home).registry
    ended = subprocess.run(
        [sys.executable, "-c", FLOW, str(judged), "http://127.0.0.1:9"],
        env=environment(
            tiny_home,
            PREFECT_API_URL="",
            PREFECT_HOME=str(tmp_path / "prefect"),
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="300",
            DO_NOT_TRACK="1",
        ),
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=800,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    assert ended.stdout.rpartition("RESULT ")[2].split() == ["declined", "declined", "promoted"]
    assert champion(tiny_home) == registry.resolve("2").release_id
    assert [reign.cause for reign in reigns(registry)][:1] == ["promotion"]
