"""The GitHub source: a plan, then everybody in it, from wherever an earlier run was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from flows.github.activity import ActivityFetcher
from flows.github.address import web_home
from flows.github.check import Checker
from flows.github.client import GitHubClient
from flows.github.erasure import drop_unneeded
from flows.github.export import export
from flows.github.fetch import Fetcher
from flows.github.find import Finder
from flows.github.journal import IsErased, Journal, journal_url
from flows.github.ledger import write_ledger
from flows.github.limits import Clock, Pace, SystemClock, duration
from flows.github.pages import STAGES, Pager
from flows.github.passes import Pass
from flows.github.people import windows_before
from flows.github.plan import Plan, make_plan
from flows.github.selection import Selection
from flows.raw_files import RawFiles
from flows.settings import FlowSettings
from flows.sources.port import Ledger, Say
from indexing.errors import Busy

SAID_EVERY = 15.0  # seconds


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of each person is fetched."""

    repositories: int = 100  # owned, and contributed to, at most: those with the most stars
    activity_years: int = 1


class GitHubSource:
    """Everybody in a selection. `plan` counts, `collect` writes; both go on from where an earlier run stopped."""

    name = "github"

    def __init__(
        self,
        selection: Selection,
        client: GitHubClient,
        journal: Journal,
        *,
        is_erased: IsErased,
        key: str,
        reach: Reach,
        points_an_hour: int | None = None,
        anew: bool = False,
        home: str | None = None,
    ) -> None:
        self._selection = selection
        self._client = client
        self._journal = journal
        self._is_erased = is_erased
        self._reach = reach
        self._points_an_hour = points_an_hour
        self._anew = anew
        self._home = home
        self._pass = Pass(journal, key)
        self._said_at = 0.0

    def plan(self, *, say: Say) -> Plan:
        """How many people there are, in which slices, and what collecting them takes."""
        self._begin(say)
        return self._plan()

    def collect(self, into: RawFiles, *, say: Say) -> Ledger:
        """Write everybody into the raw files, and say what was found."""
        started = self._begin(say)
        plan = self._plan()
        say(plan.lines()[-1])
        self._finder.collect()
        self._fetch_all(started, say)
        checker = Checker(self._client, self._pass, is_erased=self._is_erased)
        self._repeat(checker.step, say, "checked for changes")
        self._fetch_all(started, say)
        export(self._pass, into, home=self._home)
        ledger = write_ledger(self._pass, self._selection, into, started)
        into.finish(ledger.to_dict())
        self._pass.finish()
        drop_unneeded(self._journal)
        pace = self._client.pace
        refused = self._pass.partly_unknown()
        if refused:
            say(f"Of {refused:,} people GitHub refused to tell everything, most often their activity: that is unknown.")
        say(f"{ledger.people:,} people for {pace.spent:,} points; {duration(pace.waited)} of waiting.")
        return ledger

    def _begin(self, say: Say) -> datetime:
        started, goes_on = self._pass.begin(anew=self._anew)
        self._anew = False
        if goes_on:
            say(f"Going on with what was begun at {started:%Y-%m-%d %H:%M} UTC.")
        self._finder = Finder(
            self._client, self._pass, self._selection, is_erased=self._is_erased, say=say, now=started
        )
        self._finder.plan()
        return started

    def _plan(self) -> Plan:
        return make_plan(
            self._pass.slices(),
            windows=2 * self._reach.activity_years,
            limit=self._selection.limit,
            points_an_hour=self._points_an_hour or self._client.pace.limit(),
        )

    def _fetch_all(self, started: datetime, say: Say) -> None:
        client, under_way, is_erased, most = self._client, self._pass, self._is_erased, self._reach.repositories
        # Whole days: two passes of one day ask for the same.
        windows = windows_before(started.replace(hour=23, minute=59, second=59), self._reach.activity_years)
        people = Fetcher(client, under_way, is_erased=is_erased, most_repositories=most)
        pager = Pager(client, under_way, is_erased=is_erased, most_repositories=most)
        active = ActivityFetcher(client, under_way, windows, is_erased=is_erased, most_repositories=most)
        owned, contributed = STAGES
        self._repeat(people.step, say, "fetched")
        self._repeat(lambda: pager.step(owned), say, "with many repositories fetched")
        self._repeat(active.step, say, "with their activity fetched")
        self._repeat(lambda: pager.step(contributed), say, "with many contributions fetched")
        self._repeat(active.step_repositories, say, "repositories fetched")

    def _repeat(self, step: Callable[[], int], say: Say, what: str) -> None:
        done = 0
        while came := step():
            done += came
            now = self._client.pace.clock.now()
            if now - self._said_at >= SAID_EVERY:
                self._said_at = now
                say(f"{done:,} {what}, of {self._pass.people_found():,} people; {self._client.pace.spent:,} points.")


@contextmanager
def open_source(
    selection: Selection,
    settings: FlowSettings,
    *,
    is_erased: IsErased,
    say: Say,
    points_an_hour: int | None = None,
    anew: bool = False,
    clock: Clock | None = None,
) -> Iterator[GitHubSource]:
    """The source for a selection, with its journal and connection open. Busy when another scrape runs here."""
    settings.home.mkdir(parents=True, exist_ok=True)
    pace = Pace(clock or SystemClock(), say, wait_seconds=settings.github_wait_seconds, points_an_hour=points_an_hour)
    token = settings.github_token.get_secret_value()
    with (
        _alone(settings.home),
        GitHubClient(settings.github_url, token, pace, timeout_seconds=settings.github_timeout_seconds) as client,
    ):
        journal = Journal(journal_url(settings.database_url.get_secret_value(), settings.home, client.host))
        try:
            with journal.alone():
                yield GitHubSource(
                    selection,
                    client,
                    journal,
                    is_erased=is_erased,
                    key=selection.key(settings.github_url),
                    reach=Reach(settings.github_repositories, settings.github_activity_years),
                    points_an_hour=points_an_hour,
                    anew=anew,
                    home=web_home(settings.github_url),
                )
        finally:
            journal.close()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    lock = FileLock(home / "scrape.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Busy("Another `vivier scrape github` is running on this VIVIER_HOME; wait until it is done.") from error
    try:
        yield
    finally:
        lock.release()
