"""The commits of a repository: who wrote the so-manieth, and how many are whose."""

from __future__ import annotations

from collections import Counter

from flows.fake_github.draws import mix
from flows.fake_github.world import World


def authors(world: World, repository: int) -> list[int]:
    """The owner when it is a person, then those who contributed; only those who are there."""
    owner = world.population.owner(repository)
    others = world.ties.contributions.of_other(repository)
    everybody = [*([] if world.population.is_organisation(owner) else [owner]), *others]
    return [ordinal for ordinal in everybody if world.is_there[ordinal]]


def count(world: World, repository: int) -> int:
    """How many commits there are: one for each contributor at least."""
    owner = world.population.owner(repository)
    told = world.shelf.words(repository, owner)["commits"]
    return max(int(str(told)), len(world.ties.contributions.of_other(repository)) + 1)


def author(world: World, repository: int, place: int, writers: list[int]) -> int:
    """Who of its writers wrote a commit; the first are everybody's in turn, most of the rest the first writer's."""
    if place < len(writers):
        return writers[place]
    draw = mix(world.population.seed, 111, repository, place)
    return writers[0] if draw % 5 < 3 else writers[draw // 5 % len(writers)]


def shares(world: World, repository: int) -> Counter[int]:
    """How many commits each author wrote, of the first thousands."""
    writers = authors(world, repository)
    if not writers:
        return Counter()
    every = range(min(5_000, count(world, repository)))
    return Counter(author(world, repository, place, writers) for place in every)
