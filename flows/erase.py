"""Erasing whoever has left, everywhere at once: what `vivier forget --now`, the weekly flow and the service start."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.github.erasure import complete_marks, erase_journals, known_ids
from flows.settings import FlowSettings
from indexing.assembly import assemble, people_store
from indexing.erasure import Swept, sweep
from indexing.errors import Busy
from indexing.people_store import PeopleStore
from indexing.releases import collection_name
from indexing.workspace import Workspace

Say = Callable[[str], None]
POLL_SECONDS = 0.5
# Services look for a new champion every five seconds, and let go of what was dropped as often.
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did."""

    requests: int  # answered with it
    swept: Swept | None  # None: nobody was waiting
    still_open: tuple[str, ...] = ()  # releases whose files a process has not let go of


def erase_pending(settings: FlowSettings, *, say: Say, patience_seconds: float = PATIENCE_SECONDS) -> Erased:
    """Remove everything of whoever is hidden and not erased yet; killed at any moment, it is run again.

    Waits while a release is being built: its people were read before the tombstone, so it is swept as well.
    """
    people = people_store(settings)
    try:
        if not people.pending().requests:
            return Erased(0, None)
        workspace = assemble(settings)
        with _turn(workspace, say):
            complete_marks(settings, people)
            moment = datetime.now(UTC)
            swept = sweep(workspace, settings.data.resolve(), say=say)
            say("stored searches and the journal of scrapes")
            _erase_searches(settings, people, swept)
            erase_journals(settings, people.covers)
            still_open = _still_open(workspace, swept, say, patience_seconds)
            done = 0 if still_open else people.note_erased(hidden_before=moment)
        return Erased(done, swept, still_open)
    finally:
        people.close()


def hide(settings: FlowSettings, logins: list[str]) -> datetime:
    """Leave people out of every answer from now on, by login and by the id that is known here; returns since when."""
    people = people_store(settings)
    try:
        indexed = _ids(settings.processed / "profiles_enriched.parquet")
        names = [login.strip().lstrip("@") for login in logins]
        moments = [people.hide(name, indexed.get(name.casefold()), *known_ids(settings, name)) for name in names]
    finally:
        people.close()
    return max(moments)


def _ids(profiles: Path) -> dict[str, str]:
    """GitHub's ids of the people enriched last, by casefolded login."""
    if not profiles.exists():
        return {}
    import pyarrow.parquet as pq  # .3 s

    table = pq.read_table(profiles, columns=["login", "node_id"])
    pairs = zip(table["login"].to_pylist(), table["node_id"].to_pylist(), strict=True)
    return {login.casefold(): number for login, number in pairs if number}


def _erase_searches(settings: FlowSettings, people: PeopleStore, swept: Swept) -> None:
    from indexing.search_store import SearchStore

    searches = SearchStore(settings.database)
    try:
        searches.erase_people(people.covers)
        for old, new in swept.replaced.items():
            searches.rename_release(old, new)
        searches.leave_no_trace()
    finally:
        searches.close()


def _still_open(workspace: Workspace, swept: Swept, say: Say, patience_seconds: float) -> tuple[str, ...]:
    """Wait until every process of this machine has let go of the releases that were replaced."""
    deadline = time.monotonic() + patience_seconds
    said = False
    while True:
        workspace.store.sweep()
        held = tuple(old for old in swept.replaced if workspace.store.is_held(collection_name(old)))
        if not held or time.monotonic() > deadline:
            return held
        if not said:
            say("waiting for services to let go of the releases that were replaced")
            said = True
        time.sleep(POLL_SECONDS)


@contextmanager
def _turn(workspace: Workspace, say: Say) -> Iterator[None]:
    with ExitStack() as turn:
        said = False
        while True:
            try:
                turn.enter_context(workspace.building())
                break
            except Busy:
                if not said:
                    say("a release is being built; the erasure follows it")
                said = True
                time.sleep(POLL_SECONDS)
        yield
