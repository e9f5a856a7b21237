"""A backup is taken from a home in use and brought back, whole or not at all; whoever left since stays out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.backing_up import default_place, take_backup
from flows.bringing_back import Restored, bring_back
from flows.erase import hide
from flows.settings import FlowSettings
from indexing.assembly import assemble, people_store
from indexing.backup import swapping
from indexing.backup.manifest import Listed, backups_in, first_damage
from indexing.champions import pin
from indexing.errors import Busy, InputError
from tests.e2e.homes import champion, workspace_at
from tests.processes import ROOT, environment, serving, vivier

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NEED = {"query": "somebody who writes Rust for databases", "limit": 20}
KILLED_AT = ("served.json", "mlflow.db")  # tests/indexing/test_backup.py has every rename


class Killed(BaseException):
    """What a kill looks like from inside."""


def settings_of(home: Path) -> FlowSettings:
    return FlowSettings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it
        home=home,
        processed=home / "processed",
        data=home / "data",
    )


def back_up(home: Path, **asked: bool) -> Listed:
    settings = settings_of(home)
    chosen = {"every_release": False, "with_key": False} | asked
    return take_backup(settings, default_place(settings), **chosen, progress=lambda *_: None)


def restore(home: Path, made: Listed, *, into: Path | None = None, replace: bool = False) -> Restored:
    said = {"progress": lambda *_: None, "say": lambda _: None}
    return bring_back(settings_of(home), made.folder, into=into, may_replace=replace, **said)  # type: ignore[arg-type]


def answer(url: str, **need: Any) -> bytes:
    """A search's answer without what differs from one asking to the next."""
    found = httpx.post(f"{url}/agent_search", json=NEED | need, timeout=30).raise_for_status().json()
    for passing in ("search_id", "took_ms"):
        del found[passing]
    del found["release"]["generation"]
    return json.dumps(found, sort_keys=True).encode()


def first_login(home: Path) -> str:
    """Somebody who is in the champion's collection."""
    workspace = workspace_at(home)
    with closing(workspace.store.open(f"profiles-{champion(home)}")) as index:
        return next(str(point.payload["login"]) for point in index.points() if point.login is not None)


def names(home: Path) -> set[str]:
    return {path.name for path in home.iterdir() if path.name.startswith((".restore", ".before", "restoring"))}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


def test_a_home_in_use_is_backed_up_and_its_copy_answers_byte_for_byte_alike(tiny_home: Path, elsewhere: Path) -> None:
    pin(workspace_at(tiny_home).registry, "2")
    with serving(tiny_home) as service:
        before = answer(service.url)
        other = answer(service.url, version="2")
        done = vivier("backup", "create", "--json", home=tiny_home)
        assert answer(service.url) == before
    facts = json.loads(done.stdout)
    assert [one["is_pinned"] for one in facts["releases"]] == [False, True]
    listed = vivier("backup", "list", "--check", home=tiny_home).stdout
    assert facts["name"] in listed
    assert "sums hold" in listed
    shutil.rmtree(tiny_home / "collections")
    restored = vivier("backup", "restore", facts["name"], "--into", str(elsewhere), home=tiny_home)
    assert "opens and answers" in restored.stdout
    with serving(elsewhere) as service:
        assert answer(service.url) == before
        assert answer(service.url, version="2") == other


def test_releases_are_only_replaced_when_it_is_said(tiny_home: Path) -> None:
    made = back_up(tiny_home)
    served = champion(tiny_home)
    with pytest.raises(InputError, match="--replace"):
        restore(tiny_home, made)
    workspace_at(tiny_home).registry.make_champion(2)
    assert restore(tiny_home, made, replace=True).release == served
    assert champion(tiny_home) == served
    assert not names(tiny_home)


def test_a_home_that_a_process_has_open_is_not_replaced(tiny_home: Path) -> None:
    made = back_up(tiny_home)
    index = workspace_at(tiny_home).store.open(f"profiles-{champion(tiny_home)}")
    with closing(index), pytest.raises(Busy, match="stop the service"):
        restore(tiny_home, made, replace=True)


