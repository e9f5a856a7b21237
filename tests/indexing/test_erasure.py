"""What an erasure leaves behind: nothing of the person, everything of everybody else."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from indexing import pipeline
from indexing.assembly import people_store
from indexing.candidates import Need
from indexing.embedding_cache import ROWS, VECTORS
from indexing.erasure import erase_from_files, sweep
from indexing.erasure.files import erase_from_judgements, erase_from_ledger, erase_from_profiles
from indexing.errors import ReleaseNotFound
from indexing.hidden_people import HiddenPeople
from indexing.open_release import OpenRelease
from indexing.people_map import map_of
from indexing.profile_store import read_profiles, write_profiles
from indexing.raw_data.leaving import erase_from_table
from indexing.search import search_people
from indexing.settings import HomeSettings
from indexing.similar import find_person, read_profile
from indexing.skills import load_catalogue
from tests.builders import make_profile, make_work
from tests.worlds import NAMED, World

OTHERS = ("bo,ada/tides", "ada,bo/ada", "bo,bo/ada")
REJECTED = ("row,reason,login,text", '3,malformed,,"ada,1,2,3,4"', '4,malformed,,"bo,1"')


def leaving(*logins: str, number: str = "") -> Callable[..., bool]:
    gone = {login.casefold() for login in logins}
    return lambda login, *ids: (login or "").casefold() in gone or (bool(number) and number in map(str, ids))


def hide(world: World, login: str, *ids: str) -> None:
    with closing(people_store(HomeSettings(_env_file=None, home=world.workspace.home))) as store:
        store.hide(login, *ids)


def write_table(path: Path, *rows: str) -> Path:
    opened = gzip.open if path.name.endswith(".gz") else open
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        file.write("\n".join(rows) + "\n")
    return path


def read_table(path: Path) -> list[list[str]]:
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_table_loses_the_rows_of_who_left_by_login_and_by_id(tmp_path: Path, suffix: str) -> None:
    users = write_table(
        tmp_path / f"github_users{suffix}", "login,id,bio", 'Ada,1,"two\nlines, one person"', "bo,2,b", "renamed,3,c"
    )
    assert erase_from_table(users, leaving("ada", number="3")) == 2
    assert read_table(users) == [["login", "id", "bio"], ["bo", "2", "b"]]


def test_a_repository_goes_with_its_owner_and_so_does_what_others_did_there(tmp_path: Path) -> None:
    repos = write_table(tmp_path / "github_repos.csv", "full_name,description", "ada/tides,x", "bo/ada,y")
    shares = write_table(tmp_path / "github_contributions.csv", "login,full_name", *OTHERS)
    assert erase_from_table(repos, leaving("ada")) == 1
    assert erase_from_table(shares, leaving("ada")) == 2
    assert read_table(repos)[1:] == [["bo/ada", "y"]]
    assert read_table(shares)[1:] == [["bo", "bo/ada"]]


def test_rejected_rows_that_could_not_be_read_go_when_any_word_is_the_login(tmp_path: Path) -> None:
    rejected = write_table(
        tmp_path / "github_users.rejected.csv",
        "row,reason,login,text",
        '3,malformed,,"ada,1,2,3,4"',
        '4,malformed,,"bo,1"',
    )
    assert erase_from_table(rejected, leaving("ada")) == 1
    assert [row[0] for row in read_table(rejected)[1:]] == ["4"]


def test_a_file_without_the_person_is_not_touched(tmp_path: Path) -> None:
    users = write_table(tmp_path / "github_users.csv", "login,id", "bo,1")
    before = users.stat()
    assert erase_from_table(users, leaving("ada")) == 0
    assert (users.stat().st_mtime_ns, users.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert [path.name for path in tmp_path.iterdir()] == ["github_users.csv"]


def test_bytes_that_are_not_text_come_through_a_rewrite(tmp_path: Path) -> None:
    users = tmp_path / "github_users.csv"
    users.write_bytes(b"login,bio\nada,x\nbo,caf\xe9\n")
    erase_from_table(users, leaving("ada"))
    assert users.read_bytes() == b"login,bio\nbo,caf\xe9\n"


def test_judgements_lose_the_person_and_a_query_only_they_answered(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    lines = [
        {"id": "1", "query": "a", "relevant": {"Ada": 2, "bo": 1}},
        {"id": "2", "query": "b", "relevant": {"ada": 1}},
        {"id": "3", "query": "c", "relevant": {"bo": 1}},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + "not json\n", encoding="utf-8")
    assert erase_from_judgements(path, leaving("ada")) == 2
    kept = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["relevant"] for line in kept[:2]] == [{"bo": 1}, {"bo": 1}]
    assert kept[2:] == ["not json"]


def test_a_ledger_keeps_its_numbers_and_loses_the_logins_that_were_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "scrape.json"
    selection = {"queries": ["user:ada language:rust", "location:lyon"], "contributors": ["ada/tides", "bo/ada-lumen"]}
    path.write_text(json.dumps({"selection": selection, "slices": [{"name": "user:ada", "of": 3}]}), encoding="utf-8")
    assert erase_from_ledger(path, leaving("ada"))
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "selection": {
            "queries": ["user:(erased) language:rust", "location:lyon"],
            "contributors": ["(erased)/tides", "bo/ada-lumen"],
        },
        "slices": [{"name": "user:(erased)", "of": 3}],
    }
    assert not erase_from_ledger(path, leaving("ada"))


def test_profiles_and_caches_lose_the_person_and_their_repositories(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add_version("north")
    theirs = make_work("tides", owner="ada", description="Tide tables.")
    people = [
        make_profile("ada", bio="I like tides.", works=(theirs,)),
        make_profile("bo", bio="I like tides.", works=(make_work("maps", owner="bo", description="Maps."), theirs)),
        make_profile("cy", bio="I have built nothing yet.", works=()),
    ]
    workspace = world.workspace
    write_profiles(people, workspace.processed / pipeline.PROFILES)
    corpus = pipeline.Corpus(people, "c0ffee")
    pipeline.embed(corpus, 1, workspace)
    folder = next(workspace.processed.glob(f"*/{ROWS}")).parent
    before = rows_of(folder)
    assert erase_from_profiles(workspace.processed / pipeline.PROFILES, workspace.processed, leaving("ada")) == 1
    left, idle = read_profiles(workspace.processed / pipeline.PROFILES)
    assert idle == people[2]
    assert (left.login, [work.full_name for work in left.works]) == ("bo", ["bo/maps"])
    after = rows_of(folder)
    assert {login for login, _ in after.values()} == {"bo", "cy"}
    assert {text: row[1].tobytes() for text, row in after.items()}.items() <= {
        text: row[1].tobytes() for text, row in before.items()
    }.items()
    # What others had too is embedded again, and nothing else is.
    assert pipeline.embed(pipeline.Corpus([left], "c0ffee"), 1, workspace) == 1


def rows_of(folder: Path) -> dict[str, tuple[str, np.ndarray]]:
    vectors = np.load(folder / VECTORS)
    with (folder / ROWS).open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))[1:]
    assert len(lines) == len(vectors)
    return {text: (login, vector) for (text, login, _), vector in zip(lines, vectors, strict=True)}


def search(opened: OpenRelease, query: str) -> list[str]:
    found = search_people(Need(query, limit=100), opened, load_catalogue(), hidden=HiddenPeople().of(opened))
    return [one.profile.login for one in found.candidates]


def test_who_is_hidden_is_in_no_answer_and_nobody_else_changes_place(tmp_path: Path) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with closing(world.open(release)) as opened:
        before = search(opened, "a parser for tide tables")
        gone = before[0]
        hide(world, gone)
        assert search(opened, "a parser for tide tables") == before[1:]
        hidden = HiddenPeople().of(opened)
        assert len(hidden) == 1
        assert find_person(gone, opened) in hidden


def test_a_renamed_person_stays_hidden_by_their_id(tmp_path: Path) -> None:
    world = World(tmp_path)
    people = [make_profile("new-name", node_id="4711", bio="Tide tables."), make_profile("bo", bio="Tide tables too.")]
    people.sort(key=lambda one: one.login)
    release = world.add_release(world.add_version("north"), people, served=True)
    hide(world, "old-name", "4711")
    with closing(world.open(release)) as opened:
        assert search(opened, "tide tables") == ["bo"]


def test_works_in_a_repository_of_who_left_are_shown_of_nobody(tmp_path: Path) -> None:
    world = World(tmp_path)
    theirs = make_work("tides", owner="ada", description="Tide tables.")
    people = [make_profile("ada", works=(theirs,)), make_profile("bo", works=(theirs, make_work("maps", owner="bo")))]
    release = world.add_release(world.add_version("north"), people, served=True)
    with closing(world.open(release)) as opened:
        assert [work.full_name for work in read_profile("bo", opened)[1]] == ["ada/tides", "bo/maps"]
        hide(world, "ada")
        assert [work.full_name for work in read_profile("bo", opened)[1]] == ["bo/maps"]
        found = search_people(Need("tide tables"), opened, load_catalogue(), hidden=HiddenPeople().of(opened))
        assert "ada" not in repr([one.evidence for one in found.candidates])


def test_a_sweep_removes_in_place_where_the_engine_can(tmp_path: Path) -> None:
    world = World(tmp_path)
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    gone = NAMED[0].login
    hide(world, gone)
    swept = sweep(world.workspace, tmp_path / "data", say=print)
    assert swept.replaced == {}
    with closing(world.open(release)) as opened:
        assert opened.people == len(NAMED) - 1
        assert opened.index.find_people([gone]) == {}


def test_releases_that_share_files_are_replaced_by_copies_that_answer_alike(tmp_path: Path) -> None:
    world = World(tmp_path, deletes=False)
    first, second = world.add_version("north"), world.add_version("south")
    releases = [world.add_release(first, NAMED, served=True), world.add_release(second, NAMED)]
    world.workspace.remember_served(releases[0])
    with closing(world.open(releases[0])) as opened:
        before = search(opened, "a parser for tide tables")
        mapped = map_of(opened)
    gone = before[0]
    hide(world, gone)
    swept = sweep(world.workspace, tmp_path / "data", say=print)
    assert sorted(swept.replaced) == sorted(release.id for release in releases)
    for release in releases:
        with pytest.raises(ReleaseNotFound):
            world.registry.release(release.id)
        assert release.collection not in world.store.names()
    champion = world.registry.champion()
    assert champion is not None
    assert champion.release_id == swept.replaced[releases[0].id]
    served = world.workspace.last_served()
    assert served is not None
    assert served.id == champion.release_id
    copy = world.registry.release(champion.release_id)
    assert (copy.people, copy.created, copy.bm25) == (len(NAMED) - 1, releases[0].created, releases[0].bm25)
    with closing(world.open(copy)) as opened:
        assert search(opened, "a parser for tide tables") == before[1:]
        assert opened.index.find_people([gone]) == {}
        assert map_of(opened) == tuple(point for point in mapped if point.login != gone)  # nobody else moves
    assert sweep(world.workspace, tmp_path / "data", say=print).replaced == {}


def test_files_under_the_data_folder_are_all_found(tmp_path: Path) -> None:
    data, processed = tmp_path / "data", tmp_path / "processed"
    write_table(data / "raw" / "github_users.csv", "login", "ada", "bo")
    write_table(data / "samples" / "github_repos.csv.gz", "full_name", "ada/x", "bo/x")
    write_table(processed / "rejected" / "github_users.rejected.csv", "row,reason,login", "1,bad,ada")
    write_table(data / "judgements" / "some.jsonl", json.dumps({"id": 1, "relevant": {"ada": 1, "bo": 1}}))
    assert erase_from_files(data, processed, leaving("ada")) == (3, 0, 1)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            assert b"ada" not in content
