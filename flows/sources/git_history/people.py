"""Which signatures are one person's. In doubt two people stay two.

One person's are: signatures with one handle or account number; signatures with one address, unless three or more people
who share no word of their full names write from it; groups of these with one full name, unless two of them have
different accounts.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from flows.sources.git_history.signatures import Signature

UNRELATED_NAMES = 3  # at one address, and it is a team's: two are one person's before and after a change of name
# Words of names nobody chose.
_NO_NAME = frozenset(
    """
    admin administrator anonymous author build builder ci daemon default dev developer developers devs git guest
    localhost me name no nobody none null project root server service system team temp test tester unknown unnamed user
    username your
    """.split()
)


class _Groups:
    """Numbers put together (union-find)."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def of(self, number: int) -> int:
        while self._parents[number] != number:
            self._parents[number] = number = self._parents[self._parents[number]]
        return number

    def join(self, numbers: Iterable[int]) -> None:
        roots = sorted({self.of(number) for number in numbers})
        for root in roots[1:]:
            self._parents[root] = roots[0]


def same_people(signatures: Sequence[Signature]) -> list[list[int]]:
    """The numbers of the signatures of each person, in the order of their first ones."""
    groups = _Groups(len(signatures))
    for numbers in _by(signatures, [_account_keys(one) for one in signatures]).values():
        groups.join(numbers)
    names = [[one.name.casefold()] for one in signatures]
    for numbers in _by(signatures, [_address_keys(one) for one in signatures]).values():
        if _is_shared([signatures[number] for number in numbers]):
            for same_name in _by(signatures, names, numbers).values():
                groups.join(same_name)
        else:
            groups.join(numbers)
    _join_by_name(signatures, groups)
    people: dict[int, list[int]] = defaultdict(list)
    for number in range(len(signatures)):
        people[groups.of(number)].append(number)
    return list(people.values())


def full_name(name: str) -> str | None:
    """A name that can tell one person from another, in one spelling: two words or more, none of them made up."""
    words = unicodedata.normalize("NFKC", name).casefold().split()
    told = [word for word in words if sum(map(str.isalpha, word)) > 1]
    return " ".join(words) if len(told) > 1 and not _NO_NAME.intersection(words) else None


def _by(
    signatures: Sequence[Signature], keys: Sequence[Iterable[Hashable]], among: Iterable[int] | None = None
) -> dict[Hashable, list[int]]:
    """The numbers that share a key, for every key."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for number in range(len(signatures)) if among is None else among:
        for key in keys[number]:
            found[key].append(number)
    return found


def _account_keys(one: Signature) -> list[Hashable]:
    # A handle given up may be somebody else's later, with another number: numbers tell, handles only without one.
    if one.account is not None:
        return [("account", one.account)]
    return [] if one.handle is None else [("handle", one.handle.casefold())]


def _address_keys(one: Signature) -> list[Hashable]:
    if one.address is not None:
        return [one.address]
    # Anybody's address: whoever writes under the same name from such ones is taken for one person.
    return [("anybody", one.name.casefold())] if one.name and one.handle is None else []


def _is_shared(signatures: Iterable[Signature]) -> bool:
    families: list[set[str]] = []
    for name in sorted({name for one in signatures if (name := full_name(one.name))}):
        words = set(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().split()) or {name}
        related = [family for family in families if family & words]
        families = [family for family in families if not family & words]
        families.append(words.union(*related))
    return len(families) >= UNRELATED_NAMES


def _join_by_name(signatures: Sequence[Signature], groups: _Groups) -> None:
    accounts: dict[int, set[str]] = defaultdict(set)
    for number, one in enumerate(signatures):
        if one.handle is not None:
            accounts[groups.of(number)].add(one.account or one.handle.casefold())
    names = _by(signatures, [[name] if (name := full_name(one.name)) else [] for one in signatures])
    for _, numbers in sorted(names.items(), key=lambda entry: str(entry[0])):
        roots = {groups.of(number) for number in numbers}
        theirs = [accounts[root] for root in sorted(roots) if accounts[root]]
        if len(roots) > 1 and len(theirs) < 2:
            groups.join(roots)
            accounts[groups.of(min(roots))] = set().union(*theirs)
