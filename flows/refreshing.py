"""A refresh: collect -> enrich -> embed what changed -> a new release of the champion's version -> checks -> switch.

Plain functions, called by `vivier refresh` and, stage by stage as tasks, by the flow. Until the switch the served
release is not touched. A run that was killed is run again: what was collected, embedded or built is not done twice, and
what cannot be used any more is removed.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from filelock import FileLock, Timeout

from flows.promoting import Installation, compare, judged, retire, service_for
from flows.raw_tables import raw_tables, tables_to_enrich
from flows.refresh_notes import Candidate, forget_candidate, read_candidate, write_candidate
from flows.settings import FlowSettings
from indexing import pipeline
from indexing.errors import Busy, InputError, ReleaseRefused, Unavailable
from indexing.pipeline import Corpus, Encode, Sources
from indexing.promotion.change import move
from indexing.raw_data import population_of
from indexing.raw_data.revision import hash_of, revision_of
from indexing.registry import Champion
from indexing.releases import Release, collection_name
from indexing.workspace import Workspace

R = TypeVar("R")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no space, no quota, or the file may not grow
Source = Literal["kept", "github", "git"]


class Stages(Protocol):
    """Who does the stages: a stopwatch on the command line, tasks in a flow."""

    def time(self, stage: str, work: Callable[[], R]) -> R:
        """Do the work of a stage."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to refresh from, and what the new release must stand."""

    source: Source = "kept"
    queries: tuple[str, ...] = ()  # of GitHub
    organisations: tuple[str, ...] = ()
    clones: tuple[Path, ...] = ()  # of git
    files: Sources | None = None  # instead of those of data/raw
    judgements: tuple[Path, ...] = ()  # what it must not be worse on
    is_forced: bool = False  # build also when nobody has changed

    @property
    def unasked(self) -> list[str]:
        """What is given and belongs to a source that was not chosen."""
        of = {"queries": "github", "organisations": "github", "clones": "git"}
        return [name for name, source in of.items() if getattr(self, name) and self.source != source]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did."""

    release: str | None  # the new one, served now; None when nobody had changed
    before: str
    people: int
    passages: int
    embedded: int
    people_before: int
    resumed: bool = False  # a release that an interrupted run had built
    removed: tuple[str, ...] = ()  # releases beyond those that are kept

    @property
    def sentence(self) -> str:
        """What to tell people."""
        if self.release is None:
            return f"Nobody has changed since {self.before} was built; it goes on serving."
        told = "built by an interrupted run, " if self.resumed else ""
        people = f"{self.people:,} people ({self.people_before:,} before)"
        return (
            f"Release {self.release} serves in place of {self.before}: {told}{people}, "
            f"{self.embedded:,} passages embedded."
        )


def refresh(asked: Asked, installation: Installation, stages: Stages, *, encode: Encode | None = None) -> Refreshed:
    """Bring the champion's version up to date. Busy when another refresh or build is running.

    InputError when nothing is served yet, ReleaseRefused when the new release fails a check: it is dropped, and the old
    one goes on.
    """
    workspace, settings = installation.workspace, installation.settings
    with _alone(workspace.home), _room(workspace):
        champion = workspace.registry.champion()
        if champion is None:
            raise InputError("Nothing is served yet, so there is nothing to refresh; `vivier index` makes the first.")
        if asked.unasked:
            installation.warn(f"The source is {asked.source}: {' and '.join(asked.unasked)} are not asked.")
        if asked.source != "kept":
            stages.time("collect", lambda: collect(asked, settings, installation.say))
        with workspace.building():
            served = workspace.registry.release(champion.release_id)
            corpus = _people(asked, served, installation, stages)
            if corpus is None:
                return Refreshed(None, served.id, served.people, served.passages, 0, served.people)
            done = _release(corpus, champion, installation, stages, encode)
            _serve(done, champion, asked, installation, stages)
        return Refreshed(
            done.release.id,
            served.id,
            done.release.people,
            done.release.passages,
            done.embedded,
            served.people,
            done.is_resumed,
            stages.time("retire", lambda: retire(installation)),
        )


def collect(asked: Asked, settings: FlowSettings, say: Callable[[str], None]) -> int:
    """Bring data/raw up to date from GitHub or from clones; returns how many people are in it."""
    from flows.data_quality.around import reported

    raw = settings.data / "raw"
    with reported(raw, say=say):
        if asked.source == "github":
            from flows.github import Selection, scrape

            if not (asked.queries or asked.organisations):
                raise InputError("A refresh from GitHub needs queries or organisations.", field="queries")
            selection = Selection.of(queries=asked.queries, organisations=asked.organisations)
            return scrape(selection, settings, raw, say=say).people
        return _collect_clones(asked.clones, settings, raw, say)


def _collect_clones(clones: Sequence[Path], settings: FlowSettings, raw: Path, say: Callable[[str], None]) -> int:
    from datetime import UTC, datetime

    from flows.raw_files import RawFiles
    from flows.sources.git_history import GitHistory
    from indexing.assembly import tombstones_of

    if not clones:
        raise InputError("A refresh from git needs clones.", field="clones")
    source = GitHistory(list(clones), datetime.now(UTC))
    with RawFiles(raw, is_erased=tombstones_of(settings).covers) as into:
        return source.collect(into, say=say).people


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    lock = FileLock(home / "refresh.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Busy("Another refresh is running on this VIVIER_HOME; wait until it is done.") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _room(workspace: Workspace) -> Iterator[None]:
    """Say what to do when the disk is full; what was written so far is whole."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise Unavailable(
            f"The disk of {error.filename or workspace.processed} is full; free some space and run the refresh again: "
            "it goes on from there."
        ) from error


