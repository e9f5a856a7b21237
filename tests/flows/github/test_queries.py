"""Every question is one that GitHub's public schema knows, and none asks for an e-mail address."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

import flows.fake_github
from flows.github import queries

SHIPPED = Path(flows.fake_github.__file__).parent / "schema.graphql"
WHOLE = Path(__file__).resolve().parents[4] / "shared" / "data" / "github_api" / "schema.graphql"
QUESTIONS = {
    "found": queries.FOUND,
    "members": queries.MEMBERS,
    "person and work": queries.PERSON_AND_WORK,
    "person": queries.PERSON,
    "moved": queries.MOVED,
    "is there": queries.IS_THERE,
    "repositories": queries.REPOSITORIES,
    "counts": queries.counts(10),
    "logins": queries.logins(50),
    "activity": queries.activity(2, with_contributed=True),
    "contributed alone": queries.activity(0, with_contributed=True),
    "a window alone": queries.activity(1, with_contributed=False),
    "more owned": queries.more_repositories("repositories", 5),
    "more contributed": queries.more_repositories("repositoriesContributedTo", 5),
    "rate": f"query {{ {queries.RATE} }}",
}


@pytest.fixture(scope="module", params=["shipped", "whole"])
def schema(request: pytest.FixtureRequest) -> GraphQLSchema:
    path = SHIPPED if request.param == "shipped" else WHOLE
    if not path.exists():
        pytest.skip("GitHub's whole schema is not here")
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_valid(name: str, schema: GraphQLSchema) -> None:
    assert validate(schema, parse(QUESTIONS[name])) == []


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_asks_for_an_address(name: str) -> None:
    assert "mail" not in QUESTIONS[name].lower()
