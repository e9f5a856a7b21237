"""Every question that is put to GitHub's GraphQL API. No e-mail address is ever asked for."""

from __future__ import annotations

RATE = "rateLimit { cost limit remaining resetAt }"
WORK = """
fragment work on Repository {
  id databaseId name description isFork isArchived isPrivate stargazerCount forkCount createdAt pushedAt
  owner { id login }
  primaryLanguage { name }
  licenseInfo { spdxId }
  repositoryTopics(first: 20) { nodes { topic { name } } }
}"""
PROFILE = """databaseId login name company location bio isHireable createdAt updatedAt
      followers { totalCount } following { totalCount }"""
BY_STARS = "orderBy: {field: STARGAZERS, direction: DESC}"
OWNED = f"ownerAffiliations: [OWNER], privacy: PUBLIC, {BY_STARS}"
CONTRIBUTED = f"contributionTypes: [COMMIT, PULL_REQUEST], includeUserRepositories: false, privacy: PUBLIC, {BY_STARS}"
CONNECTIONS = {
    "repositories": OWNED,
    "repositoriesContributedTo": CONTRIBUTED,
}
# What a push to any of a person's repositories changes.
LATEST = """repositories(
        first: 1, ownerAffiliations: [OWNER], privacy: PUBLIC, orderBy: {field: PUSHED_AT, direction: DESC}
      ) { totalCount nodes { pushedAt } }"""
PAGE = "totalCount pageInfo { hasNextPage endCursor } nodes { ...work }"

# Pages of a search: who is there; details are asked for by id.
FOUND = f"""
query($query: String!, $first: Int!, $after: String) {{
  {RATE}
  search(type: USER, query: $query, first: $first, after: $after) {{
    userCount
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ __typename ... on User {{ id databaseId login }} ... on Organization {{ id databaseId login }} }}
  }}
}}"""

MEMBERS = f"""
query($login: String!, $first: Int!, $after: String) {{
  {RATE}
  organization(login: $login) {{
    membersWithRole(first: $first, after: $after) {{
      totalCount
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ __typename id databaseId login }}
    }}
  }}
}}"""

PERSON_AND_WORK = f"""
query($ids: [ID!]!, $first: Int!) {{
  {RATE}
  nodes(ids: $ids) {{
    __typename id
    ... on User {{
      {PROFILE}
      latest: {LATEST}
      repositories(first: $first, {OWNED}) {{ {PAGE} }}
    }}
  }}
}}{WORK}"""

# What is left when even a handful of repositories is too much.
PERSON = f"""
query($ids: [ID!]!) {{
  {RATE}
  nodes(ids: $ids) {{ __typename id ... on User {{ {PROFILE} }} }}
}}"""

# What shows that a person moved on: a profile changed, something pushed, a repository more or less.
MOVED = f"""
query($ids: [ID!]!) {{
  {RATE}
  nodes(ids: $ids) {{
    __typename id
    ... on User {{
      databaseId login updatedAt
      latest: {LATEST}
    }}
  }}
}}"""

IS_THERE = f"""
query($ids: [ID!]!) {{
  {RATE}
  nodes(ids: $ids) {{ __typename id ... on User {{ login }} }}
}}"""

REPOSITORIES = f"""
query($ids: [ID!]!) {{
  {RATE}
  nodes(ids: $ids) {{ __typename id ...work }}
}}{WORK}"""

WINDOW = """
fragment window on ContributionsCollection {
  commitContributionsByRepository(maxRepositories: 100) {
    repository { id isPrivate createdAt owner { id login } }
    contributions(first: 1, orderBy: {field: OCCURRED_AT, direction: DESC}) { totalCount nodes { occurredAt } }
    earliest: contributions(first: 1, orderBy: {field: OCCURRED_AT, direction: ASC}) { nodes { occurredAt } }
  }
}"""


def counts(number: int) -> str:
    """How many accounts match each of so many searches ($q0, $q1, ..): c0, c1, .. of the answer."""
    return (
        f"query({', '.join(f'$q{place}: String!' for place in range(number))}) {{ {RATE} "
        + " ".join(
            f"c{place}: search(type: USER, query: $q{place}, first: 1) {{ userCount }}" for place in range(number)
        )
        + " }"
    )


def logins(number: int) -> str:
    """Who has each of so many logins ($l0, $l1, ..): u0, u1, .. of the answer."""
    return (
        f"query({', '.join(f'$l{place}: String!' for place in range(number))}) {{ {RATE} "
        + " ".join(f"u{place}: user(login: $l{place}) {{ __typename id databaseId login }}" for place in range(number))
        + " }"
    )


def activity(windows: int, *, with_contributed: bool) -> str:
    """Repositories contributed to, and commits in each window ($from0 to $to0, ..): w0, w1, .. of each node."""
    bounds = "".join(f", $from{place}: DateTime!, $to{place}: DateTime!" for place in range(windows))
    first = ", $first: Int!" if with_contributed else ""
    parts = [f"repositoriesContributedTo(first: $first, {CONTRIBUTED}) {{ {PAGE} }}"] if with_contributed else []
    parts += [
        f"w{place}: contributionsCollection(from: $from{place}, to: $to{place}) {{ ...window }}"
        for place in range(windows)
    ]
    fragments = (WORK if with_contributed else "") + (WINDOW if windows else "")
    return (
        f"query($ids: [ID!]!{first}{bounds}) {{ {RATE} nodes(ids: $ids) {{ __typename id "
        f"... on User {{ {' '.join(parts)} }} }} }}{fragments}"
    )


def more_repositories(connection: str, people: int) -> str:
    """The next page of a connection for each of so many people ($i0 after $a0, ..): p0, p1, .. of the answer."""
    variables = ", ".join(f"$i{place}: ID!, $a{place}: String" for place in range(people))
    parts = " ".join(
        f"p{place}: node(id: $i{place}) {{ id ... on User {{ "
        f"{connection}(first: $first, after: $a{place}, {CONNECTIONS[connection]}) {{ {PAGE} }} }} }}"
        for place in range(people)
    )
    return f"query($first: Int!, {variables}) {{ {RATE} {parts} }}{WORK}"
