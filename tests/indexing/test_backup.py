from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexing.backup import swapping
from indexing.backup.manifest import (
    MANIFEST,
    Manifest,
    SavedRelease,
    backups_in,
    find,
    first_damage,
    inventory,
    key_check,
    new_name,
    older_than,
    read_manifest,
    seal,
)
from indexing.backup.registry_export import export_registry, fill_registry, point_registry, read_export
from indexing.backup.sqlite_copy import copy_database
from indexing.champions import pin, pins, reigns
from indexing.errors import Busy, DatabaseUnavailable, InputError
from tests.worlds import NAMED, World


def quiet(stage: str, done: int, total: int) -> None:
    """No progress."""


class Killed(BaseException):
    """What a kill looks like from inside."""


def make_backup(place: Path, created: datetime | None = None) -> Path:
    name = new_name(created)
    folder = place / name
    (folder / "collections" / "one").mkdir(parents=True)
    (folder / "collections" / "one" / "vectors.dat").write_bytes(bytes(range(256)) * 8)
    (folder / "tombstones.json").write_text("[]")
    manifest = Manifest(
        name=name,
        created=(created or datetime.now(UTC)).isoformat(timespec="seconds"),
        vivier="0",
        champion="v1-20261129t000000-abcd",
        releases=(SavedRelease("v1-20261129t000000-abcd", "one", 3, False),),
        engine="edge",
        registry="sqlite",
        database="none",
        tombstones=0,
        key_check="",
        has_key=False,
        files=inventory(folder, quiet),
    )
    seal(folder, manifest)
    return folder


def test_a_backup_describes_itself_and_its_sums_hold(tmp_path: Path) -> None:
    folder = make_backup(tmp_path)
    manifest = read_manifest(folder)
    assert set(manifest.files) == {"collections/one/vectors.dat", "tombstones.json"}
    assert manifest.size == 2050
    assert first_damage(folder, manifest, quiet) is None
    assert [one.folder for one in backups_in(tmp_path)] == [folder]


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_the_first_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    folder = make_backup(tmp_path)
    victim = folder / "collections" / "one" / "vectors.dat"
    content = victim.read_bytes()
    if damage == "remove":
        victim.unlink()
    else:
        victim.write_bytes(content[:-1] if damage == "cut" else content[:100] + b"\xff" + content[101:])
    assert first_damage(folder, read_manifest(folder), quiet) == "collections/one/vectors.dat"


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    folder = make_backup(tmp_path)
    (folder / MANIFEST).unlink()
    assert backups_in(tmp_path) == []
    with pytest.raises(InputError, match="There is no backup"):
        read_manifest(folder)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", "a\\b", ""])
def test_a_manifest_that_names_files_outside_is_refused(tmp_path: Path, name: str) -> None:
    folder = make_backup(tmp_path)
    written = json.loads((folder / MANIFEST).read_text())
    written["files"][name] = {"size": 1, "sha256": "0"}
    (folder / MANIFEST).write_text(json.dumps(written))
    with pytest.raises(InputError, match="cannot be read as a backup's manifest"):
        read_manifest(folder)


def test_a_manifest_of_a_later_version_is_refused(tmp_path: Path) -> None:
    folder = make_backup(tmp_path)
    written = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(written | {"format": 2}))
    with pytest.raises(InputError, match="another version of Vivier"):
        read_manifest(folder)


def test_backups_are_listed_newest_first_and_old_ones_told(tmp_path: Path) -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    folders = [make_backup(tmp_path, now - timedelta(days=days)) for days in (40, 10, 0)]
    listed = backups_in(tmp_path)
    assert [one.folder for one in listed] == folders[::-1]
    assert [one.folder for one in older_than(listed, timedelta(days=30), now)] == folders[:1]
    assert find(tmp_path, folders[0].name) == folders[0]
    assert find(tmp_path / "elsewhere", str(folders[1])) == folders[1]
    with pytest.raises(InputError, match="no backup 'yesterday'"):
        find(tmp_path, "yesterday")


def test_a_keys_check_tells_it_from_another_and_holds_nothing_of_it() -> None:
    key = b"k" * 32
    assert key_check(key) == key_check(key) != key_check(b"l" * 32)
    assert key.hex() not in key_check(key)


