"""What no GitHub has: the truth, the log, and the levers that tests pull."""

from __future__ import annotations

from typing import Any

from flows.fake_github import node_ids
from flows.fake_github import search_index as index
from flows.fake_github.draws import Numbers
from flows.fake_github.github import GitHub
from flows.fake_github.search_query import Search, read
from flows.fake_github.world import World


def truth(github: GitHub, query: str) -> dict[str, Any]:
    """Who matches a search at this moment, and who would if they were still there, or went by another name."""
    world, asked = github.world, read(query)
    found = [int(each) for each in index.accounts(asked, world, as_indexed=False)]
    is_organisation = world.population.is_organisation
    ever = _ever(asked, world)
    return {
        "query": query,
        "people": [_identity(world, each) for each in found if not is_organisation(each)],
        "organizations": [_identity(world, each) for each in found if is_organisation(each)],
        "deleted": [_identity(world, each) for each in sorted(world.deleted & ever)],
        "suspended": [_identity(world, each) for each in sorted(world.suspended & ever)],
        "renamed": [
            _identity(world, each.ordinal) | {"old": each.old, "new": each.new}
            for each in world.renamed
            if each.ordinal in ever
        ],
        "now": world.now,
    }


def _ever(asked: Search, world: World) -> set[int]:
    is_there = world.is_there
    world.is_there = is_there | True
    try:
        found: Numbers = index.accounts(asked, world, as_indexed=False)
    finally:
        world.is_there = is_there
    return {int(each) for each in found}


def _identity(world: World, ordinal: int) -> dict[str, Any]:
    population = world.population
    number = int(population.numbers[ordinal])
    kind = node_ids.ORGANISATION if population.is_organisation(ordinal) else node_ids.USER
    return {
        "login": population.logins[ordinal],
        "id": node_ids.encode(kind, number),
        "databaseId": number,
        "repositories": len(population.repositories(ordinal)),
    }


def log(github: GitHub) -> dict[str, Any]:
    """What was asked and how the fake misbehaved."""
    told = github.log.told()
    misbehaved = github.faults.done + github.log.faults
    return told | {"faults": dict(sorted(misbehaved.items())), "names": sorted(github.faults.names)}


def change(github: GitHub, asked: dict[str, Any]) -> dict[str, Any]:
    """Delete, suspend, restore and rename accounts by login; returns how many of each."""
    world = github.world
    counts = dict.fromkeys(("delete", "suspend", "restore", "rename"), 0)
    for name in ("delete", "suspend"):
        for login in asked.get(name, ()):
            ordinal = world.find(login)
            if ordinal is not None:
                world.remove(ordinal, suspended=name == "suspend", lag=int(asked.get("lag", 0)))
                counts[name] += 1
    for ordinal in [each for each in world.suspended if world.population.logins[each] in asked.get("restore", ())]:
        world.restore(ordinal)
        counts["restore"] += 1
    for old, new in asked.get("rename", {}).items():
        ordinal = world.find(old)
        if ordinal is not None:
            world.rename(ordinal, new)
            counts["rename"] += 1
    return counts
