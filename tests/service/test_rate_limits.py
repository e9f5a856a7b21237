"""How often a caller may ask, and what its answers say of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from indexing.errors import InputError, TooManyRequests
from service.callers import TrustedProxies, key_name
from service.rate_limits import RateLimits
from tests.service.conftest import Running, running
from tests.service.test_problems import problem
from tests.worlds import NAMED, World

NEED = {"query": "motor"}
POLICY = re.compile(r'"search";q=(\d+);w=60')
STATE = re.compile(r'"search";r=(\d+);t=(\d+)')


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.add_release(made.add_version("north"), NAMED, served=True)
    return made


def search(service: Running, key: str = "", **headers: str) -> Any:
    if key:
        headers["authorization"] = f"Bearer {key}"
    return service.client.post("/agent_search", json=NEED, headers=headers)


def left(response: Any) -> int:
    assert POLICY.fullmatch(response.headers["ratelimit-policy"])
    found = STATE.fullmatch(response.headers["ratelimit"])
    assert found
    return int(found[1])


def test_without_a_limit_nothing_is_counted_and_nothing_said(world: World) -> None:
    with running(world) as service:
        for _ in range(5):
            response = search(service)
            assert response.status_code == 200
            assert not {"ratelimit", "ratelimit-policy"} & set(response.headers)


def test_every_answer_says_what_is_left_and_the_first_too_many_when_to_come_back(world: World) -> None:
    with running(world, rate_limit_per_minute=3) as service:
        assert [left(search(service)) for _ in range(3)] == [2, 1, 0]
        refused = search(service)
        told = problem(refused, 429)
        assert refused.headers["ratelimit-policy"] == '"search";q=3;w=60'
        wait = int(refused.headers["retry-after"])
        assert 1 <= wait <= 20
        assert refused.headers["ratelimit"] == f'"search";r=0;t={wait}'
        assert told.type == "https://iana.org/assignments/http-problem-types#quota-exceeded"
        assert refused.json()["violated-policies"] == ["search"]
        assert 'vivier_rate_limited_requests_total{limit="search"} 1.0' in service.client.get("/metrics").text
        for path in ("/health", "/", "/models/info", "/metrics"):
            assert service.client.get(path).status_code == 200


def test_a_question_that_is_not_understood_counts_and_says_so(world: World) -> None:
    with running(world, rate_limit_per_minute=3) as service:
        response = service.client.post("/agent_search", json={})
        assert problem(response, 422)
        assert left(response) == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "cost"),
    [
        ("POST", "/agent_search", NEED, 1),
        ("POST", "/agent_search/batch", {"searches": [NEED, {"query": "maps"}, NEED]}, 3),
        ("POST", "/agent_search/compare", {"query": "motor", "versions": ["1", "champion"]}, 2),
        ("POST", "/predict", {"texts": ["a", "b"]}, 2),
        ("POST", "/predict/similarity", {"source": "a", "sentences": ["b", "c", "d"]}, 3),
        ("GET", "/profiles/ada-lumen", None, 1),
        ("GET", "/profiles/ada-lumen/similar", None, 1),
        ("GET", "/profiles/ada-lumen/indexed", None, 1),
    ],
)
def test_a_request_counts_as_many_needs_as_it_has(
    world: World, method: str, path: str, body: object, cost: int
) -> None:
    with running(world, rate_limit_per_minute=10) as service:
        response = service.client.request(method, path, json=body)
        assert response.status_code == 200
        assert left(response) == 10 - cost


def test_a_batch_that_can_never_fit_is_told_to_be_smaller(world: World) -> None:
    with running(world, rate_limit_per_minute=3) as service:
        response = service.client.post("/agent_search/batch", json={"searches": [{"query": "a"}] * 5})
        assert "fewer at a time" in problem(response, 429).detail
        assert response.headers["retry-after"] == "60"


def test_each_key_has_its_own_allowance_wherever_it_comes_from(world: World) -> None:
    with running(world, rate_limit_per_minute=2, search_keys="one,two", trusted_proxies="127.0.0.1") as service:
        statuses = [search(service, "one", **{"x-forwarded-for": f"192.0.2.{n}"}).status_code for n in range(3)]
        assert statuses == [200, 200, 429]
        assert search(service, "two").status_code == 200


def test_where_no_key_is_needed_made_up_keys_buy_nothing(world: World) -> None:
    with running(world, rate_limit_per_minute=2) as service:
        assert [search(service, f"made-up-{number}").status_code for number in range(3)] == [200, 200, 429]


def test_each_address_behind_a_trusted_proxy_has_its_own_allowance(world: World) -> None:
    with running(world, rate_limit_per_minute=1, trusted_proxies="127.0.0.1") as service:
        for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"):
            assert search(service, **{"x-forwarded-for": address}).status_code == 200
        assert search(service, **{"x-forwarded-for": "10.9.9.9, 192.0.2.1"}).status_code == 429  # says somebody else
        assert search(service, **{"x-forwarded-for": "2001:db8::2"}).status_code == 429  # of the same /64


def test_without_a_trusted_proxy_what_a_caller_says_of_its_address_is_nothing(world: World) -> None:
    with running(world, rate_limit_per_minute=1) as service:
        statuses = [search(service, **{"x-forwarded-for": f"192.0.2.{number}"}).status_code for number in range(2)]
        assert statuses == [200, 429]


# Wrong keys.


@pytest.fixture
def locked(world: World) -> Iterator[Running]:
    with running(
        world,
        client="192.0.2.7",
        admin_key="open-sesame",
        search_keys="one",
        auth_failures_per_minute=3,
        trusted_proxies="192.0.2.7",
    ) as found:
        yield found


def test_after_too_many_wrong_keys_an_address_gets_no_further_try(locked: Running) -> None:
    assert [search(locked, f"guess-{number}").status_code for number in range(4)] == [401, 401, 401, 429]
    refused = search(locked, "one")
    assert problem(refused, 429).detail.startswith("Too many wrong keys")
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    load = locked.client.post("/models/load/1", headers={"authorization": "Bearer open-sesame"})
    assert load.status_code == 429
    assert search(locked).status_code == 401  # who gives none does not guess
    assert search(locked, "one", **{"x-forwarded-for": "198.51.100.9"}).status_code == 200
    assert 'limit="authentication"} 3.0' in locked.client.get("/metrics").text


def test_right_keys_and_missing_ones_are_no_failures(locked: Running) -> None:
    for _ in range(5):
        assert search(locked, "one").status_code == 200
        assert search(locked).status_code == 401
    assert search(locked, "one").status_code == 200


def test_guesses_at_the_administration_key_count_too(locked: Running) -> None:
    statuses = [
        locked.client.post("/models/load/1", headers={"authorization": f"Bearer {number}"}).status_code
        for number in range(4)
    ]
    assert statuses == [401, 401, 401, 429]


def test_zero_lets_anybody_guess_for_ever() -> None:
    limits = RateLimits(failures=0)
    for _ in range(50):
        limits.admit_attempt("address:192.0.2.1")
        limits.note_failure("address:192.0.2.1")


def test_a_forwarding_header_shuts_administration_even_from_a_trusted_proxy(world: World) -> None:
    with running(world, trusted_proxies="127.0.0.1") as service:
        assert service.client.post("/models/load/1", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 403
        assert service.client.post("/models/load/1").status_code == 200


def test_a_refusal_spends_nothing() -> None:
    limits = RateLimits(searches=5)
    noted: list[int] = []

    def spend(cost: int) -> None:
        limits.spend_search(lambda: "a", cost, lambda allowance: noted.append(allowance.remaining))

    spend(3)
    with pytest.raises(TooManyRequests):
        spend(4)
    spend(2)
    assert noted == [2, 2, 0]


# Who is calling.


def request(client: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return Request({"type": "http", "headers": headers, "client": (client, 50_000) if client else None})


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),  # a stranger's word
        ("10.0.0.5", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.5", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.5", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.5", ["203.0.113.9, 198.51.100.1, 10.0.0.6"], "198.51.100.1"),
        ("10.0.0.5", ["203.0.113.9", "198.51.100.1"], "198.51.100.1"),  # two headers are one list
        ("10.0.0.5", ["10.0.0.8, 10.0.0.6"], "10.0.0.8"),
        ("10.0.0.5", ["198.51.100.1, nonsense"], "10.0.0.5"),
        ("10.0.0.5", ["198.51.100.1, unknown, 10.0.0.6"], "10.0.0.6"),
        ("10.0.0.5", [""], "10.0.0.5"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("2001:db8::9", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8:1:2:3::9", [], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("testclient", [], "unknown"),
        (None, ["198.51.100.1"], "unknown"),
    ],
)
def test_the_caller_is_the_first_stranger_from_the_right(
    client: str | None, forwarded: list[str], address: str
) -> None:
    proxies = TrustedProxies("10.0.0.0/8, 2001:db8::9")
    assert proxies.address_name(request(client, *forwarded)) == f"address:{address}"


@pytest.mark.parametrize("networks", ["proxy.example", "10.0.0.0/33", "10.0.0.1:80"])
def test_a_proxy_that_is_no_address_is_named(networks: str) -> None:
    with pytest.raises(InputError, match="VIVIER_TRUSTED_PROXIES"):
        TrustedProxies(networks)


def test_a_key_is_counted_under_a_name_that_does_not_give_it_away() -> None:
    assert key_name("open-sesame") == key_name("open-sesame") != key_name("open-sesamf")
    assert "sesame" not in key_name("open-sesame")
    key_name("\udcff é🦀")