def test_a_database_is_copied_in_one_state_while_it_is_written(tmp_path: Path) -> None:
    """Two rows of each transaction: a copy never has one without the other."""
    source, stop = tmp_path / "live.db", threading.Event()
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE pairs (number INTEGER)")

    def write() -> None:
        with closing(sqlite3.connect(source, timeout=30)) as connection:
            for number in range(100_000):
                if stop.is_set():
                    return
                with connection:
                    connection.execute("INSERT INTO pairs VALUES (?)", (number,))
                    connection.execute("INSERT INTO pairs VALUES (?)", (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            copy_database(source, tmp_path / f"copy-{number}.db")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"copy-{number}.db")) as connection:
            assert connection.execute(
                "SELECT count(*) % 2, count(*) = 2 * count(DISTINCT number) FROM pairs"
            ).fetchone() == (0, 1)
        assert (tmp_path / f"copy-{number}.db").stat().st_mode & 0o777 == 0o600
        assert not (tmp_path / f"copy-{number}.db-wal").exists()


def test_a_database_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"not a database" * 100)
    with pytest.raises(DatabaseUnavailable, match=r"broken\.db cannot be copied"):
        copy_database(tmp_path / "broken.db", tmp_path / "copy.db")


PARTS = ("served.json", "unfinished", "collections", "mlflow.db", "artifacts")


def old_and_new(home: Path) -> Path:
    """A home with everything of before, and a stage with all but what only the old one has."""
    for part in PARTS:
        (home / part).write_text("old")
    staged = swapping.new_stage(home)
    for part in PARTS[2:]:
        (staged / part).write_text("new")
    return staged


@pytest.mark.parametrize("kill_before", range(9))
def test_a_swap_killed_before_any_rename_goes_on_to_the_new_and_keeps_the_old(
    tmp_path: Path, kill_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    swap = swapping.begin(home, old_and_new(home), backup="b-x", parts=PARTS)
    rename, done = Path.rename, [0]

    def killing(self: Path, target: Path) -> Path:
        if done[0] == kill_before:
            raise Killed
        done[0] += 1
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", killing)
    try:
        swapping.go_forward(home, swap)
    except Killed:
        monkeypatch.setattr(Path, "rename", rename)
        with pytest.raises(Busy, match="vivier backup restore b-x"):
            swapping.refuse_half_restored(home)
        found = swapping.under_way(home)
        assert found == swap
        swapping.go_forward(home, found)
    swapping.refuse_half_restored(home)
    assert {path.name: path.read_text() for path in home.iterdir() if path.is_file()} == dict.fromkeys(PARTS[2:], "new")
    assert {path.name for path in (home / swap.aside).iterdir()} == set(PARTS)
    assert {path.read_text() for path in (home / swap.aside).iterdir()} == {"old"}
    swapping.let_go(home, swap)
    assert {path.name for path in home.iterdir()} == set(PARTS[2:])


def test_what_killed_restores_left_is_removed_by_the_next(tmp_path: Path) -> None:
    first = swapping.new_stage(tmp_path)
    (tmp_path / f"{swapping.ASIDE}0000").mkdir()
    second = swapping.new_stage(tmp_path)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [second]
    assert first != second


@pytest.fixture
def two(tmp_path: Path) -> World:
    world = World(tmp_path / "from")
    world.add_release(world.add_version("north"), NAMED, served=True)
    pin(world.registry, world.add_release(world.add_version("south"), NAMED).id)
    return world


def test_an_exported_registry_fills_an_empty_one_and_points_it_at_the_champion(two: World, tmp_path: Path) -> None:
    export_registry(two.registry, tmp_path / "saved", quiet)
    empty = World(tmp_path / "to").registry
    exported = read_export(tmp_path / "saved")
    fill_registry(empty, exported, quiet)
    assert empty.champion() is None, "nothing serves before the end"
    fill_registry(empty, exported, quiet)
    point_registry(empty, exported)
    assert empty.champion() == two.registry.champion()
    assert [(one.version, one.fingerprint, one.releases) for one in empty.versions()] == [
        (one.version, one.fingerprint, one.releases) for one in two.registry.versions()
    ]
    assert pins(empty).keys() == pins(two.registry).keys()
    assert reigns(empty) == reigns(two.registry)


def test_a_registry_with_other_versions_is_not_filled(two: World, tmp_path: Path) -> None:
    export_registry(two.registry, tmp_path / "saved", quiet)
    other = World(tmp_path / "to")
    other.add_version("elsewhere")
    with pytest.raises(InputError, match="version 1 that is not the backup's"):
        fill_registry(other.registry, read_export(tmp_path / "saved"), quiet)
