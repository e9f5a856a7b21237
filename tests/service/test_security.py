"""Who may administrate and who may search."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.requests import Request

from indexing.errors import Forbidden, Unauthorised
from service.security import Guard
from tests.service.conftest import Running, running
from tests.worlds import NAMED, World

LOCAL = {"host": "localhost:8000"}


def request(client: str | None = "127.0.0.1", **headers: str) -> Request:
    """A request as a server would pass it on; underscores in names stand for hyphens."""
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in (LOCAL | headers).items()]
    return Request({"type": "http", "headers": pairs, "client": (client, 50_000) if client else None})


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000", "[::1]"])
@pytest.mark.parametrize("client", ["127.0.0.1", "::1"])
def test_without_a_key_this_machine_may_administrate(host: str, client: str) -> None:
    Guard(admin_key="", search_keys="").admit_admin(request(client, host=host))


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_a_page_of_this_machine_may_administrate(origin: str) -> None:
    Guard(admin_key="", search_keys="").admit_admin(request(origin=origin))


@pytest.mark.parametrize(
    "made",
    [
        request("192.0.2.7"),
        request("10.0.0.1"),
        request("::ffff:192.0.2.7"),
        request("testclient"),
        request(None),
        request(host="vivier.example"),
        request(host="localhost.example"),
        request(host="127.0.0.1.example:8000"),
        request(host="0.0.0.0"),  # noqa: S104  # an address somebody claims, bound by nobody
        request(host="[::1"),
        request(host="localhost@vivier.example"),
        request(host=""),
        request(origin="https://vivier.example"),
        request(origin="http://localhost.example"),
        request(origin="null"),
        request(origin=""),
        request(x_forwarded_for="127.0.0.1"),
        request(x_forwarded_for=""),
        request(x_forwarded_host="localhost"),
        request(x_forwarded_proto="http"),
        request(x_real_ip="127.0.0.1"),
        request(forwarded="for=127.0.0.1"),
        request(via="1.1 proxy"),
    ],
    ids=lambda made: str([made.client, *made.headers.items()])[:90],
)
def test_without_a_key_nobody_else_may_administrate(made: Request) -> None:
    with pytest.raises(Forbidden):
        Guard(admin_key="", search_keys="").admit_admin(made)


def test_a_request_without_a_host_may_not_administrate() -> None:
    made = Request({"type": "http", "headers": [], "client": ("127.0.0.1", 1)})
    with pytest.raises(Forbidden):
        Guard(admin_key="", search_keys="").admit_admin(made)


@pytest.mark.parametrize("authorization", ["Bearer open-sesame", "bearer open-sesame", "BEARER  open-sesame "])
def test_with_the_key_anybody_may_administrate_from_anywhere(authorization: str) -> None:
    guard = Guard(admin_key="open-sesame", search_keys="")
    guard.admit_admin(request("192.0.2.7", host="vivier.example", authorization=authorization, x_forwarded_for="::1"))


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Bearer", "Bearer ", "Bearer open", "Bearer open-sesame2", "Bearer OPEN-SESAME"),
        *("open-sesame", "Basic open-sesame", "Bearer ñ", "Bearer \xff\xfe"),
    ],
)
def test_with_a_key_set_this_machine_needs_it_too(authorization: str) -> None:
    guard = Guard(admin_key="open-sesame", search_keys="")
    with pytest.raises(Unauthorised):
        guard.admit_admin(request(authorization=authorization))


def test_a_key_may_have_any_letters() -> None:
    Guard(admin_key="clé-é🦀", search_keys="").admit_admin(request(authorization="Bearer clé-é🦀"))


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real: Callable[[bytes, bytes], bool] = hmac.compare_digest

    def counting(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return real(left, right)

    monkeypatch.setattr("service.security.hmac.compare_digest", counting)
    Guard(admin_key="", search_keys="one,two,three").admit_search(request(authorization="Bearer one"))
    assert compared == [(b"one", b"one"), (b"one", b"two"), (b"one", b"three")]


@pytest.mark.parametrize("keys", ["", " ", ",", " , "])
def test_without_search_keys_everybody_may_search(keys: str) -> None:
    Guard(admin_key="", search_keys=keys).admit_search(request("192.0.2.7", host="vivier.example"))


def test_with_search_keys_one_of_them_or_the_administrator_s_is_needed() -> None:
    guard = Guard(admin_key="open-sesame", search_keys="one, two")
    for key in ("one", "two", "open-sesame"):
        guard.admit_search(request(authorization=f"Bearer {key}"))
    for key in ("", "three", "one,", "one, two", "on"):
        with pytest.raises(Unauthorised):
            guard.admit_search(request(authorization=f"Bearer {key}"))


def test_a_search_key_does_not_administrate() -> None:
    with pytest.raises(Unauthorised):
        Guard(admin_key="open-sesame", search_keys="one").admit_admin(request(authorization="Bearer one"))


# Over HTTP.

SEARCHES = [
    ("POST", "/agent_search", {"query": "motor"}),
    ("POST", "/agent_search/batch", {"searches": [{"query": "motor"}]}),
    ("POST", "/agent_search/compare", {"query": "motor", "versions": ["1", "champion"]}),
    ("POST", "/predict", {"texts": ["motor"]}),
    ("POST", "/predict/similarity", {"pairs": [["a", "b"]]}),
    ("GET", "/profiles/ada-lumen", None),
    ("GET", "/profiles/ada-lumen/similar", None),
]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    world = World(tmp_path_factory.mktemp("locked"))
    release = world.add_release(world.add_version("north"), NAMED, served=True)
    with running(world, release, client="192.0.2.7", admin_key="open-sesame", search_keys="one,two") as found:
        yield found


@pytest.mark.parametrize(("method", "path", "body"), SEARCHES)
def test_every_search_route_wants_its_key(locked: Running, method: str, path: str, body: object) -> None:
    refused = locked.client.request(method, path, json=body)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.headers["content-type"] == "application/problem+json"
    assert "x-request-id" in refused.headers
    assert locked.client.request(method, path, json=body, headers={"authorization": "Bearer two"}).status_code == 200


def test_loading_wants_the_administrator_s_key(locked: Running) -> None:
    for key, status in (("", 401), ("one", 401), ("open-sesame", 200)):
        answered = locked.client.post("/models/load/1", headers={"authorization": f"Bearer {key}"})
        assert answered.status_code == status


def test_health_and_metrics_want_no_key(locked: Running) -> None:
    for path in ("/", "/health", "/health/live", "/metrics", "/docs", "/models/info"):
        assert locked.client.get(path).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"host": "vivier.example"}, {"origin": "https://vivier.example"}, {"x-forwarded-for": "127.0.0.1"}],
    ids=str,
)
def test_a_page_elsewhere_cannot_change_the_release(changing: Running, headers: dict[str, str]) -> None:
    refused = changing.client.post("/models/load/2", headers=headers)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert changing.client.get("/").json()["release"]["id"] == changing.releases[0].id


def test_a_refused_caller_learns_nothing_of_what_there_is(tmp_path: Path) -> None:
    world = World(tmp_path)
    with running(world, client="192.0.2.7") as far:
        assert far.client.post("/models/load/7").status_code == 403
    assert world.registry.happened("resolve") == []
