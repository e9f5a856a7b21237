"""How the fake misbehaves: which request is hit by what, drawn from the seed and the request, and a few times at most.

A request is its method, address and body. It is hit at most `hits` times, so whoever asks again gets through.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from flows.fake_github.draws import Draws, mix
from flows.fake_github.world import World
from indexing.errors import InputError

# Hit so many of a thousand requests each, when switched on.
TRANSIENT = {
    "errors-in-200": 40,
    "bad-gateway": 30,
    "cut": 30,
    "secondary": 20,
    "slow": 8,
    "secondary-silent": 6,
    "timeouts": 6,
}
STANDING = ("cap", "sort", "points", "heavy", "etags", "changes")
NAMES = (*STANDING, *TRANSIENT)
DEFAULT = "sort,points"
_EVENT_EVERY = 40  # requests
_DELETED, _SUSPENDED, _RENAMED = 8, 12, 24  # of a thousand accounts, once a search has named them


def read_faults(text: str) -> frozenset[str]:
    """`all`, `none`, or names with commas between; `-name` takes one out again. The cap stays unless taken out."""
    chosen = {"cap"}
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name == "all":
            chosen |= set(NAMES)
        elif name.removeprefix("-") not in (*NAMES, "none"):
            raise InputError(
                f"There is no misbehaviour {name!r}; there are all, none, {', '.join(NAMES)}.", field="faults"
            )
        elif name.startswith("-"):
            chosen.discard(name.removeprefix("-"))
        elif name != "none":
            chosen.add(name)
    return frozenset(chosen)


def request_key(method: str, address: str, body: bytes) -> int:
    """What makes two requests the same."""
    digest = hashlib.blake2b(f"{method} {address} ".encode() + body, digest_size=8).digest()
    return int.from_bytes(digest)


class Faults:
    """The misbehaviours that are on, and what they did so far."""

    def __init__(self, names: Iterable[str], *, seed: int, rate: float = 1.0, hits: int = 2) -> None:
        self.names = frozenset(names)
        self.rate = rate
        self.done: Counter[str] = Counter()
        self._seed = seed
        self._hits_allowed = hits
        self._attempts: Counter[int] = Counter()
        self._hits: Counter[int] = Counter()
        self._turns: Counter[str] = Counter()
        self._events = 0

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def strike(self, key: int) -> str | None:
        """What befalls this request this time."""
        self._attempts[key] += 1
        if self._hits[key] >= self._hits_allowed:
            return None
        roll = Draws(self._seed, 131, key, self._attempts[key]).below(1_000)
        for name, per_mille in TRANSIENT.items():
            if name in self.names:
                roll -= round(per_mille * self.rate)
                if roll < 0:
                    self._hits[key] += 1
                    self.done[name] += 1
                    return name
        return None

    def turn(self, query: str) -> int | None:
        """The number of the order in which a search answers this time; None for its own order."""
        if "sort" not in self.names:
            return None
        self._turns[query] += 1
        return mix(self._seed, *query.encode(), self._turns[query]) >> 1

    def before(self, world: World) -> None:
        """What happens in the world whenever so many requests have been made."""
        if "changes" not in self.names or world.requests % _EVENT_EVERY:
            return
        self._events += 1
        ordinal = Draws(self._seed, 132, self._events).below(world.population.people)
        if self._events % 3:
            world.rename(ordinal)
        else:
            world.remove(ordinal, suspended=self._events % 2 == 0)
        self.done["changes"] += 1

    def after(self, world: World, listed: Iterable[int]) -> None:
        """Some of those that a search has just named are gone, or called otherwise, by the next request."""
        if "changes" not in self.names:
            return
        for ordinal in listed:
            fate = mix(self._seed, 133, ordinal) % 1_000
            if fate >= _RENAMED or world.population.is_organisation(ordinal) or ordinal in world.moved:
                continue
            if fate < _SUSPENDED:
                world.remove(ordinal, suspended=fate >= _DELETED)
            else:
                world.rename(ordinal)
            self.done["changes"] += 1
