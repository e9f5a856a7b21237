"""How the tests ask: one client, one query that a collector would send, and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from flows.fake_github.running import running

# What a collector asks of people, all at once.
PEOPLE = """
query ($search: String!, $size: Int!, $after: String) {
  rateLimit { cost limit remaining used resetAt nodeCount }
  search(type: USER, query: $search, first: $size, after: $after) {
    userCount
    pageInfo { hasNextPage endCursor }
    nodes {
      __typename
      ... on User {
        id databaseId login name company location bio isHireable createdAt updatedAt
        followers { totalCount } following { totalCount }
        organizations(first: 5) { nodes { login } }
        repositories(first: 20, ownerAffiliations: [OWNER], orderBy: {field: STARGAZERS, direction: DESC}) {
          totalCount
          nodes { ...work }
        }
        repositoriesContributedTo(first: 5, contributionTypes: [COMMIT]) { nodes { ...work owner { login } } }
        contributionsCollection(from: "2026-01-01T00:00:00Z", to: "2026-06-29T00:00:00Z") { totalCommitContributions }
      }
      ... on Organization { id login description membersWithRole(first: 3) { totalCount nodes { login } } }
    }
  }
}
fragment work on Repository {
  id databaseId name nameWithOwner description stargazerCount forkCount isFork isArchived createdAt pushedAt
  primaryLanguage { name } licenseInfo { spdxId }
  languages(first: 5, orderBy: {field: SIZE, direction: DESC}) { totalSize edges { size node { name } } }
  repositoryTopics(first: 10) { nodes { topic { name } } }
  object(expression: "HEAD:README.md") { ... on Blob { text } }
  defaultBranchRef { name target { ... on Commit { history(first: 1) { totalCount } } } }
}
"""
COUNT = "query ($search: String!) { search(type: USER, query: $search, first: 1) { userCount } }"


class Asker:
    """One token's view of a fake."""

    def __init__(self, address: str, *, who: str = "somebody") -> None:
        self.http = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {who}"}, timeout=20)

    def post(self, query: str, **variables: Any) -> httpx.Response:
        """The raw answer to a query."""
        return self.http.post("/graphql", json={"query": query, "variables": variables})

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """Data and errors of a query answered with 200."""
        answered = self.post(query, **variables)
        assert answered.status_code == 200, answered.text
        content: dict[str, Any] = answered.json()
        return content

    def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query that went well."""
        content = self.graphql(query, **variables)
        assert not content.get("errors"), content["errors"]
        data: dict[str, Any] = content["data"]
        return data

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON under an address."""
        return self.http.get(path, params=parameters).json()

    def truth(self, query: str) -> dict[str, Any]:
        """Who matches a search."""
        told: dict[str, Any] = self.get("/_truth", query=query)
        return told


@contextmanager
def fake(**options: Any) -> Iterator[Asker]:
    """Somebody who asks a fake of their own."""
    with running(**options) as address:
        asker = Asker(address)
        with asker.http:
            yield asker