def _people(asked: Asked, served: Release, installation: Installation, stages: Stages) -> Corpus | None:
    """Everybody as they are now; None when nobody has changed since what is served was built."""
    workspace, settings = installation.workspace, installation.settings
    kept = tables_to_enrich(settings) if asked.source == "kept" else raw_tables(settings.data / "raw")
    tables = asked.files or kept
    if tables is None:
        revision = pipeline.enriched_revision(workspace)
    else:
        revision = revision_of(tables.users, tables.repos, tables.contributions)
    if revision is not None and is_same_data(revision, served.data_rev) and not asked.is_forced:
        return None
    corpus = stages.time("enrich", lambda: _enriched(tables, installation))
    known = read_candidate(workspace.home)
    if known is not None and known.release_id == served.id and not asked.is_forced:
        # A new ledger beside the same people, say: the files are others, and everything that is served is as it was.
        return None if known.people == people_hash(workspace) else corpus
    return corpus


def _enriched(tables: Sources | None, installation: Installation) -> Corpus:
    workspace = installation.workspace
    if tables is None:
        return pipeline.read_corpus(workspace)
    raw, revision = pipeline.load(tables, workspace)
    for line in raw.report.lines():
        installation.say(line)
    population = population_of(tables.users)
    return pipeline.enrich_people(raw, revision, workspace, installation.progress, population=population)


def is_same_data(one: str, other: str) -> bool:
    """Whether two revisions name the same files; which commit recorded them does not matter."""
    return one.partition("-git-")[0] == other.partition("-git-")[0]


def people_hash(workspace: Workspace) -> str:
    """A hash of everybody enriched last."""
    return hash_of(workspace.processed / pipeline.PROFILES)


@dataclass(frozen=True, slots=True)
class _Built:
    release: Release
    embedded: int
    is_resumed: bool = False


def _release(
    corpus: Corpus, champion: Champion, installation: Installation, stages: Stages, encode: Encode | None
) -> _Built:
    """A checked and recorded release of these people, the one of an interrupted run when it is of the same people."""
    workspace, progress = installation.workspace, installation.progress
    people, version = people_hash(workspace), champion.version
    known = read_candidate(workspace.home)
    if known is not None and known.release_id != champion.release_id:
        if known.is_of(people, version) and is_whole(known, workspace):
            installation.say(f"{known.release_id} was built by an interrupted run; going on with it.")
            release = workspace.registry.release(known.release_id)
            stages.time("check", lambda: pipeline.check(release, corpus, workspace))
            return _Built(release, 0, is_resumed=True)
        drop(known.release_id, workspace)
    terms = stages.time("passages", lambda: pipeline.passages(corpus, version, workspace, progress))
    embedded = stages.time("embed", lambda: pipeline.embed(corpus, version, workspace, progress, encode=encode))
    release = stages.time("build", lambda: pipeline.build(corpus, terms, version, workspace, progress))
    stages.time("check", lambda: pipeline.check(release, corpus, workspace))
    write_candidate(Candidate(release.id, people, version), workspace.home)
    stages.time("record", lambda: workspace.registry.record(release))
    workspace.note_finished()
    return _Built(release, embedded)


def is_whole(candidate: Candidate, workspace: Workspace) -> bool:
    """Whether a candidate was recorded and its collection is there."""
    recorded = {one for version in workspace.registry.versions() for one in version.releases}
    return candidate.release_id in recorded and collection_name(candidate.release_id) in workspace.store.names()


def drop(release_id: str, workspace: Workspace) -> None:
    """Remove a release that never served."""
    champion = workspace.registry.champion()
    if champion is None or champion.release_id != release_id:
        workspace.registry.remove(release_id)
        workspace.store.drop(collection_name(release_id))
    forget_candidate(workspace.home)


def _serve(done: _Built, champion: Champion, asked: Asked, installation: Installation, stages: Stages) -> None:
    """Hold it against the champion where there are judged needs, then switch. What is refused is dropped."""
    release = done.release
    target = Champion(release.model_version, release.id)
    try:
        if asked.judgements:
            stages.time("gate", lambda: _not_worse(release, asked.judgements, installation))
        stages.time("switch", lambda: _switch(target, installation))
    except ReleaseRefused:
        drop(release.id, installation.workspace)
        raise


def _not_worse(release: Release, judgements: Sequence[Path], installation: Installation) -> None:
    verdict = judged(compare(release.id, installation, judgements=judgements), installation, mode="not-worse")
    installation.say(verdict.sentence)
    if not verdict.passes:
        raise ReleaseRefused(f"{release.id} is dropped: {verdict.sentence}")


def _switch(target: Champion, installation: Installation) -> None:
    with service_for(target.release_id, installation) as service:
        move(target, installation.workspace.registry, service, cause="refresh")
