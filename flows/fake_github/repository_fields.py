"""Fields of repositories that are more than a word: languages, topics, commits, README, people around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from flows.fake_github import history, objects
from flows.fake_github.account_fields import Fields
from flows.fake_github.accounts import stamp
from flows.fake_github.draws import mix
from flows.fake_github.node_ids import decode
from flows.fake_github.pages import GitHubError, paged
from flows.fake_github.world import World

_README = frozenset({"readme.md", "readme"})


def owner(source: Fields, info: GraphQLResolveInfo) -> Fields | None:
    """Whose it is."""
    return objects.account(info.context.world, source["_owner"])


def languages(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """The languages with their bytes, biggest first."""
    told = objects.languages(source["_words"]["languages"])
    page = paged(told, info, arguments, lambda each: each[0], edge=lambda each: {"size": each[1]})
    return page | {"totalSize": sum(size for _, size in told)}


def topics(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """The topics."""
    return paged(
        source["_words"]["topics"],
        info,
        arguments,
        lambda name: {
            "__typename": "RepositoryTopic",
            "id": f"RT_{name}",
            "url": f"{objects.SITE}/topics/{name}",
            "topic": {"__typename": "Topic", "id": f"T_{name}", "name": name},
        },
    )


def default_branch(source: Fields, info: GraphQLResolveInfo) -> Fields:
    """The main branch with its last commit."""
    world: World = info.context.world
    number = source["_number"]
    return {
        "__typename": "Ref",
        "id": f"REF_{number}",
        "name": "main",
        "prefix": "refs/heads/",
        "target": _commit(world, number, history.count(world, number) - 1),
    }


def blob(source: Fields, info: GraphQLResolveInfo, *, expression: str = "", **_: Any) -> Fields | None:
    """The README, or the last commit."""
    world: World = info.context.world
    number = source["_number"]
    branch, _colon, path = expression.partition(":")
    if branch not in ("HEAD", "main"):
        return None
    if not path:
        return _commit(world, number, history.count(world, number) - 1)
    text = world.shelf.readme(number, source["_owner"]) if path.lower() in _README else None
    if text is None:
        return None
    return {
        "__typename": "Blob",
        "id": f"B_{number}",
        "oid": f"{mix(number, 7):040x}",
        "text": text,
        "byteSize": len(text.encode()),
        "isBinary": False,
        "isTruncated": False,
    }


def commits(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """The commits before a commit, newest first; `author` by node id."""
    world: World = info.context.world
    number, last = source["_number"], source["_place"]
    every = range(last, -1, -1)
    wanted = (arguments.get("author") or {}).get("id")
    places: Any = every
    if wanted is not None:
        decoded = decode(wanted)
        ordinal = world.find_number(decoded[1]) if decoded else None
        writers = history.authors(world, number)
        places = [
            place for place in every if ordinal in writers and history.author(world, number, place, writers) == ordinal
        ]
    return paged(places, info, arguments, lambda place: _commit(world, number, place))


def _commit(world: World, number: int, place: int) -> Fields:
    writers = history.authors(world, number)
    writer = objects.account(world, history.author(world, number, place, writers)) if writers else None
    begun, pushed = int(world.population.repository_created[number]), int(world.population.pushed[number])
    when = stamp(begun + (pushed - begun) * (place + 1) // history.count(world, number))
    login = writer["login"] if writer else "ghost"
    oid = f"{mix(number, place):016x}{mix(place, number):016x}00000000"
    # Commits carry addresses, and a collector has to leave them alone.
    person = {"name": (writer and writer["name"]) or login, "email": f"{login}@example.org", "user": writer,
              "date": when}  # fmt: skip
    return {
        "__typename": "Commit",
        "_number": number,
        "_place": place,
        "id": f"C_{oid[:16]}",
        "oid": oid,
        "abbreviatedOid": oid[:7],
        "message": f"Step {place + 1}",
        "messageHeadline": f"Step {place + 1}",
        "messageBody": "",
        "committedDate": when,
        "authoredDate": when,
        "additions": 1 + place % 40,
        "deletions": place % 17,
        "author": person,
        "committer": person,
    }


def people_around(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
    """Those who wrote its commits."""
    world: World = info.context.world
    found = history.authors(world, source["_number"])
    return paged(found, info, arguments, lambda ordinal: objects.account(world, ordinal))


def collaborators(_source: Fields, _info: GraphQLResolveInfo, **_: Any) -> Fields:
    """Refused to strangers."""
    raise GitHubError("FORBIDDEN", "Must have push access to view repository collaborators.")


def parent(source: Fields, info: GraphQLResolveInfo) -> Fields | None:
    """What a fork was made from."""
    world: World = info.context.world
    if not source["isFork"]:
        return None
    total = int(world.population.starts[-1])
    return objects.repository(world, mix(world.population.seed, 84, source["_number"]) % total)


def counted(field: str) -> Callable[..., Fields]:
    """A connection of which only the number is known."""

    def resolve(source: Fields, info: GraphQLResolveInfo, **arguments: Any) -> Fields:
        return paged([], info, arguments, lambda each: each, total=source[field])

    return resolve
