"""Fields of people and organisations that are more than a word: what they own, helped with, belong to, did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from graphql import GraphQLResolveInfo

from flows.fake_github import objects
from flows.fake_github.asking import Asking
from flows.fake_github.pages import paged

Fields = dict[str, Any]
_HEAVY_PAGE = 50  # repositories a page that an account with thousands of them can still answer
_THOUSANDS = 900


def repositories(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """What an account owns, filtered and in order."""
    asking: Asking = info.context
    world, ordinal = asking.world, source["_ordinal"]
    owned = _filtered(asking, np.array(world.population.repositories(ordinal), dtype=np.int64), arguments)
    wanted = arguments.get("first") or arguments.get("last") or 0
    if asking.refuses_heavy and wanted > _HEAVY_PAGE and len(owned) >= _THOUSANDS:
        asking.is_too_heavy = True
    if not arguments.get("after"):
        asking.shown.append(ordinal)
    return paged(owned, info, arguments, lambda number: objects.repository(world, int(number)))


def contributed_to(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """Others' repositories that somebody committed to."""
    asking: Asking = info.context
    world = asking.world
    found = world.ties.contributions.of_account(source["_ordinal"])
    there = [number for number in found if world.is_there[world.population.owner(number)]]
    if arguments.get("includeUserRepositories"):
        there += list(world.population.repositories(source["_ordinal"]))
    ordered = _filtered(asking, np.array(there, dtype=np.int64), arguments)
    return paged(ordered, info, arguments, lambda number: objects.repository(world, int(number)))


def pinned(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """The six with most stars."""
    world = info.context.world
    owned = np.array(world.population.repositories(source["_ordinal"]), dtype=np.int64)
    best: Any = owned[np.argsort(-world.population.stars[owned], kind="stable")][:6]
    return paged(best, info, arguments, lambda number: objects.repository(world, int(number)))


def organizations(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """Where somebody shows to be a member."""
    world = info.context.world
    joined = world.ties.members.of_account(source["_ordinal"])
    there = [ordinal for ordinal in joined if world.is_there[ordinal]]
    return paged(there, info, arguments, lambda ordinal: objects.account(world, ordinal))


def members(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """The members of an organisation who show it."""
    world = info.context.world
    found = [ordinal for ordinal in world.ties.members.of_other(source["_ordinal"]) if world.is_there[ordinal]]
    return paged(
        found,
        info,
        arguments,
        lambda ordinal: objects.account(world, ordinal),
        edge=lambda _: {"role": None, "hasTwoFactorEnabled": None},
    )


def acquaintances(column: str) -> Callable[..., Fields]:
    """Followers or followed: their number, and people to show for it."""

    def resolve(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
        world, ordinal = info.context.world, source["_ordinal"]
        total = int(getattr(world.population, column)[ordinal])
        people = world.population.people
        some = [(ordinal + 1 + turn) % people for turn in range(min(total, people - 1, 1_000))]
        there = [each for each in some if world.is_there[each]]
        return paged(there, info, arguments, lambda each: objects.account(world, each), total=total)

    return resolve


def repository_of(source: Fields, info: GraphQLResolveInfo, *, name: str, **_: Any) -> Fields | None:
    """An account's repository by name."""
    world = info.context.world
    number = world.shelf.find(source["_ordinal"], name)
    return None if number is None else objects.repository(world, number)


def seconds(text: str) -> int:
    """A moment of GraphQL in seconds since 1970."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _filtered(asking: Asking, numbers: Any, arguments: dict[str, Any]) -> Sequence[Any]:
    population, shelf = asking.world.population, asking.world.shelf
    if arguments.get("isFork") is not None:
        numbers = numbers[population.is_fork[numbers] == arguments["isFork"]]
    if arguments.get("privacy") == "PRIVATE" or arguments.get("isLocked"):
        numbers = numbers[:0]
    if arguments.get("isArchived") is not None:
        wanted = arguments["isArchived"]
        archived = [shelf.words(int(each), population.owner(int(each)))["is_archived"] is wanted for each in numbers]
        numbers = numbers[np.array(archived, dtype=bool)]
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    columns = {
        "STARGAZERS": population.stars,
        "PUSHED_AT": population.pushed,
        "UPDATED_AT": population.pushed,
        "CREATED_AT": population.repository_created,
    }
    if order["field"] == "NAME":
        names = [shelf.name(int(each), population.owner(int(each))).lower() for each in numbers]
        key: Any = np.argsort(np.argsort(names, kind="stable"))
    else:
        key = columns[order["field"]][numbers].astype(np.int64)
    ordered: Sequence[Any] = numbers[np.lexsort((numbers, key if order["direction"] == "ASC" else -key))]
    return ordered
