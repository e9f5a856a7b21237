"""Stopped at any moment, a scrape goes on; run again, it fetches what moved."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from flows.fake_github.running import running
from flows.raw_files import RawFiles
from tests.flows.github.scraping import COMMAND, QUICK, Row, Scrape, nobody_left, tables
from tests.processes import ROOT, environment

pytestmark = pytest.mark.slow

QUERY = "followers:>=0"


class PowerCut(BaseException):
    """What ends a process without a word."""


def _cut_after(scrape: Scrape, requests: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Collect until so many requests were answered; True when the power went before the end."""
    left = requests
    send = httpx.Client.post

    def post(client: httpx.Client, *arguments: object, **options: object) -> httpx.Response:
        nonlocal left
        if left == 0:
            raise PowerCut
        left -= 1
        return send(client, *arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(httpx.Client, "post", post)
        try:
            scrape.collect(QUERY)
        except PowerCut:
            return True
    return False


def test_a_run_that_is_cut_after_every_few_requests_asks_for_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(people=90, seed=3) as url:
        whole = Scrape(tmp_path / "whole", url)
        whole.collect(QUERY)
        asked_at_once = whole.log()["requests"]
        whole.empty_log()
        cut = Scrape(tmp_path / "cut", url)
        runs = 1
        while _cut_after(cut, 3, monkeypatch):
            runs += 1
        assert runs > 3
        log = cut.log()
        assert log["answered_again"] == 0
        assert log["requests"] <= asked_at_once + runs // 4, "batches may end up cut elsewhere, no more"
        assert tables(cut.raw) == tables(whole.raw)
        assert any("Going on with" in sentence for sentence in cut.said)


def test_a_finished_collection_that_was_not_written_is_written_without_a_request(tmp_path: Path) -> None:
    with running(people=60, seed=3) as url:
        scrape = Scrape(tmp_path, url)
        with (
            pytest.raises(PowerCut),
            scrape.source(QUERY) as source,
            _NoFinish(scrape.raw, is_erased=nobody_left) as files,
        ):
            source.collect(files, say=scrape.said.append)
        assert not (scrape.raw / "github_users.csv").exists()
        scrape.empty_log()
        scrape.collect(QUERY)
        assert scrape.log()["requests"] == 0
        assert scrape.people() == scrape.matching(QUERY)


class _NoFinish(RawFiles):
    """Raw files that lose power before they are put in place."""

    def finish(self, ledger: object) -> None:
        raise PowerCut


def test_a_refresh_asks_cheaply_and_fetches_only_what_moved(tmp_path: Path) -> None:
    with running(people=150, seed=4) as url:
        scrape = Scrape(tmp_path, url)
        scrape.collect(QUERY)
        first = scrape.log()
        scrape.empty_log()
        scrape.collect(QUERY)
        again = scrape.log()
        assert again["points"] < first["points"] / 8
        scrape.post("/_age", days=40, per_mille=100)
        scrape.empty_log()
        before = {row["node_id"]: row["updated_at"] for row in scrape.rows()}
        scrape.collect(QUERY)
        assert scrape.people() == scrape.matching(QUERY), "new ones too"
        assert any(row["updated_at"] != before.get(row["node_id"]) for row in scrape.rows())
        assert scrape.log()["points"] < first["points"] / 2


def test_renamed_and_deleted_accounts_are_followed_by_a_refresh(tmp_path: Path) -> None:
    with running(people=100, seed=6) as url:
        scrape = Scrape(tmp_path, url)
        scrape.collect(QUERY)
        rows = scrape.rows()
        owners = {row["owner"] for row in scrape.rows("repos")}
        renamed = next(row for row in rows if row["login"] in owners)
        deleted = next(row for row in rows if row["login"] in owners and row is not renamed)
        scrape.post("/_change", rename={renamed["login"]: "someone-else-now"}, delete=[deleted["login"]])
        scrape.collect(QUERY)
        people = scrape.people()
        assert people == scrape.matching(QUERY)
        assert people[renamed["node_id"]] == "someone-else-now"
        assert deleted["node_id"] not in people
        names = {row["login"] for row in scrape.rows("contributions")}
        assert renamed["login"] not in names
        assert "someone-else-now" in names
        assert "someone-else-now" in {row["owner"] for row in scrape.rows("repos")}
        assert deleted["login"].encode() not in (scrape.raw / "github_users.csv").read_bytes()


def test_another_selection_uses_what_is_known(tmp_path: Path) -> None:
    with running(people=100, seed=7) as url:
        scrape = Scrape(tmp_path, url)
        scrape.collect(QUERY)
        first = scrape.log()
        scrape.empty_log()
        scrape.collect("followers:>5")
        assert scrape.people() == scrape.matching("followers:>5")
        assert scrape.log()["points"] < first["points"] / 5


def test_refresh_starts_anew_where_a_run_was_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(people=100, seed=8) as url:
        scrape = Scrape(tmp_path, url)
        assert _cut_after(scrape, 4, monkeypatch)
        with scrape.source(QUERY, anew=True) as source, RawFiles(scrape.raw, is_erased=nobody_left) as files:
            source.collect(files, say=scrape.said.append)
        assert not any("Going on" in sentence for sentence in scrape.said)
        assert scrape.people() == scrape.matching(QUERY)


@pytest.mark.e2e
def test_killed_processes_lose_and_repeat_nothing(tmp_path: Path) -> None:
    _killed(tmp_path, kills=3, people=120, seed=1)


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.timeout(1_800)
def test_twenty_killed_processes_lose_and_repeat_nothing(tmp_path: Path) -> None:
    _killed(tmp_path, kills=20, people=2_500, seed=2, faults="sort,points,cut,errors-in-200")


def _killed(folder: Path, *, kills: int, people: int, seed: int, faults: str = "sort,points") -> None:
    drawn = random.Random(seed)
    options = {**QUICK, "points_per_hour": 10**6}
    with running(people=people, seed=seed, faults=faults, **options) as url:
        whole = Scrape(folder / "whole", url)
        whole.collect(QUERY)
        asked_at_once = whole.log()["answered"]
        whole.empty_log()
        home, raw = folder / "home", folder / "raw"
        given = environment(
            home, VIVIER_GITHUB_URL=url, GITHUB_TOKEN="made-up", VIVIER_GITHUB_WAIT_SECONDS="0.3", PYTHONPATH=str(ROOT)
        )
        command = [*COMMAND, QUERY, str(raw)]
        for _ in range(kills):
            process = subprocess.Popen(
                command, env=given, cwd=folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
            time.sleep(drawn.uniform(1.2, 3.0))
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=30)
        is_done = (raw / "scrape.json").exists()  # then the last run is a refresh
        last = subprocess.run(command, env=given, cwd=folder, capture_output=True, text=True, timeout=280, check=False)
        assert last.returncode == 0, last.stderr
        if not is_done:
            # A response that came as the process died was not kept: one for each kill.
            assert whole.log()["answered_again"] <= kills
            assert whole.log()["answered"] <= asked_at_once + 3 * kills + asked_at_once // 20
        _same(tables(raw), tables(whole.raw))


def _same(one: dict[str, list[Row]], other: dict[str, list[Row]]) -> None:
    for table, rows in one.items():
        mine, others = ({tuple(row.items()) for row in each} for each in (rows, other[table]))
        assert not list(mine ^ others)[:6], f"{len(mine ^ others)} rows of {table} differ"
