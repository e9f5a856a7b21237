"""A refresh in memory: what it embeds, when it builds nothing, and what is left when it fails anywhere."""

from __future__ import annotations

import csv
import errno
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from filelock import FileLock

from flows.promoting import Installation
from flows.promotion_settings import PromotionSettings
from flows.refreshing import Asked, Refreshed, refresh
from indexing import pipeline
from indexing.encoder import FloatArray
from indexing.errors import Busy, InputError, ReleaseRefused, Unavailable
from indexing.pipeline import Sources
from indexing.sample import generate, write_sample
from tests.worlds import World

R = TypeVar("R")


class Stages:
    """Does each stage and writes down which; fails before one of them when told to."""

    def __init__(self, *, fails_at: str | None = None, error: Exception | None = None) -> None:
        self.done: list[str] = []
        self._fails_at, self._error = fails_at, error

    def time(self, stage: str, work: Callable[[], R]) -> R:
        if stage == self._fails_at and self._error is not None:
            raise self._error
        self.done.append(stage)
        return work()


class Home:
    """A home with a served release of a hundred people in data/raw."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.raw = folder / "data" / "raw"
        write_sample(generate(7, people=100), self.raw, folder / "judgements")
        self.workspace = self.world.workspace
        self.workspace.home.mkdir(parents=True, exist_ok=True)
        self.said: list[str] = []
        settings = PromotionSettings(
            _env_file=None,
            home=self.workspace.home,
            processed=self.workspace.processed,
            data=folder / "data",
            service_url="http://127.0.0.1:9",  # nobody answers
        )
        self.installation = Installation(settings, self.workspace, self.said.append, self.said.append)
        self.version = self.world.add_version("one")

    @property
    def files(self) -> Sources:
        return Sources(*(self.raw / f"github_{name}.csv" for name in ("users", "repos", "contributions")))

    def index(self) -> str:
        """The first release."""
        return pipeline.index_corpus(self.files, self.workspace, version=self.version).release.id

    def refresh(self, stages: Stages | None = None, asked: Asked | None = None) -> Refreshed:
        return refresh(asked or Asked(files=self.files), self.installation, stages or Stages())

    @property
    def served(self) -> str | None:
        champion = self.workspace.registry.champion()
        return champion.release_id if champion else None

    @property
    def kept(self) -> set[str]:
        """Every release there is, in the registry and as a collection: both have the same."""
        recorded = {one for version in self.workspace.registry.versions() for one in version.releases}
        assert {f"profiles-{one}" for one in recorded} == set(self.workspace.store.names())
        return recorded

    def change(self, words: str) -> None:
        """Let the first repository say something else."""
        path = self.files.repos
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        rows[0]["description"] += words
        write_rows(path, rows)

    def reorder(self) -> None:
        """Let the file have other bytes and say the same."""
        with self.files.repos.open(encoding="utf-8", newline="") as file:
            write_rows(self.files.repos, list(csv.DictReader(file))[::-1])


def write_rows(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_what_changed_is_embedded_and_a_new_release_of_the_same_version_serves(home: Home) -> None:
    first = home.index()
    home.change(" Rewritten.")
    done = home.refresh()
    assert done.release == home.served != first
    assert done.before == first
    assert 1 <= done.embedded <= 3  # the owner's passage, and those of whoever has a part in it
    assert home.kept == {first, done.release}
    assert home.workspace.registry.champion().version == home.version  # type: ignore[union-attr]


def test_when_nobody_has_changed_nothing_is_built(home: Home) -> None:
    first = home.index()
    stages = Stages()
    done = home.refresh(stages)
    assert (done.release, done.before, stages.done) == (None, first, [])
    assert "Nobody has changed" in done.sentence
    assert home.kept == {first}


def test_other_files_of_the_same_people_build_nothing(home: Home) -> None:
    home.index()
    home.change(" Rewritten.")
    served = home.refresh().release
    home.reorder()
    stages = Stages()
    assert home.refresh(stages).release is None
    assert stages.done == ["enrich"]
    assert home.served == served


def test_a_forced_refresh_builds_all_the_same_and_embeds_nothing(home: Home) -> None:
    first = home.index()
    done = home.refresh(asked=Asked(files=home.files, is_forced=True))
    assert done.release not in {None, first}
    assert done.embedded == 0


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["enrich", "passages", "embed", "build", "check", "record", "switch"])
def test_a_failure_at_any_stage_leaves_what_serves_and_the_next_run_finishes(home: Home, stage: str) -> None:
    first = home.index()
    home.change(" Rewritten.")
    with pytest.raises(Unavailable, match="away"):
        home.refresh(Stages(fails_at=stage, error=Unavailable("It is away.")))
    assert home.served == first
    done = home.refresh()
    assert done.release == home.served != first
    assert home.kept == {first, done.release}


def test_a_run_stopped_before_the_switch_goes_on_with_the_release_it_had_built(home: Home) -> None:
    home.index()
    home.change(" Rewritten.")
    with pytest.raises(Unavailable):
        home.refresh(Stages(fails_at="switch", error=Unavailable("It is away.")))
    stages = Stages()
    done = home.refresh(stages)
    assert done.resumed
    assert stages.done == ["enrich", "check", "switch", "retire"]


@pytest.mark.slow
def test_a_release_that_never_served_goes_when_people_have_changed_again(home: Home) -> None:
    first = home.index()
    home.change(" Rewritten.")
    with pytest.raises(Unavailable):
        home.refresh(Stages(fails_at="switch", error=Unavailable("It is away.")))
    home.change(" And again.")
    done = home.refresh()
    assert not done.resumed
    assert home.kept == {first, done.release}


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["gate", "switch"])
def test_a_release_that_is_refused_is_dropped(home: Home, stage: str, tmp_path: Path) -> None:
    first = home.index()
    home.change(" Rewritten.")
    asked = Asked(files=home.files, judgements=(tmp_path / "judgements" / "sample.jsonl",))
    with pytest.raises(ReleaseRefused, match="worse"):
        home.refresh(Stages(fails_at=stage, error=ReleaseRefused("It is worse.")), asked)
    assert home.served == first
    assert home.kept == {first}


@pytest.mark.slow
def test_a_full_disk_is_said_and_what_was_embedded_is_kept(home: Home) -> None:
    first = home.index()
    home.change(" Rewritten.")

    def fills_the_disk(chunks: Sequence[Sequence[str]]) -> Generator[FloatArray, None, None]:
        raise OSError(errno.ENOSPC, "No space left on device", "/data/vectors")
        yield

    with pytest.raises(Unavailable, match=r"/data/vectors is full; free some space"):
        refresh(Asked(files=home.files), home.installation, Stages(), encode=fills_the_disk)
    assert home.served == first
    assert home.refresh().release == home.served


def test_two_refreshes_never_run_at_once(home: Home) -> None:
    home.index()
    with FileLock(home.workspace.home / "refresh.lock"), pytest.raises(Busy, match="Another refresh"):
        home.refresh()


def test_where_nothing_is_served_there_is_nothing_to_refresh(home: Home) -> None:
    with pytest.raises(InputError, match="`vivier index` makes the first"):
        home.refresh()


def test_a_source_that_is_not_described_is_said(home: Home) -> None:
    first = home.index()
    with pytest.raises(InputError, match="needs queries or organisations"):
        home.refresh(asked=Asked(source="github"))
    with pytest.raises(InputError, match="needs clones"):
        home.refresh(asked=Asked(source="git"))
    assert home.served == first


def test_what_belongs_to_another_source_is_not_asked_and_that_is_said(home: Home) -> None:
    first = home.index()
    home.refresh(asked=Asked(files=home.files, queries=("location:lyon",), clones=(Path("clone"),)))
    assert home.said == ["The source is kept: queries and clones are not asked."]
    assert home.served == first


def test_how_many_people_there_were_before_is_said(home: Home) -> None:
    home.index()
    with home.files.users.open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    write_rows(home.files.users, people[:-1])
    done = home.refresh()
    assert f"{len(people) - 1} people ({len(people)} before)" in done.sentence
