"""A person leaves while everything runs: in no answer from that moment, and in no file afterwards."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.homes import options, workspace_at
from tests.leavers import Watcher, collections_that_hold, distinct_people, files_that_hold, rows
from tests.processes import ROOT, ServiceProcess, environment, vivier

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def data(small_sample: Path, tmp_path: Path) -> Path:
    """A data folder of one's own: raw files, one of them compressed, and judgements that name everybody."""
    folder = tmp_path / "data"
    shutil.copytree(small_sample, folder / "raw", ignore=shutil.ignore_patterns("*.jsonl"))
    (folder / "judgements").mkdir()
    relevant = {row["login"]: 1 for row in rows(folder / "raw" / "github_users.csv")}
    line = json.dumps({"id": "one:en", "kind": "task", "query": "anything", "relevant": relevant})
    (folder / "judgements" / "own.jsonl").write_text(line + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def service(tiny_home: Path, data: Path) -> Iterator[ServiceProcess]:
    settings = {"VIVIER_DATA": str(data), "VIVIER_STORE_SEARCHES": "true", "VIVIER_WATCH_SECONDS": "0.5"}
    running = ServiceProcess(tiny_home, **settings, VIVIER_BATCH_HELPERS="1")
    try:
        running.wait()
        yield running
    finally:
        running.stop()


def erased_at(home: Path, login: str) -> object:
    from indexing.assembly import people_store
    from indexing.settings import HomeSettings

    with closing(people_store(HomeSettings(_env_file=None, home=home))) as store:
        return store.erased_at(login)


def wait_until_erased(home: Path, login: str, service: ServiceProcess) -> None:
    deadline = time.monotonic() + 120
    while erased_at(home, login) is None:
        assert time.monotonic() < deadline, service.log.read_text()
        time.sleep(0.2)


@pytest.mark.long  # the story in tests/flows/data_versions/test_leaving_for_good.py has all this and more
def test_who_leaves_during_a_build_is_nowhere_afterwards(
    service: ServiceProcess, tiny_home: Path, data: Path, small_sample: Path, tmp_path: Path
) -> None:
    """Erased during a build, through a switch, a rollback and old files that come back."""
    person = distinct_people(small_sample)[0]
    needs = person.needs
    before = [httpx.post(f"{service.url}/agent_search", json={"query": need}, timeout=30).text for need in needs]
    assert any(person.login in answer for answer in before)
    assert files_that_hold(person, data, tiny_home)

    build = subprocess.Popen(
        [sys.executable, str(ROOT / "vivier.py"), "index", "--publish", *options(data / "raw")],
        env=environment(tiny_home, VIVIER_DATA=str(data)),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    parquet = tiny_home / "processed" / "profiles_enriched.parquet"
    then = parquet.stat().st_mtime_ns if parquet.exists() else 0
    while build.poll() is None and not (parquet.exists() and parquet.stat().st_mtime_ns != then):
        time.sleep(0.01)  # until the build has read the person
    response = httpx.delete(f"{service.url}/profiles/{person.login}", params={"now": True}, timeout=30)
    assert response.status_code == 202
    with Watcher(service.url, needs) as watcher:
        assert build.wait(120) == 0
        wait_until_erased(tiny_home, person.login, service)
        for version in ("2", "1"):  # switch, and roll back
            httpx.post(f"{service.url}/models/load/{version}", timeout=60).raise_for_status()
        assert httpx.get(f"{service.url}/profiles/{person.login}", timeout=30).status_code == 404
        assert httpx.get(f"{service.url}/profiles/{person.login}/indexed", timeout=30).json() == {"indexed": False}
    assert watcher.failed == []
    assert len(watcher.seen) > 10
    assert [answer for answer in watcher.seen if person.login in answer] == []
    assert files_that_hold(person, data, tiny_home) == []
    assert collections_that_hold(person, workspace_at(tiny_home).store) == []

    # Old files come back, as from a backup, and are indexed.
    done = vivier("index", "--publish", "--json", *options(small_sample), home=tiny_home, VIVIER_DATA=str(data))
    summary: dict[str, Any] = json.loads(done.stdout)
    assert summary["people"] == len(rows(small_sample / "github_users.csv")) - 1
    assert files_that_hold(person, data, tiny_home) == []
    assert collections_that_hold(person, workspace_at(tiny_home).store) == []
    service.stop()
    again = ServiceProcess(tiny_home, VIVIER_DATA=str(data))
    try:
        again.wait()
        for need in needs:
            answer = httpx.post(f"{again.url}/agent_search", json={"query": need, "limit": 100}, timeout=30)
            assert answer.status_code == 200
            assert person.login not in answer.text
    finally:
        again.stop()
    assert files_that_hold(person, tiny_home) == []


def test_an_erasure_that_was_killed_is_finished_by_the_next(tiny_home: Path, data: Path, small_sample: Path) -> None:
    person = distinct_people(small_sample)[0]
    erase = [sys.executable, str(ROOT / "vivier.py"), "forget", person.login, "--now"]
    first = subprocess.Popen(erase, env=environment(tiny_home, VIVIER_DATA=str(data)), cwd=ROOT, stderr=subprocess.PIPE)
    assert first.stderr is not None
    for line in first.stderr:
        if b"release v1" in line:  # the files are done, releases are not
            break
    first.kill()
    first.communicate()
    assert erased_at(tiny_home, person.login) is None
    done = vivier("forget", "--pending", "--json", home=tiny_home, VIVIER_DATA=str(data))
    assert json.loads(done.stdout)["erased"] == 1
    assert files_that_hold(person, data, tiny_home) == []
    assert collections_that_hold(person, workspace_at(tiny_home).store) == []
    workspace = workspace_at(tiny_home)
    assert all(workspace.store.names())
    assert len(workspace.store.names()) == sum(len(version.releases) for version in workspace.registry.versions())
    again = vivier("forget", "--pending", home=tiny_home, VIVIER_DATA=str(data))
    assert again.stdout == "Nobody was waiting to be erased.\n"
