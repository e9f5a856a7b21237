"""Accounts and repositories as the dictionaries that GraphQL fields are read from; `_ordinal`, `_number` are ours."""

from __future__ import annotations

from typing import Any

from flows.fake_github import node_ids
from flows.fake_github.accounts import location, profile, public_mail, stamp
from flows.fake_github.repositories import database_id
from flows.fake_github.world import World

SITE = "https://github.example.org"


def account(world: World, ordinal: int) -> dict[str, Any] | None:
    """A person or an organisation; None when it is gone."""
    if not world.is_there[ordinal]:
        return None
    population = world.population
    login, number = population.logins[ordinal], int(population.numbers[ordinal])
    is_organisation = population.is_organisation(ordinal)
    told = profile(population, ordinal)
    mail = public_mail(population, ordinal)
    found: dict[str, Any] = {
        "__typename": "Organization" if is_organisation else "User",
        "_ordinal": ordinal,
        "id": node_ids.encode(node_ids.ORGANISATION if is_organisation else node_ids.USER, number),
        "databaseId": number,
        "login": login,
        "name": population.names[ordinal],
        "location": location(population, ordinal),
        "email": mail or (None if is_organisation else ""),
        "url": f"{SITE}/{login}",
        "resourcePath": f"/{login}",
        "avatarUrl": f"{SITE}/avatars/{number}",
        "createdAt": stamp(population.created[ordinal]),
        "updatedAt": stamp(population.updated[ordinal]),
        "websiteUrl": f"https://{login.lower().replace('_', '-')}.example.org" if number % 6 == 0 else None,
        "twitterUsername": None,
    }
    bio = _moved_bio(told["bio"], world.moved.get(ordinal, 0))
    return found | ({"description": bio} if is_organisation else {**told, "bio": bio})


def _moved_bio(bio: Any, times: int) -> Any:
    """What a profile says after it changed so many times."""
    return bio if not times else f"{bio or ''} (v{times + 1})".strip()


def repository(world: World, number: int) -> dict[str, Any] | None:
    """A repository; None when its owner is gone."""
    population = world.population
    owner = population.owner(number)
    if not world.is_there[owner]:
        return None
    words = world.shelf.words(number, owner)
    name, login = world.shelf.name(number, owner), population.logins[owner]
    pushed = stamp(population.pushed[number])
    language = world.shelf.language(number)
    return {
        "__typename": "Repository",
        "_number": number,
        "_owner": owner,
        "_words": words,
        "id": node_ids.encode(node_ids.REPOSITORY, database_id(number)),
        "databaseId": database_id(number),
        "name": name,
        "nameWithOwner": f"{login}/{name}",
        "description": words["description"],
        "url": f"{SITE}/{login}/{name}",
        "resourcePath": f"/{login}/{name}",
        "homepageUrl": words["homepage"],
        "stargazerCount": int(population.stars[number]),
        "forkCount": words["forks"],
        "diskUsage": words["size"],
        "isFork": bool(population.is_fork[number]),
        "isArchived": words["is_archived"],
        "isInOrganization": population.is_organisation(owner),
        "isPrivate": False,
        "visibility": "PUBLIC",
        "createdAt": stamp(population.repository_created[number]),
        "updatedAt": pushed,
        "pushedAt": pushed,
        "primaryLanguage": None if language is None else _language(language),
        "licenseInfo": _license(words["license"]),
    }


def _language(name: str) -> dict[str, Any]:
    return {"__typename": "Language", "id": f"LA_{name}", "name": name, "color": "#3572A5"}


def _license(told: Any) -> dict[str, Any] | None:
    if told is None:
        return None
    key, name, spdx = told
    return {"__typename": "License", "id": f"L_{key}", "key": key, "name": name, "spdxId": spdx, "nickname": None}


def languages(told: list[tuple[str, int]]) -> list[tuple[dict[str, Any], int]]:
    """The languages of a repository with their bytes."""
    return [(_language(name), size) for name, size in told]
