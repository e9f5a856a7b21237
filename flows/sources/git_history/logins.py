"""What people are called by: their handle, else a slug of their name that can be nobody's handle at GitHub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slugify import slugify

from flows.sources.git_history.parts import Part
from flows.sources.git_history.people import full_name
from flows.sources.git_history.signatures import Signature

SLUG_LENGTH = 80
NAMELESS = "unnamed"
NEVER = 1 << 62  # seconds: after everybody whose first commit has a date
ONE_WORD = "{}.git"  # a dot that no handle at GitHub has: the page of a handle would be a stranger's


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the history, with their part in each clone by the clone's number."""

    login: str
    name: str | None
    account: str | None
    parts: Mapping[int, Part] = field(repr=False)

    def __repr__(self) -> str:
        """Show nobody's name: a repr ends up in logs."""
        return f"Person(parts={len(self.parts)})"


@dataclass(frozen=True, slots=True)
class _Unnamed:
    """A person before they have a login."""

    name: str | None
    handle: str | None
    account: str | None
    parts: Mapping[int, Part]

    def order(self) -> tuple[object, ...]:
        """Who came first has the plain login, in every run. Addresses play no part."""
        told = [(number, part.commits, part.first or 0, part.last or 0) for number, part in sorted(self.parts.items())]
        first = min((part.first for part in self.parts.values() if part.first is not None), default=NEVER)
        return (first, self.name or "", told)


def people_of(
    signatures: Sequence[Signature], groups: Sequence[Sequence[int]], parts: Sequence[Mapping[int, Part]]
) -> list[Person]:
    """Everybody who wrote a commit, by login; `parts` are each clone's, by the number of the signature."""
    found = [one for numbers in groups if (one := _unnamed(signatures, numbers, parts)).parts]
    found.sort(key=_Unnamed.order)
    taken: set[str] = set()
    named = []
    for one in [*(each for each in found if each.handle), *(each for each in found if not each.handle)]:
        login = _free(one.handle or _slug(one.name), taken)
        named.append(Person(login, one.name, one.account, one.parts))
    return sorted(named, key=lambda person: (person.login.casefold(), person.login))


def _unnamed(signatures: Sequence[Signature], numbers: Sequence[int], parts: Sequence[Mapping[int, Part]]) -> _Unnamed:
    joined: dict[int, Part] = {}
    names: Counter[str] = Counter()
    latest: dict[tuple[str, str], int] = {}
    for clone, by_signature in enumerate(parts):
        for number in numbers:
            part = by_signature.get(number)
            if part is None:
                continue
            joined.setdefault(clone, Part()).join(part)
            one = signatures[number]
            names[one.name] += part.commits
            if one.handle is not None:
                account = (one.handle, one.account or "")
                latest[account] = max(latest.get(account, 0), part.last or 0)
    # The handle in use last: accounts are renamed.
    handle, account_number = max(latest, key=lambda key: (latest[key], key), default=(None, None))
    accounts = sorted(number for _, number in latest if number)
    name = max(
        (one for one in names if one), key=lambda one: (full_name(one) is not None, names[one], one), default=None
    )
    return _Unnamed(name, handle, account_number or (accounts[0] if accounts else None), joined)


def _slug(name: str | None) -> str:
    slug = slugify(name or "", separator=".", max_length=SLUG_LENGTH, word_boundary=True) or NAMELESS
    return slug if "." in slug else ONE_WORD.format(slug)


def _free(login: str, taken: set[str]) -> str:
    """The login, or the login with the first number that nobody has."""
    free, number = login, 1
    while free.casefold() in taken:
        number += 1
        free = f"{login}.{number}"
    taken.add(free.casefold())
    return free
