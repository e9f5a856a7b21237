"""Answers over HTTP: complete, as the schema says, and refused with GitHub's own words when asked for too much."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLScalarType, get_named_type, is_leaf_type, validate_schema

from flows.fake_github import execution
from flows.fake_github.running import running
from tests.flows.fake_github.asking import COUNT, PEOPLE, Asker, fake


def test_a_page_of_people_has_all_that_a_collector_asks_for(calm: Asker) -> None:
    search = calm.data(PEOPLE, search="location:paris type:user", size=30)["search"]
    people = search["nodes"]
    assert len(people) == 30
    assert search["userCount"] == len(calm.truth("location:paris type:user")["people"])
    assert all(person["location"] and person["id"].startswith("U_kgDO") for person in people)
    works = [work for person in people for work in person["repositories"]["nodes"]]
    assert len({work["id"] for work in works}) == len(works) > 200
    for person in people:
        stars = [work["stargazerCount"] for work in person["repositories"]["nodes"]]
        assert stars == sorted(stars, reverse=True)
        assert len(stars) == min(20, person["repositories"]["totalCount"])
        assert all(work["nameWithOwner"].startswith(person["login"] + "/") for work in person["repositories"]["nodes"])
    helped = [work for person in people for work in person["repositoriesContributedTo"]["nodes"]]
    assert helped
    assert all(work["defaultBranchRef"]["target"]["history"]["totalCount"] > 1 for work in helped)
    assert any(work["object"] and work["object"]["text"].startswith("# ") for work in works)
    assert any(work["object"] is None for work in works)


def test_pages_after_one_another_hold_everybody_once(calm: Asker) -> None:
    seen: list[str] = []
    after: str | None = None
    while True:
        search = calm.data(PEOPLE, search="location:france", size=40, after=after)["search"]
        seen += [node["id"] for node in search["nodes"]]
        after = search["pageInfo"]["endCursor"]
        if not search["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == search["userCount"]
    told = calm.truth("location:france")
    assert set(seen) == {each["id"] for each in (*told["people"], *told["organizations"])}


def test_two_servers_of_one_seed_answer_the_same() -> None:
    with fake(people=200, seed=8) as one, fake(people=200, seed=8) as other:
        first, second = (asker.data(PEOPLE, search="repos:>=0", size=50) for asker in (one, other))
    assert first["search"] == second["search"]


def test_both_addresses_and_both_schemes_are_served_and_nobody_comes_in_without_a_token(calm: Asker) -> None:
    body = {"query": "{ viewer { login } }"}
    for address in ("/graphql", "/api/graphql"):
        for scheme in ("Bearer", "token"):
            answered = calm.http.post(address, json=body, headers={"Authorization": f"{scheme} x"})
            assert answered.json() == {"data": {"viewer": {"login": "vivier-visitor"}}}
        for wrong in ("", "Bearer", "Bearer bad-token", "Basic x"):
            refused = calm.http.post(address, json=body, headers={"Authorization": wrong})
            assert refused.status_code == 401
            assert "message" in refused.json()


def test_a_person_an_organisation_and_a_repository_are_found_by_name_and_by_node_id(calm: Asker) -> None:
    person = next(each for each in calm.truth("location:berlin")["people"] if each["repositories"])
    query = """query ($login: String!) { user(login: $login) { id repositories(first: 1) { nodes { id name } } }
        repositoryOwner(login: $login) { __typename login } }"""
    answered = calm.data(query, login=person["login"].upper())
    work = answered["user"]["repositories"]["nodes"][0]
    assert answered["repositoryOwner"] == {"__typename": "User", "login": person["login"]}
    found = calm.data(
        """query ($ids: [ID!]!, $owner: String!, $name: String!) {
          nodes(ids: $ids) { __typename id ... on User { databaseId } ... on Repository { owner { login } } }
          repository(owner: $owner, name: $name) { id } }""",
        ids=[person["id"], work["id"]], owner=person["login"], name=work["name"],
    )  # fmt: skip
    assert found["nodes"] == [
        {"__typename": "User", "id": person["id"], "databaseId": person["databaseId"]},
        {"__typename": "Repository", "id": work["id"], "owner": {"login": person["login"]}},
    ]
    assert found["repository"]["id"] == work["id"]


def test_who_is_not_there_is_null_with_an_error_that_names_the_place(calm: Asker) -> None:
    content = calm.graphql('{ user(login: "nobody--here") { login } viewer { login } }')
    assert content["data"] == {"user": None, "viewer": {"login": "vivier-visitor"}}
    assert content["errors"][0]["type"] == "NOT_FOUND"
    assert content["errors"][0]["path"] == ["user"]
    known = calm.truth("location:berlin")["people"][0]["id"]
    content = calm.graphql("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[known, "U_kgDO_____w", "nonsense"])
    assert content["data"]["nodes"] == [{"id": known}, None, None]
    assert [error["path"] for error in content["errors"]] == [["nodes", 1], ["nodes", 2]]


@pytest.mark.parametrize(
    ("selection", "kind"),
    [
        ("repositories(first: 101) { nodes { name } }", "EXCESSIVE_PAGINATION"),
        ("repositories { nodes { name } }", "MISSING_PAGINATION_BOUNDARIES"),
        ("followers { edges { cursor } }", "MISSING_PAGINATION_BOUNDARIES"),
        ('repositories(first: 1, after: "?") { nodes { name } }', "INVALID_CURSOR_ARGUMENTS"),
        ("repositories(first: -1) { nodes { name } }", "INVALID_PAGINATION"),
    ],
)
def test_pages_have_bounds(calm: Asker, selection: str, kind: str) -> None:
    login = calm.truth("location:berlin")["people"][0]["login"]
    content = calm.graphql(f'{{ user(login: "{login}") {{ {selection} }} }}')
    assert content["errors"][0]["type"] == kind
    assert content["errors"][0]["path"][0] == "user"


def test_how_many_there_are_needs_no_bounds(calm: Asker) -> None:
    person = calm.truth("location:berlin")["people"][0]
    answered = calm.data(f'{{ user(login: "{person["login"]}") {{ repositories {{ totalCount }} }} }}')
    assert answered["user"]["repositories"]["totalCount"] == person["repositories"]


def test_too_many_nodes_are_refused_before_anything_is_done(calm: Asker) -> None:
    query = """{ search(type: USER, query: "repos:>1", first: 100) { nodes { ... on User {
        repositories(first: 100) { nodes { languages(first: 100) { nodes { name } } } } } } } }"""
    content = calm.graphql(query)
    assert "data" not in content
    assert content["errors"][0]["type"] == "MAX_NODE_LIMIT_EXCEEDED"
    assert "1,010,100" in content["errors"][0]["message"]


def test_a_query_costs_a_point_for_a_hundred_requests(calm: Asker) -> None:
    assert calm.data("{ rateLimit { cost nodeCount } }")["rateLimit"] == {"cost": 1, "nodeCount": 0}
    documented = """query ($n: Int = 100) { rateLimit { cost nodeCount } search(type: USER, query: "x", first: $n) {
        nodes { ... on User { repositories(first: 50) { nodes { languages(first: 60) { totalCount } } } } } } }"""
    assert calm.data(documented)["rateLimit"] == {"cost": 51, "nodeCount": 305_100}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "Problems parsing JSON"),
        (b"[]", 200, "A query attribute must be specified"),
        (b'{"query": 5}', 200, "A query attribute must be specified"),
        (b'{"query": "{"}', 200, "Syntax Error"),
        (b'{"query": "{ nothing }"}', 200, "Cannot query field"),
        (b'{"query": "query ($a: Int!) { user(login: $a) { id } }"}', 200, "expecting type"),
        (b'{"query": "query ($a: String!) { user(login: $a) { id } }"}', 200, "was not provided"),
    ],
)
def test_what_cannot_be_understood_is_told_so(calm: Asker, body: bytes, status: int, says: str) -> None:
    answered = calm.http.post("/graphql", content=body)
    assert answered.status_code == status
    assert says in answered.text


def test_activity_adds_up_however_the_time_is_cut(calm: Asker) -> None:
    query = """query ($login: String!) { user(login: $login) {
      year: contributionsCollection(from: "2025-07-01T00:00:00Z", to: "2026-06-30T23:59:59Z") { ...sum }
      first: contributionsCollection(from: "2025-07-01T00:00:00Z", to: "2025-12-31T23:59:59Z") { ...sum }
      second: contributionsCollection(from: "2026-01-01T00:00:00Z", to: "2026-06-30T23:59:59Z") { ...sum
        contributionCalendar { totalContributions weeks { contributionDays { contributionCount } } }
        commitContributionsByRepository(maxRepositories: 9) { repository { id } contributions { totalCount } } } } }
    fragment sum on ContributionsCollection { totalCommitContributions totalIssueContributions
      totalPullRequestContributions totalPullRequestReviewContributions totalRepositoryContributions
      hasAnyContributions contributionYears }"""
    active = 0
    for person in calm.truth("location:paris created:<2020-01-01")["people"][:40]:
        told = calm.data(query, login=person["login"])["user"]
        active += told["year"]["hasAnyContributions"]
        for name in (name for name in told["year"] if name.startswith("total")):
            assert told["first"][name] + told["second"][name] == told["year"][name]
        calendar = told["second"]["contributionCalendar"]
        days = [day["contributionCount"] for week in calendar["weeks"] for day in week["contributionDays"]]
        assert len(days) == 181
        assert sum(days) == calendar["totalContributions"]
        parts = told["second"]["commitContributionsByRepository"]
        if parts:
            commits = sum(part["contributions"]["totalCount"] for part in parts)
            assert commits == told["second"]["totalCommitContributions"]
    assert active > 10


def test_a_window_of_more_than_a_year_is_refused(calm: Asker) -> None:
    login = calm.truth("location:berlin")["people"][0]["login"]
    window = 'from: "2024-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z"'
    content = calm.graphql(f'{{ user(login: "{login}") {{ contributionsCollection({window}) {{ startedAt }} }} }}')
    assert "1 year" in content["errors"][0]["message"]
    assert content["data"] == {"user": None}


def test_a_fork_names_its_parent_and_collaborators_are_for_those_who_may_push(calm: Asker) -> None:
    login = next(each["login"] for each in calm.truth("repos:>60")["people"])
    query = """query ($login: String!) { user(login: $login) {
      forks: repositories(first: 3, isFork: true) { nodes { isFork parent { nameWithOwner } } }
      repositories(first: 1) { nodes {
        collaborators(first: 1) { totalCount } mentionableUsers(first: 3) { nodes { login } }
        defaultBranchRef { target { ... on Commit { history(first: 2) { nodes { author { email } } } } } } } }
    } }"""
    content = calm.graphql(query, login=login)
    assert all(fork["isFork"] and fork["parent"] for fork in content["data"]["user"]["forks"]["nodes"])
    assert content["errors"][0]["type"] == "FORBIDDEN"
    work = content["data"]["user"]["repositories"]["nodes"][0]
    assert work["collaborators"] is None
    assert login in [each["login"] for each in work["mentionableUsers"]["nodes"]]
    assert work["defaultBranchRef"]["target"]["history"]["nodes"][0]["author"]["email"].endswith("@example.org")


def test_members_and_organisations_name_each_other(calm: Asker) -> None:
    login = calm.truth("type:org")["organizations"][0]["login"]
    members = calm.data(
        """query ($login: String!) { organization(login: $login) { membersWithRole(first: 100) {
           totalCount nodes { organizations(first: 10) { nodes { login } } } } } }""", login=login,
    )["organization"]["membersWithRole"]  # fmt: skip
    assert members["totalCount"] == len(members["nodes"]) > 0
    assert all(login in [each["login"] for each in node["organizations"]["nodes"]] for node in members["nodes"])


@pytest.mark.parametrize("kind", ["User", "Organization", "Repository", "ContributionsCollection"])
def test_every_field_of_the_schema_answers_or_refuses_in_words(calm: Asker, kind: str) -> None:
    found = execution.schema().type_map[kind]
    assert isinstance(found, GraphQLObjectType)
    login = next(each["login"] for each in calm.truth("repos:>9 type:user created:<2020")["people"])
    roots = {
        "User": f'user(login: "{login}") {{ %s }}',
        "Organization": f'organization(login: "{calm.truth("type:org")["organizations"][0]["login"]}") {{ %s }}',
        "Repository": f'user(login: "{login}") {{ repositories(first: 2) {{ nodes {{ %s }} }} }}',
        "ContributionsCollection": f'user(login: "{login}") {{ contributionsCollection {{ %s }} }}',
    }
    asked = 0
    for name, field in found.fields.items():
        if any(_is_needed(argument) for argument in field.args.values()):
            continue
        bound = "(first: 2)" if "first" in field.args else ""
        inner = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
        content = calm.graphql("{ " + roots[kind] % f"{name}{bound}{inner}" + " }")
        asked += 1
        allowed = {"FORBIDDEN"} if name == "collaborators" else set()
        assert {error.get("type") for error in content.get("errors", ())} <= allowed, (name, content["errors"])
    assert asked > 15


def _is_needed(argument: Any) -> bool:
    from graphql import is_required_argument

    return is_required_argument(argument)


def test_the_schema_shipped_is_whole_in_itself_and_says_where_it_is_from() -> None:
    built = execution.schema()
    assert validate_schema(built) == []
    assert isinstance(built.type_map["DateTime"], GraphQLScalarType)
    user = built.type_map["User"]
    assert isinstance(user, GraphQLObjectType)
    assert {"email", "contributionsCollection", "topRepositories", "pinnedItems"} <= set(user.fields)
    assert built.mutation_type is None


def test_a_search_tells_of_a_thousand_and_counts_all() -> None:
    with running(people=2_500, seed=2) as address, Asker(address).http as http:
        asker = Asker(address)
        asker.http = http
        seen, after = set(), None
        while True:
            query = """query ($after: String) { search(type: USER, query: "repos:>=0", first: 100, after: $after) {
                userCount pageInfo { hasNextPage endCursor } nodes { ... on Node { id } } } }"""
            search = asker.data(query, after=after)["search"]
            seen |= {node["id"] for node in search["nodes"]}
            after = search["pageInfo"]["endCursor"]
            if not search["pageInfo"]["hasNextPage"]:
                break
        assert len(seen) == 1_000
        assert search["userCount"] > 2_500
        refused = http.get("/search/users", params={"q": "repos:>=0", "per_page": 100, "page": 11})
        assert refused.status_code == 422
        http.post("/_faults", json={"faults": "-cap"})
        assert asker.data(COUNT, search="repos:>=0")["search"]["userCount"] == search["userCount"]
        further = asker.data(query.replace("$after: String", "$after: String = null"), after=after)["search"]
        assert len(further["nodes"]) == 100
