"""Which function answers which field: the roots here, accounts and repositories in modules of their own."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from flows.fake_github import account_fields, contribution_fields, node_ids, objects, repository_fields
from flows.fake_github import search_index as index
from flows.fake_github.account_fields import Fields
from flows.fake_github.asking import Asking
from flows.fake_github.pages import GitHubError, lists, paged
from flows.fake_github.population import FIRST_REPOSITORY
from flows.fake_github.search_query import read

CAP = 1_000  # any search tells of so many and no more
_MOST_NODES = 100
VIEWER = {
    "__typename": "User",
    "_ordinal": 0,
    "id": node_ids.encode("U", 1_999_999_999),
    "databaseId": 1_999_999_999,
    "login": "vivier-visitor",
    "name": None,
    "email": "",
    "isViewer": True,
}


def _missing(kind: str, told: str) -> GitHubError:
    return GitHubError("NOT_FOUND", f"Could not resolve to a {kind} with the {told}.")


def _account(asking: Asking, login: str, kind: str, *, is_organisation: bool | None) -> Fields:
    ordinal = asking.world.find(login)
    found = None if ordinal is None else objects.account(asking.world, ordinal)
    if found is None or is_organisation not in (None, found["__typename"] == "Organization"):
        raise _missing(kind, f"login of '{login}'")
    return found


def user(_root: Any, info: GraphQLResolveInfo, *, login: str) -> Fields:
    """A person by login."""
    return _account(info.context, login, "User", is_organisation=False)


def organization(_root: Any, info: GraphQLResolveInfo, *, login: str) -> Fields:
    """An organisation by login."""
    return _account(info.context, login, "Organization", is_organisation=True)


def organization_of(source: Fields, info: GraphQLResolveInfo, *, login: str) -> Fields | None:
    """An organisation that somebody belongs to."""
    world = info.context.world
    ordinal = world.find(login)
    belongs = ordinal is not None and ordinal in world.ties.members.of_account(source["_ordinal"])
    return objects.account(world, ordinal) if belongs else None


def repository_owner(_root: Any, info: GraphQLResolveInfo, *, login: str) -> Fields | None:
    """Either, by login."""
    ordinal = info.context.world.find(login)
    return None if ordinal is None else objects.account(info.context.world, ordinal)


def repository(_root: Any, info: GraphQLResolveInfo, *, owner: str, name: str, followRenames: bool = True) -> Fields:  # noqa: N803
    """A repository by owner and name."""
    world = info.context.world
    ordinal = world.find_owner(owner) if followRenames else world.find(owner)
    number = None if ordinal is None else world.shelf.find(ordinal, name)
    found = None if number is None else objects.repository(world, number)
    if found is None:
        raise _missing("Repository", f"name '{owner}/{name}'")
    return found


def node(_root: Any, info: GraphQLResolveInfo, *, id: str) -> Fields:
    """Whatever has this node id."""
    return _node(info.context, id)


def nodes(_root: Any, info: GraphQLResolveInfo, *, ids: list[str]) -> list[Fields | GitHubError]:
    """Whatever has these node ids; what is gone is null, with an error that names its place."""
    if len(ids) > _MOST_NODES:
        raise GitHubError(
            "ARGUMENT_LIMIT", f"You may not provide more than {_MOST_NODES} node ids; you provided {len(ids)}."
        )
    found: list[Fields | GitHubError] = []
    for each in ids:
        try:
            found.append(_node(info.context, each))
        except GitHubError as error:
            found.append(error)
    return found


def _node(asking: Asking, node_id: str) -> Fields:
    decoded = node_ids.decode(node_id)
    found = None
    if decoded is not None:
        kind, number = decoded
        if kind == node_ids.REPOSITORY:
            is_one = 0 <= number - FIRST_REPOSITORY < asking.world.population.starts[-1]
            found = objects.repository(asking.world, number - FIRST_REPOSITORY) if is_one else None
        elif kind in (node_ids.USER, node_ids.ORGANISATION):
            ordinal = asking.world.find_number(number)
            found = None if ordinal is None else objects.account(asking.world, ordinal)
    if found is None:
        raise GitHubError("NOT_FOUND", f"Could not resolve to a node with the global id of '{node_id}'")
    return found


def search(_root: Any, info: GraphQLResolveInfo, *, query: str, type: str, **arguments: Any) -> Fields:
    """Accounts or repositories; everything counted, the first thousand told."""
    asking: Asking = info.context
    world, asked = asking.world, read(query)
    counts = dict.fromkeys(("discussionCount", "issueCount", "repositoryCount", "userCount", "wikiCount"), 0)
    told: Any = ()
    if type == "USER":
        found = index.accounts(asked, world)
        told = index.in_order(found, asked, world, shuffle=asking.order(query))
        counts["userCount"] = len(told)
    elif type == "REPOSITORY":
        told = index.repositories(asked, world)
        counts["repositoryCount"] = len(told)

    def render(number: Any) -> Fields | None:
        if type == "REPOSITORY":
            return objects.repository(world, int(number))
        asking.listed.append(int(number))
        return objects.account(world, int(number))

    told = told[:CAP] if asking.is_capped else told
    return paged(told, info, arguments, render if lists(info) else _nothing) | counts


def _nothing(_number: Any) -> None:
    """What a search that only counts shows of an account."""


def rate_limit(_root: Any, info: GraphQLResolveInfo, **_: Any) -> Fields:
    """What is left of the hour's points."""
    asking: Asking = info.context
    return asking.rate_limit | {"cost": asking.cost, "nodeCount": asking.node_count}


def viewer(_root: Any, _info: GraphQLResolveInfo) -> Fields:
    """Whose token it is."""
    return VIEWER


_ACCOUNT = {
    "repositories": account_fields.repositories,
    "repository": account_fields.repository_of,
    "pinnedItems": account_fields.pinned,
}
RESOLVERS: dict[str, dict[str, Any]] = {
    "Query": {
        "user": user, "organization": organization, "repositoryOwner": repository_owner, "repository": repository,
        "node": node, "nodes": nodes, "search": search, "rateLimit": rate_limit, "viewer": viewer,
    },
    "User": _ACCOUNT | {
        "repositoriesContributedTo": account_fields.contributed_to,
        "topRepositories": account_fields.contributed_to,
        "contributionsCollection": contribution_fields.contributions,
        "organizations": account_fields.organizations,
        "organization": organization_of,
        "followers": account_fields.acquaintances("followers"),
        "following": account_fields.acquaintances("following"),
    },
    "Organization": _ACCOUNT | {"membersWithRole": account_fields.members},
    "ContributionsCollection": {
        "contributionCalendar": contribution_fields.calendar,
        "commitContributionsByRepository": contribution_fields.by_repository,
    },
    "CommitContributionsByRepository": {"contributions": contribution_fields.by_day},
    "Repository": {
        "owner": repository_fields.owner,
        "parent": repository_fields.parent,
        "languages": repository_fields.languages,
        "repositoryTopics": repository_fields.topics,
        "defaultBranchRef": repository_fields.default_branch,
        "object": repository_fields.blob,
        "collaborators": repository_fields.collaborators,
        "mentionableUsers": repository_fields.people_around,
        "assignableUsers": repository_fields.people_around,
        "stargazers": repository_fields.counted("stargazerCount"),
        "forks": repository_fields.counted("forkCount"),
    },
    "Commit": {"history": repository_fields.commits},
}  # fmt: skip
