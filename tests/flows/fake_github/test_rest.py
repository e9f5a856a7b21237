"""The few REST routes, at both addresses."""

from __future__ import annotations

import pytest

from tests.flows.fake_github.asking import Asker, fake

PROFILE = "login id node_id type name company location bio hireable followers following public_repos created_at".split()


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_an_account_has_the_fields_that_github_documents(calm: Asker, prefix: str) -> None:
    person = calm.truth("location:berlin")["people"][0]
    told = calm.get(f"{prefix}/users/{person['login']}")
    assert set(PROFILE) <= set(told)
    assert (told["id"], told["node_id"]) == (person["databaseId"], person["id"])
    assert told["public_repos"] == person["repositories"]
    assert calm.http.get(f"{prefix}/users/nobody--here").status_code == 404
    assert calm.http.get(f"{prefix}/users/{person['login']}", headers={"Authorization": ""}).status_code == 401


def test_pages_of_repositories_are_linked(calm: Asker) -> None:
    person = next(each for each in calm.truth("repos:20..60")["people"])
    seen, address = [], f"/users/{person['login']}/repos?per_page=7"
    while address:
        answered = calm.http.get(address)
        seen += [work["id"] for work in answered.json()]
        address = answered.links.get("next", {}).get("url", "")
    assert len(seen) == len(set(seen)) == person["repositories"]


def test_searches_count_as_graphql_does(calm: Asker) -> None:
    told = calm.truth("location:paris")
    answered = calm.get("/search/users", q="location:paris", per_page=3)
    assert answered["total_count"] == len(told["people"]) + len(told["organizations"])
    assert len(answered["items"]) == 3
    works = calm.get("/search/repositories", q="language:rust stars:>2", per_page=5)
    assert works["total_count"] >= len(works["items"]) == 5
    assert all(work["language"] == "Rust" and work["stargazers_count"] > 2 for work in works["items"])


def test_contributors_hold_people_bots_and_the_unnamed(calm: Asker) -> None:
    kinds: set[str] = set()
    for person in calm.truth("repos:5..40")["people"][:10]:
        work = calm.get(f"/users/{person['login']}/repos")[0]
        found = calm.get(f"/repos/{work['full_name']}/contributors", anon="1")
        kinds |= {each["type"] for each in found}
        named = [each["login"] for each in found if each["type"] == "User"]
        assert named[0] == person["login"]
        counts = [each["contributions"] for each in found if each["type"] == "User"]
        assert counts == sorted(counts, reverse=True)
    assert kinds == {"User", "Bot", "Anonymous"}


def test_members_of_an_organisation_are_those_who_say_so(calm: Asker) -> None:
    login = calm.truth("type:org")["organizations"][0]["login"]
    members = calm.get(f"/orgs/{login}/members", per_page=100)
    assert members
    assert {each["type"] for each in members} == {"User"}
    assert calm.http.get(f"/orgs/{members[0]['login']}/members").status_code == 404


def test_a_repository_s_old_address_leads_to_the_new_one() -> None:
    with fake(people=60) as asker:
        person = next(each for each in asker.truth("repos:>2 type:user")["people"])
        name = asker.get(f"/users/{person['login']}/repos")[0]["name"]
        asker.http.post("/_change", json={"rename": {person["login"]: "another-name"}})
        moved = asker.http.get(f"/repos/{person['login']}/{name}/contributors")
        assert moved.status_code == 301
        followed = asker.http.get(moved.headers["location"])
        assert followed.json()[0]["login"] == "another-name"
        found = asker.data(f'{{ repository(owner: "{person["login"]}", name: "{name}") {{ nameWithOwner }} }}')
        assert found["repository"]["nameWithOwner"] == f"another-name/{name}"


def test_what_is_left_is_told_free_of_charge(calm: Asker) -> None:
    first, second = calm.get("/rate_limit"), calm.get("/rate_limit")
    assert first["resources"]["core"]["used"] == second["resources"]["core"]["used"]
    assert set(first["resources"]) == {"graphql", "core", "search"}
    assert first["resources"]["search"]["limit"] == 30
