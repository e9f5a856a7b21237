"""The truth, the log, and what happens when a lever is pulled."""

from __future__ import annotations

from tests.flows.fake_github.asking import COUNT, PEOPLE, fake

USER = "query ($login: String!) { user(login: $login) { id login repositories(first: 1) { totalCount nodes { id } } } }"
ONE = "query ($id: ID!) { node(id: $id) { ... on User { login updatedAt } } }"


def test_the_log_tells_what_was_asked_twice() -> None:
    with fake(people=100) as asker:
        login = asker.truth("type:user")["people"][0]["login"]
        asker.data(COUNT, search="type:user")
        for _ in range(3):
            asker.data(USER, login=login)
        asker.data(PEOPLE, search="location:paris", size=1)
        log = asker.get("/_log")
        assert log["by_kind"] == {"graphql:search": 1, "graphql:search.count": 1, "graphql:user": 3}
        assert (log["requests"], log["answered"], log["answered_again"]) == (5, 5, 2)
        assert log["people_shown_again"] == 2
        assert asker.http.delete("/_log").json()["requests"] == 0


def test_who_is_deleted_is_in_no_truth_and_who_is_renamed_keeps_the_ids() -> None:
    with fake(people=200) as asker:
        first, second, third, *others = asker.truth("type:user")["people"]
        changed = asker.http.post(
            "/_change",
            json={"delete": [first["login"]], "suspend": [second["login"]], "rename": {third["login"]: "a-new-name"}},
        ).json()
        assert changed == {"delete": 1, "suspend": 1, "restore": 0, "rename": 1}
        told = asker.truth("type:user")
        assert len(told["people"]) == len(others) + 1
        assert [each["login"] for each in told["deleted"]] == [first["login"]]
        assert [each["login"] for each in told["suspended"]] == [second["login"]]
        assert told["renamed"] == [third | {"login": "a-new-name", "old": third["login"], "new": "a-new-name"}]
        assert asker.data(COUNT, search="type:user")["search"]["userCount"] == len(told["people"])
        for gone in (first, second):
            assert asker.graphql(USER, login=gone["login"])["errors"][0]["type"] == "NOT_FOUND"
            assert asker.graphql(ONE, id=gone["id"])["errors"][0]["type"] == "NOT_FOUND"
        assert asker.graphql(USER, login=third["login"])["errors"][0]["type"] == "NOT_FOUND"
        assert asker.data(ONE, id=third["id"])["node"]["login"] == "a-new-name"
        asker.http.post("/_change", json={"restore": [second["login"]]})
        assert asker.data(USER, login=second["login"])["user"]["id"] == second["id"]


def test_time_moves_profiles_brings_people_and_takes_people() -> None:
    with fake(people=1_000) as asker:
        query = """query ($after: String) { search(type: USER, query: "type:user created:<2022-01-01", first: 100,
            after: $after) { nodes { ... on User { id updatedAt bio } } } }"""
        before = {node["id"]: node["updatedAt"] for node in asker.data(query)["search"]["nodes"]}
        asker.http.post("/_faults", json={"faults": "none"})
        moved = asker.http.post("/_age", json={"days": 30, "per_mille": 200}).json()
        assert all(moved[name] > 0 for name in ("updated", "deleted", "renamed", "new"))
        told = asker.truth("type:user")
        assert len(told["people"]) == 1_000 - moved["deleted"] - moved["suspended"] + moved["new"]
        ids = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { id updatedAt } } }"
        after = asker.graphql(ids, ids=list(before))["data"]["nodes"]
        newer = [node for node in after if node and node["updatedAt"] > before[node["id"]]]
        assert 5 < len(newer) < 60
        assert all(node["updatedAt"] >= before[node["id"]] for node in after if node)


def test_the_same_levers_do_the_same_to_the_same_people() -> None:
    outcomes = []
    for _ in range(2):
        with fake(people=300, seed=6) as asker:
            for _ in range(2):
                asker.http.post("/_age", json={"days": 20, "per_mille": 300})
            outcomes.append(asker.truth("type:user"))
    assert outcomes[0] == outcomes[1]


def test_an_unknown_misbehaviour_is_refused_with_those_there_are() -> None:
    with fake(people=20) as asker:
        refused = asker.http.post("/_faults", json={"faults": "laziness"})
        assert refused.status_code == 422
        assert "secondary-silent" in refused.json()["message"]
        assert asker.get("/_faults") == {"faults": ["cap"]}
        assert asker.http.post("/_faults", json={"faults": "all,-slow"}).json()["faults"].count("slow") == 0
