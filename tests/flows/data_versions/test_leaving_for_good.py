"""One person leaves while everything runs, and stays away through all that could bring them back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.data_versions.remote import cache_folder
from indexing.assembly import assemble
from indexing.people_store import PeopleStore, tombstone_key
from indexing.pipeline import Sources, index_corpus
from indexing.settings import HomeSettings
from indexing.workspace import Workspace
from tests.e2e.homes import copy_of
from tests.flows.data_versions.checkouts import Checkout
from tests.leavers import (
    Person,
    Watcher,
    collections_that_hold,
    distinct_people,
    files_that_hold,
    holders,
    logins_in,
    rows,
)
from tests.processes import ROOT, ServiceProcess
from tests.processes import environment as processes_environment
from tests.registries import import_mlflow
from tests.s3_server import S3Server

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]
QUERY = "followers:>=0"
PATIENCE_SECONDS = 200
NEW_LOGIN = "somebody-else-now"
PEOPLE = 40
NAMES = ("users", "repos", "contributions")


@pytest.fixture(scope="module")
def github() -> Iterator[str]:
    """The address of a fake GitHub, a process of its own."""
    command = [sys.executable, str(ROOT / "vivier.py"), "fake-github", "--port", "0", "--faults", "none", "--seed", "5"]
    process = subprocess.Popen([*command, "--people", str(PEOPLE)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, line
        yield line.split()[3]
    finally:
        process.kill()
        process.communicate()


@dataclass(frozen=True)
class Installation:
    """A checkout with its home: commands are run in it as a user runs them."""

    checkout: Checkout
    github: str

    @property
    def home(self) -> Path:
        return self.checkout.home

    @property
    def settings(self) -> dict[str, str]:
        """What is exported."""
        return {
            "VIVIER_DATA": str(self.checkout.root / "data"),
            "VIVIER_PROCESSED": str(self.checkout.processed),
            "VIVIER_STORE_SEARCHES": "true",
            "VIVIER_WATCH_SECONDS": "0.5",
            "VIVIER_BATCH_HELPERS": "1",
            "VIVIER_GITHUB_URL": self.github,
            "GITHUB_TOKEN": "made-up",
        }

    @property
    def workspace(self) -> Workspace:
        import_mlflow()
        return assemble(
            HomeSettings(home=self.home, processed=self.checkout.processed, data=self.checkout.root / "data")
        )

    @property
    def tables(self) -> list[str]:
        return [word for name in NAMES for word in (f"--{name}", str(self.checkout.raw / f"github_{name}.csv"))]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command line."""
        return subprocess.Popen(
            [sys.executable, str(ROOT / "vivier.py"), *arguments],
            env=processes_environment(self.home, **self.settings),
            cwd=self.checkout.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def vivier(self, *arguments: str) -> str:
        """Run the command line to its end; what it printed."""
        process = self.start(*arguments)
        try:
            printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(process.communicate()[0]) from None
        assert process.returncode == 0, printed
        return printed

    def scrape(self) -> None:
        self.vivier("scrape", "github", "--query", QUERY)

    def index(self, *, version: int, publish: bool = False) -> str:
        """`vivier index` of the tables, in this process; the release's id."""
        sources = Sources(*(self.checkout.raw / f"github_{name}.csv" for name in NAMES))
        return index_corpus(sources, self.workspace, version=version, force_publish=publish).release.id

    @contextmanager
    def serving(self) -> Iterator[ServiceProcess]:
        service = ServiceProcess(self.home, **self.settings)
        try:
            service.wait()
            yield service
        finally:
            service.stop()


@pytest.fixture
def installation(checkout: Checkout, registered_master: Path, github: str) -> Installation:
    copy_of(registered_master, checkout.home)
    return Installation(checkout, github)


class Asking:
    """Every way to ask a service for people, and the logins that came."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=60)

    def post(self, route: str, **body: Any) -> dict[str, Any]:
        response = self.client.post(route, json=body)
        assert response.status_code == 200, response.text
        told: dict[str, Any] = response.json()
        return told

    def get(self, route: str, status: int = 200) -> dict[str, Any]:
        response = self.client.get(route)
        assert response.status_code == status, response.text
        told: dict[str, Any] = response.json()
        return told

    def search(self, need: str, **more: Any) -> dict[str, Any]:
        return self.post("/agent_search", query=need, limit=100, **more)

    def answers(self, person: Person, other: str, releases: list[str]) -> dict[str, str]:
        """What every route says to the words of a person, as text, by route."""
        need = person.needs[0]
        found: dict[str, Any] = {
            f"search {mode}": self.search(need, mode=mode) for mode in ("hybrid", "dense", "sparse")
        }
        found |= {f"release {one}": self.search(need, version=one) for one in releases}
        searches = [{"query": words, "limit": 100} for words in person.needs]
        found["batch"] = self.post("/agent_search/batch", searches=searches)
        found["compare"] = self.post(
            "/agent_search/compare", query=need, limit=100, versions=[releases[0], releases[-1]]
        )
        found["similar"] = self.get(f"/profiles/{other}/similar?limit=100")
        return {route: json.dumps(told, ensure_ascii=False) for route, told in found.items()}


def assert_is_there(asking: Asking, person: Person, other: str, releases: list[str]) -> None:
    """By every route: so that a search for nothing would not pass for an absence."""
    for route, told in asking.answers(person, other, releases).items():
        assert person.login in told, route
    assert asking.get(f"/profiles/{person.login}")["login"] == person.login
    assert asking.get(f"/profiles/{person.login}/indexed") == {"indexed": True}


def assert_is_nowhere(asking: Asking, person: Person, other: str, releases: list[str]) -> None:
    """By no route, neither by name nor in anybody's evidence."""
    for route, told in asking.answers(person, other, releases).items():
        assert person.found_in(told.encode()) == [], route
    asking.get(f"/profiles/{person.login}", 404)
    asking.get(f"/profiles/{person.login}/similar", 404)
    assert asking.get(f"/profiles/{person.login}/indexed") == {"indexed": False}


def current(asking: Asking) -> list[str]:
    """The release of each version."""
    versions = asking.get("/models/info")["versions"]
    return [one["release"] for one in sorted(versions, key=lambda one: one["version"])]


def wait_until_enriched(build: subprocess.Popen[str], profiles: Path, then: int) -> None:
    """Until a build has read the people."""
    deadline = time.monotonic() + 120
    while profiles.stat().st_mtime_ns == then:
        assert build.poll() is None, build.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def erased_at(home: Path, login: str) -> object:
    settings = HomeSettings(_env_file=None, home=home)
    with closing(PeopleStore(settings.database, tombstone_key(home, ""))) as store:
        return store.erased_at(login)


def test_who_left_during_a_build_stays_away_through_restores_and_scrapes_and_is_in_no_byte(
    installation: Installation, s3: S3Server
) -> None:
    checkout, data = installation.checkout, installation.checkout.root / "data"
    installation.scrape()
    person, control, other = distinct_people(checkout.raw)[:3]
    installation.index(version=1)
    installation.index(version=2)
    checkout.push(s3, tag="v1")
    assert files_that_hold(person, data, installation.home)  # it would be found

    with installation.serving() as service:
        asking = Asking(service.url)
        releases = current(asking)
        for who in (person, control):
            assert_is_there(asking, who, other.login, releases)
        shown = asking.search(person.needs[0])
        named = asking.search(f"somebody like @{person.login}")

        # They ask to leave while a release is being built that has them in it.
        profiles = checkout.processed / "profiles_enriched.parquet"
        then = profiles.stat().st_mtime_ns
        build = installation.start("index", "--publish", *installation.tables)
        wait_until_enriched(build, profiles, then)
        response = httpx.delete(f"{service.url}/profiles/{person.login}", timeout=30)
        assert response.status_code == 202
        with Watcher(service.url, person.needs) as watcher:
            assert build.poll() is None
            assert_is_nowhere(asking, person, other.login, releases)
            printed, _ = build.communicate(timeout=PATIENCE_SECONDS)
            assert build.returncode == 0, printed
            for version in ("2", "1", releases[0]):  # the new one, another one, back, and the one from before
                asking.client.post(f"/models/load/{version}").raise_for_status()
                assert_is_nowhere(asking, person, other.login, [*releases, *current(asking)])
            replayed = asking.get(f"/searches/{shown['search_id']}")
            assert person.found_in(json.dumps(replayed, ensure_ascii=False).encode()) == []
            asking.get(f"/searches/{named['search_id']}", 404)
            installation.vivier("forget", "--pending")
            assert erased_at(installation.home, person.login) is not None
            assert_is_nowhere(asking, person, other.login, current(asking))
            replayed = asking.get(f"/searches/{shown['search_id']}")  # on the release that took the place of its own
            assert control.login in logins_in(replayed["answer"]["candidates"])
        assert watcher.failed == []
        assert len(watcher.seen) > 10
        assert [told for told in watcher.seen if person.found_in(told.encode())] == []
        assert files_that_hold(person, data, installation.home) == []
        assert collections_that_hold(person, installation.workspace.store) == []

        # An older version of the data, which has them, is brought back and served.
        said = checkout.data("checkout", "v1", s3=s3).stdout
        assert "as recorded" in said
        assert files_that_hold(person, data) == []
        release = installation.index(version=1, publish=True)
        asking.client.post(f"/models/load/{release}").raise_for_status()
        assert_is_nowhere(asking, person, other.login, current(asking))
        assert_is_there(asking, control, other.login, current(asking))

        # GitHub still has them, by another name even, and is asked again.
        rename = {"rename": {person.login: NEW_LOGIN}}
        httpx.post(f"{installation.github}/_change", json=rename, timeout=30).raise_for_status()
        assert NEW_LOGIN in github_logins(installation.github)
        installation.scrape()
        assert files_that_hold(Person(NEW_LOGIN, person.ids, person.texts), data, installation.home) == []
        assert person.login not in [row["login"] for row in rows(checkout.raw / "github_users.csv")]
        release = installation.index(version=1, publish=True)
        asking.client.post(f"/models/load/{release}").raise_for_status()
        assert_is_nowhere(asking, person, other.login, current(asking))
        assert_is_there(asking, control, other.login, current(asking))

        # And the history of the data, as docs/data-versions.md says.
        assert holders(person, {"bucket": b"".join(s3.bodies().values())})
        checkout.data("purge", "--yes", s3=s3)
        assert files_that_hold(person, data, installation.home) == []
        assert collections_that_hold(person, installation.workspace.store) == []
    assert (
        files_that_hold(person, data, installation.home, cache_folder(checkout.repository), checkout.root / ".dvc")
        == []
    )
    assert holders(person, {key: body for key, body in s3.bodies().items() if key.startswith(checkout.prefix)}) == []
    assert files_that_hold(control, data)
    assert files_that_hold(control, installation.home)
    assert person.login not in checkout.git("log", "--all", "--patch")


def github_logins(url: str) -> list[str]:
    """Everybody whom GitHub has."""
    told = httpx.get(f"{url}/_truth", params={"query": QUERY}, timeout=30).json()
    return [one["login"] for one in told["people"]]