@pytest.mark.parametrize("pattern", ["collections/*/shard/**/*", "registry/mlflow.db", "registry/artifacts/**/*.onnx"])
def test_a_damaged_file_is_named_and_nothing_is_touched(tiny_home: Path, elsewhere: Path, pattern: str) -> None:
    made = back_up(tiny_home)
    victim = max((path for path in made.folder.glob(pattern) if path.is_file()), key=lambda path: path.stat().st_size)
    with victim.open("r+b") as file:
        file.seek(victim.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    name = victim.relative_to(made.folder).as_posix()
    with pytest.raises(InputError, match=name):
        restore(tiny_home, made, into=elsewhere)
    assert not (elsewhere / "collections").exists()
    assert not (elsewhere / "mlflow.db").exists()
    assert first_damage(made.folder, made.manifest, lambda *_: None) == name


@pytest.mark.parametrize("part", KILLED_AT)
def test_a_restore_killed_between_two_renames_serves_nothing_and_goes_on(
    tiny_home: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, served = back_up(tiny_home), champion(tiny_home)
    workspace_at(tiny_home).remember_served(workspace_at(tiny_home).registry.release(str(served)))
    workspace_at(tiny_home).registry.make_champion(2)
    rename = Path.rename

    def killing(self: Path, target: Path) -> Path:
        if Path(target).name == part and Path(target).parent.name.startswith(swapping.ASIDE):
            rename(self, target)
            raise Killed
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", killing)
    with pytest.raises(Killed):
        restore(tiny_home, made, replace=True)
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(Busy, match=f"vivier backup restore {made.manifest.name}"):
        assemble(settings_of(tiny_home))
    assert restore(tiny_home, made).release == served
    assert champion(tiny_home) == served
    assert not names(tiny_home)


@pytest.mark.parametrize("step", ["stage_registry", "prove"])
def test_a_restore_that_fails_on_its_way_leaves_the_home_as_it_was(
    tiny_home: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(tiny_home)
    workspace_at(tiny_home).registry.make_champion(2)
    served = champion(tiny_home)

    def fail(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(f"flows.bringing_back.{step}", fail)
    with pytest.raises(Killed):
        restore(tiny_home, made, replace=True)
    assert champion(tiny_home) == served
    assert not names(tiny_home)


def kill_once(seen: Path, pattern: str, *command: str, home: Path) -> None:
    """Run a command, and SIGKILL it as soon as something of that pattern is there."""
    running = subprocess.Popen(
        [sys.executable, str(ROOT / "vivier.py"), *command],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(seen.glob(pattern)) and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL, "it was over before it could be killed"


def test_a_backup_and_a_restore_that_are_killed_leave_nothing_half_done(tiny_home: Path, elsewhere: Path) -> None:
    place = default_place(settings_of(tiny_home))
    kill_once(place, ".b-*/registry", "backup", "create", home=tiny_home)
    assert not backups_in(place)
    made = back_up(tiny_home)
    assert [one.manifest.name for one in backups_in(place)] == [made.manifest.name]
    assert not list(place.glob(".b-*")), "the next one removes what was left"
    elsewhere.mkdir()
    kill_once(
        elsewhere, ".restore-*/*", "backup", "restore", str(made.folder), "--into", str(elsewhere), home=tiny_home
    )
    assert workspace_at(elsewhere).registry.champion() is None
    assert restore(tiny_home, made, into=elsewhere).release == champion(elsewhere)
    assert not names(elsewhere)


def test_whoever_left_since_is_erased_from_what_comes_back(tiny_home: Path, elsewhere: Path) -> None:
    login = first_login(tiny_home)
    made = back_up(tiny_home)
    hide(settings_of(tiny_home), [login])
    again = restore(tiny_home, made, into=elsewhere)
    assert again.tombstones >= 1
    assert again.erased.requests == 1
    done = restore(tiny_home, made, replace=True)
    assert done.erased.requests == 1
    for home in (tiny_home, elsewhere):
        with closing(people_store(settings_of(home))) as people:
            assert people.covers(login)
            assert people.erased_at(login) is not None
        workspace = workspace_at(home)
        with closing(workspace.store.open(f"profiles-{champion(home)}")) as index:
            assert index.find_people([login]) == {}


def test_without_the_key_tombstones_cannot_be_brought_back_and_with_it_they_are(
    tiny_home: Path, elsewhere: Path
) -> None:
    hide(settings_of(tiny_home), ["somebody-who-left"])
    without, complete = back_up(tiny_home), back_up(tiny_home, with_key=True)
    assert not (without.folder / "tombstones.key").exists()
    assert (complete.folder / "tombstones.key").stat().st_mode & 0o777 == 0o600
    shutil.rmtree(complete.folder.parent.parent / "collections")
    lost = tiny_home.rename(tiny_home.with_name("lost"))
    moved = {one.manifest.name: one for one in backups_in(lost / "backups")}
    with pytest.raises(InputError, match=r"tombstones\.key"):
        restore(elsewhere, moved[without.manifest.name])
    assert restore(elsewhere, moved[complete.manifest.name]).tombstones == 1
    with closing(people_store(settings_of(elsewhere))) as people:
        assert people.covers("Somebody-Who-Left")


def test_leaving_says_which_backups_were_made_before(tiny_home: Path) -> None:
    made = back_up(tiny_home)
    said = vivier("forget", "somebody-who-left", home=tiny_home).stderr
    assert made.manifest.name in said
    assert "vivier backup prune" in said
    assert "Removed" in vivier("backup", "prune", "--older-than", "0", home=tiny_home).stdout
    assert not backups_in(default_place(settings_of(tiny_home)))
