"""The REST routes that a collector may need: accounts, what they own, searches, contributors, members."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from flows.fake_github import history, objects
from flows.fake_github import search_index as index
from flows.fake_github.draws import mix
from flows.fake_github.github import DOCS, GitHub, Reply, as_json
from flows.fake_github.resolvers import CAP
from flows.fake_github.search_query import read
from indexing.sample.vocabulary import vocabulary

Fields = dict[str, Any]
_NOT_FOUND = {"message": "Not Found", "documentation_url": f"{DOCS}/rest", "status": "404"}


@dataclass(frozen=True, slots=True)
class Query:
    """The address asked for, its parameters, and the tag that the client has of it."""

    path: str
    parameters: dict[str, str]
    if_none_match: str | None = None

    def number(self, name: str, default: int) -> int:
        """A parameter that is a number."""
        text = self.parameters.get(name, "")
        return int(text) if text.isdigit() and int(text) else default


def rate_limit(github: GitHub, token: str) -> Reply:
    """What is left of everything; free of charge."""
    budgets = {
        name: {"limit": each.limit, "used": each.used, "remaining": each.remaining, "reset": int(each.reset)}
        for name, each in github.budgets.everything(token).items()
    }
    return as_json(200, {"resources": budgets, "rate": budgets["core"]})


def answer(github: GitHub, query: Query, token: str, *, key: int, fault: str | None = None) -> Reply:
    """Answer any other route."""
    parts = query.path.strip("/").split("/")
    resource = "search" if parts[0] == "search" else "core"
    budget = github.budgets.of(token, resource)
    if "points" in github.faults and not budget.remaining:
        github.log.faults["points"] += 1
        message = {"message": "API rate limit exceeded for user ID 1999999999.", "documentation_url": f"{DOCS}/rest"}
        return as_json(403, message, budget.headers())
    route, kind = _route(parts)
    github.log.by_kind[f"rest:{kind}"] += 1
    content, headers = (None, {}) if route is None else route(github, query, parts)
    if isinstance(content, Reply):
        return content
    if content is None:
        budget.used += 1
        return as_json(404, _NOT_FOUND, budget.headers())
    tag = _tag(content, token if "etags" in github.faults else "")
    if query.if_none_match == tag:
        return Reply(304, b"", {"etag": tag} | budget.headers())
    budget.used += 1
    if fault != "cut":
        github.log.answered(key, ())
    return as_json(200, content, headers | {"etag": tag} | budget.headers())


def _tag(content: Any, token: str) -> str:
    """A tag of the content; bound to the token when tags misbehave."""
    return f'W/"{hashlib.sha256(orjson.dumps(content) + token.encode()).hexdigest()}"'


Route = Callable[[GitHub, Query, list[str]], tuple[Any, dict[str, str]]]


def _route(parts: list[str]) -> tuple[Route | None, str]:
    match parts:
        case ["users", _]:
            return _user, "users/{login}"
        case ["users" | "orgs", _, "repos"]:
            return _owned, "users/{login}/repos"
        case ["orgs", _, "members"]:
            return _members, "orgs/{org}/members"
        case ["search", "users"]:
            return _search_users, "search/users"
        case ["search", "repositories"]:
            return _search_repositories, "search/repositories"
        case ["repos", _, _, "contributors"]:
            return _contributors, "repos/{owner}/{repo}/contributors"
    return None, "unknown"


def _user(github: GitHub, _query: Query, parts: list[str]) -> tuple[Any, dict[str, str]]:
    ordinal = github.world.find(parts[1])
    return (None if ordinal is None else account(github, ordinal)), {}


def account(github: GitHub, ordinal: int) -> Fields | None:
    """An account as REST writes it."""
    told = objects.account(github.world, ordinal)
    if told is None:
        return None
    population = github.world.population
    return _short(told) | {
        "name": told["name"], "company": told.get("company"), "blog": told["websiteUrl"] or "",
        "location": told["location"], "email": told["email"] or None, "hireable": told.get("isHireable") or None,
        "bio": told.get("bio", told.get("description")), "twitter_username": None,
        "public_repos": len(population.repositories(ordinal)), "public_gists": 0,
        "followers": int(population.followers[ordinal]), "following": int(population.following[ordinal]),
        "created_at": told["createdAt"], "updated_at": told["updatedAt"],
    }  # fmt: skip


def _short(told: Fields) -> Fields:
    return {
        "login": told["login"], "id": told["databaseId"], "node_id": told["id"], "avatar_url": told["avatarUrl"],
        "html_url": told["url"], "type": told["__typename"], "site_admin": False,
    }  # fmt: skip


def _repository(github: GitHub, number: int) -> Fields | None:
    told = objects.repository(github.world, number)
    owner = None if told is None else objects.account(github.world, told["_owner"])
    if told is None or owner is None:
        return None
    license_told = told["licenseInfo"]
    return {
        "id": told["databaseId"], "node_id": told["id"], "name": told["name"], "full_name": told["nameWithOwner"],
        "owner": _short(owner), "private": False, "html_url": told["url"], "description": told["description"],
        "fork": told["isFork"], "homepage": told["homepageUrl"], "size": told["diskUsage"],
        "stargazers_count": told["stargazerCount"], "forks_count": told["forkCount"], "archived": told["isArchived"],
        "language": told["primaryLanguage"] and told["primaryLanguage"]["name"],
        "license": license_told and {"key": license_told["key"], "spdx_id": license_told["spdxId"],
                                     "name": license_told["name"]},
        "topics": told["_words"]["topics"], "visibility": "public", "default_branch": "main",
        "created_at": told["createdAt"], "updated_at": told["updatedAt"], "pushed_at": told["pushedAt"],
    }  # fmt: skip


def _page(query: Query, items: Sequence[Any], render: Callable[[Any], Any]) -> tuple[list[Any], dict[str, str]]:
    size, page = min(100, query.number("per_page", 30)), query.number("page", 1)
    last = max(1, -(-len(items) // size))
    links = []
    for name, number in (("next", page + 1), ("last", last)):
        if page < last:
            address = urlencode(query.parameters | {"page": str(number)})
            links.append(f'<{query.path}?{address}>; rel="{name}"')
    shown = [render(item) for item in items[(page - 1) * size : page * size]]
    return [each for each in shown if each is not None], {"link": ", ".join(links)} if links else {}


def _owned(github: GitHub, query: Query, parts: list[str]) -> tuple[Any, dict[str, str]]:
    ordinal = github.world.find(parts[1])
    if ordinal is None:
        return None, {}
    return _page(query, github.world.population.repositories(ordinal), lambda number: _repository(github, number))


def _members(github: GitHub, query: Query, parts: list[str]) -> tuple[Any, dict[str, str]]:
    world = github.world
    ordinal = world.find(parts[1])
    if ordinal is None or not world.population.is_organisation(ordinal):
        return None, {}
    there = [each for each in world.ties.members.of_other(ordinal) if world.is_there[each]]
    return _page(query, there, lambda each: _short(objects.account(world, each) or {}))


def _contributors(github: GitHub, query: Query, parts: list[str]) -> tuple[Any, dict[str, str]]:
    world = github.world
    owner = world.find_owner(parts[1])
    number = None if owner is None else world.shelf.find(owner, parts[2])
    if number is None or owner is None:
        return None, {}
    login = world.population.logins[owner]
    if login.lower() != parts[1].lower():
        address = f"/repos/{login}/{parts[2]}/contributors"
        return as_json(301, {"message": "Moved Permanently", "url": address}, {"location": address}), {}
    found: list[Fields] = []
    for ordinal, count in history.shares(world, number).most_common():
        told = objects.account(world, ordinal)
        if told is not None:
            found.append(_short(told) | {"contributions": count})
    if mix(world.population.seed, 141, number) % 4 == 0:
        found.append(_bot(number))
    if query.parameters.get("anon") in ("1", "true"):
        found.append({"email": f"build.{number}@example.org", "name": "build", "type": "Anonymous", "contributions": 1})
    return _page(query, found, lambda each: each)


def _bot(number: int) -> Fields:
    bots = vocabulary().asides["bots"]
    place = number % len(bots)
    login = f"{bots[place]['login']}[bot]"
    return {"login": login, "id": 1_999_999_000 + place, "node_id": f"BOT_kgDO{place:07d}", "type": "Bot",
            "html_url": f"{objects.SITE}/apps/{login}", "site_admin": False, "contributions": 3}  # fmt: skip


def _search_users(github: GitHub, query: Query, _parts: list[str]) -> tuple[Any, dict[str, str]]:
    text = query.parameters.get("q", "")
    asked = read(f"{text} sort:{query.parameters.get('sort', '')}-{query.parameters.get('order', 'desc')}")
    found: Any = index.accounts(asked, github.world)
    told = index.in_order(found, asked, github.world, shuffle=github.faults.turn(text))
    return _found(
        github, query, told, lambda each: (shown := objects.account(github.world, int(each))) and _short(shown)
    )


def _search_repositories(github: GitHub, query: Query, _parts: list[str]) -> tuple[Any, dict[str, str]]:
    told = index.repositories(read(query.parameters.get("q", "")), github.world)
    return _found(github, query, told, lambda number: _repository(github, int(number)))


def _found(github: GitHub, query: Query, told: Any, render: Callable[[Any], Any]) -> tuple[Any, dict[str, str]]:
    reachable = told[:CAP] if "cap" in github.faults else told
    begin = (query.number("page", 1) - 1) * min(100, query.number("per_page", 30))
    if begin >= CAP and "cap" in github.faults:
        message = {"message": "Only the first 1000 search results are available", "documentation_url": f"{DOCS}/rest"}
        return as_json(422, message), {}
    items, headers = _page(query, reachable, render)
    return {"total_count": len(told), "incomplete_results": False, "items": items}, headers
