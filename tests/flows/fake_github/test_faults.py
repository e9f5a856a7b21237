"""Each misbehaviour by itself: what it looks like from outside, and that asking again helps."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from flows.fake_github.faults import NAMES, Faults, read_faults
from tests.flows.fake_github.asking import COUNT, PEOPLE, Asker, fake

ALWAYS: dict[str, Any] = {"fault_rate": 1_000.0, "fault_hits": 1}  # every request is hit, once
NAMED = """query ($search: String!, $after: String) { search(type: USER, query: $search, first: 100, after: $after) {
    userCount pageInfo { hasNextPage endCursor } nodes { ... on User { id login } } } }"""


def test_names_with_commas_between_are_read() -> None:
    assert read_faults("none") == read_faults("") == {"cap"}
    assert read_faults("all") == set(NAMES)
    assert read_faults("all,-cap,-slow") == set(NAMES) - {"cap", "slow"}
    assert read_faults("sort, points") == {"cap", "sort", "points"}


def test_what_befalls_a_request_depends_on_seed_and_request_alone() -> None:
    one, other, third = (Faults(["cut", "slow", "secondary"], seed=seed, rate=5) for seed in (1, 1, 2))
    struck = [one.strike(key % 300) for key in range(900)]
    assert struck == [other.strike(key % 300) for key in range(900)]
    assert struck != [third.strike(key % 300) for key in range(900)]
    assert set(struck) == {None, "cut", "slow", "secondary"}


def test_the_same_request_is_hit_a_few_times_at_most() -> None:
    faults = Faults(NAMES, seed=1, rate=1_000, hits=3)
    assert [faults.strike(7) is None for _ in range(6)] == [False, False, False, True, True, True]


def test_sort_is_ignored_and_the_order_is_another_each_time() -> None:
    with fake(people=400, faults="sort") as asker:
        orders = [
            [
                node["login"]
                for node in asker.data(NAMED, search="type:user repos:>20 sort:followers")["search"]["nodes"]
            ]
            for _ in range(3)
        ]
        assert len({tuple(order) for order in orders}) == 3
        asker.http.post("/_faults", json={"faults": "none"})
        counts = """{ search(type: USER, query: "type:user sort:followers", first: 50) { nodes { ... on User {
            followers { totalCount } } } } }"""
        followers = [node["followers"]["totalCount"] for node in asker.data(counts)["search"]["nodes"]]
        assert followers == sorted(followers, reverse=True)


def test_points_run_out_with_an_error_in_200_and_come_back_after_the_hour() -> None:
    with fake(people=50, faults="points", points_per_hour=3, hour_seconds=0.6) as asker:
        kinds = []
        for _ in range(3):
            answered = asker.post(COUNT, search="type:user")
            kinds.append(answered.headers["x-ratelimit-remaining"])
        assert kinds == ["2", "1", "0"]
        for kind in ("RATE_LIMITED", "RATE_LIMIT"):
            exhausted = asker.post(COUNT, search="type:user")
            assert exhausted.status_code == 200
            assert exhausted.json()["errors"][0]["type"] == kind
            assert exhausted.headers["x-ratelimit-remaining"] == "0"
            assert int(exhausted.headers["x-ratelimit-reset"]) <= time.time() + 2
        other = Asker(str(asker.http.base_url), who="somebody-else")
        assert other.data(COUNT, search="type:user")
        other.http.close()
        time.sleep(0.7)
        assert asker.data("{ rateLimit { remaining limit used } }")["rateLimit"] == {
            "remaining": 2, "limit": 3, "used": 1,
        }  # fmt: skip
        assert asker.get("/_log")["faults"]["points"] == 2


def test_a_secondary_limit_says_how_long_and_counts_who_comes_back_too_early() -> None:
    with fake(people=50, faults="secondary", retry_after_seconds=1, **ALWAYS) as asker:
        refused = asker.post(COUNT, search="type:user")
        assert refused.status_code in (403, 429)
        assert refused.headers["retry-after"] == "1"
        assert "secondary rate limit" in refused.json()["message"]
        assert asker.post(COUNT, search="type:user").status_code in (403, 429)
        time.sleep(1.05)
        assert asker.data(COUNT, search="type:user")
        assert asker.get("/_log")["too_early"] == 1


def test_a_silent_limit_says_nothing_of_how_long() -> None:
    with fake(people=50, faults="secondary-silent", silent_seconds=0.3, **ALWAYS) as asker:
        refused = asker.post(COUNT, search="type:user")
        assert refused.status_code == 403
        assert "retry-after" not in refused.headers
        time.sleep(0.35)
        assert asker.data(COUNT, search="type:user")


def test_errors_come_with_200_and_some_leave_a_hole_in_the_data() -> None:
    with fake(people=600, faults="errors-in-200", **ALWAYS) as asker:
        whole, holes = 0, 0
        for year in range(2010, 2026):
            search = f"type:user created:{year}"
            content = asker.graphql(NAMED, search=search)
            assert content["errors"][0]["message"].startswith("Something went wrong while executing your query")
            if content["data"] is None:
                whole += 1
            else:
                holes += 1
                path = content["errors"][0]["path"]
                assert path[:2] == ["search", "nodes"]
                assert content["data"]["search"]["nodes"][path[2]] is None
            assert None not in asker.data(NAMED, search=search)["search"]["nodes"]
        assert whole
        assert holes


def test_bad_gateways_are_html() -> None:
    with fake(people=50, faults="bad-gateway", **ALWAYS) as asker:
        refused = asker.post(COUNT, search="type:user")
        assert refused.status_code == 502
        assert refused.headers["content-type"] == "text/html"
        assert "Unicorn" in refused.text
        assert asker.data(COUNT, search="type:user")


def test_cut_answers_end_before_their_length_and_count_as_nothing_given() -> None:
    with fake(people=50, faults="cut", **ALWAYS) as asker:
        with pytest.raises(httpx.RemoteProtocolError):
            asker.post(COUNT, search="type:user")
        assert asker.get("/_log")["answered"] == 0
        assert asker.data(COUNT, search="type:user")
        assert asker.get("/_log")["answered"] == 1


def test_slow_answers_outlast_a_client_s_patience_once() -> None:
    with fake(people=50, faults="slow", slow_seconds=0.5, **ALWAYS) as asker:
        with pytest.raises(httpx.ReadTimeout):
            asker.http.post("/graphql", json={"query": "{ viewer { login } }"}, timeout=0.1)
        assert asker.data("{ viewer { login } }")
        time.sleep(0.6)
        assert asker.get("/_log")["answered"] == 1


def test_timeouts_cost_and_apologise() -> None:
    with fake(people=50, faults="timeouts,points", slow_seconds=0.05, **ALWAYS) as asker:
        refused = asker.post(COUNT, search="type:user")
        assert refused.status_code == 502
        assert "couldn't respond to your request in time" in refused.json()["message"]
        assert asker.data(COUNT, search="type:user")
        assert asker.get("/rate_limit")["resources"]["graphql"]["used"] == 2


ACTIVITY = """query ($login: String!, $from: DateTime!, $to: DateTime!) { user(login: $login) { login
    contributionsCollection(from: $from, to: $to) { totalCommitContributions } } }"""


def test_heavy_accounts_are_refused_a_year_and_the_heaviest_even_half_of_it() -> None:
    with fake(people=1_000, faults="heavy") as asker:
        year, half = 0, 0
        for person in asker.truth("type:user repos:>0")["people"][:300]:
            window = {"login": person["login"], "to": "2026-06-30T00:00:00Z"}
            long = asker.graphql(ACTIVITY, **window, **{"from": "2025-07-01T00:00:00Z"})
            if "errors" not in long:
                continue
            year += 1
            assert long["data"] == {"user": None}
            assert long["errors"][0]["type"] == "RESOURCE_LIMITS_EXCEEDED"
            assert long["errors"][0]["path"] == ["user", "contributionsCollection"]
            half += "errors" in asker.graphql(ACTIVITY, **window, **{"from": "2026-01-01T00:00:00Z"})
        assert 30 < year < 150
        assert 0 < half < 15


def test_a_page_of_a_hundred_repositories_of_a_heavy_account_fails_and_a_smaller_one_works() -> None:
    query = "query ($login: String!, $size: Int!) { user(login: $login) { repositories(first: $size) { totalCount } } }"
    with fake(people=200, faults="heavy") as asker:
        login = asker.truth("repos:>=900")["people"][0]["login"]
        for _ in range(3):
            assert asker.post(query, login=login, size=100).status_code == 502
        assert asker.data(query, login=login, size=50)["user"]["repositories"]["totalCount"] >= 900


def test_tags_are_bound_to_a_token() -> None:
    with fake(people=50, faults="etags") as asker:
        path = f"/users/{asker.truth('type:user')['people'][0]['login']}"
        tag = asker.http.get(path).headers["etag"]
        used = asker.get("/rate_limit")["resources"]["core"]["used"]
        assert asker.http.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert asker.get("/rate_limit")["resources"]["core"]["used"] == used
        other = {"If-None-Match": tag, "Authorization": "Bearer another"}
        assert asker.http.get(path, headers=other).status_code == 200
        asker.http.post("/_faults", json={"faults": "none"})
        tag = asker.http.get(path).headers["etag"]
        assert asker.http.get(path, headers=other | {"If-None-Match": tag}).status_code == 304


def test_people_are_gone_or_renamed_right_after_a_search_named_them() -> None:
    with fake(people=3_000, faults="changes", seed=3) as asker:
        listed: dict[str, str] = {}
        for year in range(2009, 2027):
            after = None
            for _ in range(10):
                search = asker.data(NAMED, search=f"type:user created:{year}", after=after)["search"]
                listed |= {node["id"]: node["login"] for node in search["nodes"] if node}
                after = search["pageInfo"]["endCursor"]
        told = asker.truth("type:user")
        gone = {each["id"] for each in (*told["deleted"], *told["suspended"])}
        assert gone & set(listed)
        for each in told["renamed"]:
            if each["id"] in listed and each["id"] not in gone:
                assert asker.graphql(f'{{ node(id: "{each["id"]}") {{ id }} }}')["data"]["node"]
        one = next(iter(gone & set(listed)))
        assert asker.graphql(f'{{ node(id: "{one}") {{ id }} }}')["errors"][0]["type"] == "NOT_FOUND"
        assert {each["id"] for each in told["people"]} | gone >= set(listed)


def test_searches_go_on_counting_the_gone_for_a_while_and_show_null_for_them() -> None:
    with fake(people=60) as asker:
        login = asker.truth("type:user")["people"][0]["login"]
        asker.http.post("/_change", json={"delete": [login], "lag": 5})
        first = asker.data(NAMED, search="type:user")["search"]
        assert (first["userCount"], first["nodes"].count(None)) == (60, 1)
        for _ in range(5):
            last = asker.data(NAMED, search="type:user")["search"]
        assert (last["userCount"], last["nodes"].count(None)) == (59, 0)


def test_a_whole_page_is_the_same_with_and_without_misbehaviours_once_it_is_through() -> None:
    with (
        fake(people=200, seed=4) as calm,
        fake(people=200, seed=4, faults="errors-in-200,bad-gateway", **ALWAYS) as wild,
    ):
        wild.post(PEOPLE, search="location:paris", size=10)
        expected = calm.data(PEOPLE, search="location:paris", size=10)["search"]
        assert wild.data(PEOPLE, search="location:paris", size=10)["search"] == expected
