"""The enumeration that a cue governs: "no PHP, Java or C#", "Go and Kubernetes a plus"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from indexing.needs.tokens import CLAUSE, COMMA, SENTENCE, Token, is_skippable

_NAMED: Final = frozenset(("skill", "place", "like", "login"))
_NOT_ONLY: Final = ("not only", "not just", "not merely", "pas seulement", "pas que", "pas uniquement", "non seulement")
_BEFORE_CUE: Final = frozenset(("senior", "junior", "stated", "know", "wish"))
_MOST_MEMBERS: Final = 40


@dataclass(frozen=True, slots=True)
class Governed:
    """What a cue governs: the members' places among the tokens, those that are alternatives, and the whole stretch."""

    members: tuple[int, ...]
    alternatives: frozenset[int]
    first: int
    last: int


def is_member(token: Token) -> bool:
    """Whether a token is something a cue can govern."""
    return token.kind in _NAMED or (token.kind == "stated" and token.stated is not None and bool(token.stated.logins))


def after(tokens: Sequence[Token], cue: int, *, closing: frozenset[str], is_open: bool = False) -> Governed | None:
    """The list that follows a cue at once; commas are crossed if the list is closed by such a word, or `is_open`."""
    at = cue + 1
    found: list[int] = []
    joints: list[str] = []
    joint, is_example = "", False
    is_listed = at < len(tokens) and ":" in tokens[at].gap
    while at < len(tokens) and len(found) < _MOST_MEMBERS:
        token = tokens[at]
        is_first = at == cue + 1
        if token.breaks >= SENTENCE and not (is_first and ":" in token.gap):
            break
        if token.breaks == CLAUSE and not ((is_first or is_listed) and ":" in tokens[cue + 1].gap) and not is_first:
            break
        if token.breaks == CLAUSE and is_first and ":" not in token.gap and "(" not in token.gap:
            break
        if token.breaks == COMMA and at > cue + 1:
            joint = joint or _joint(token)
            if joint == "," and found and is_member(token) and token.kind != tokens[found[-1]].kind:
                break
        if is_member(token):
            found.append(at)
            joints.append(joint)
            joint = ""
        elif token.kind in ("or", "nor"):
            joint = "or" if token.kind == "or" else "nor"
        elif token.kind == "and":
            joint = "and"
        elif token.kind == "example":
            is_example = True
        elif token.kind == "plain" and token.key.startswith(_NOT_ONLY):
            pass  # "knows not only Java but also Kotlin"
        elif not _may_stand_between(token) or (
            token.breaks == COMMA and at > cue + 1 and token.kind not in ("article", "of", "in")
        ):
            break
        at += 1
    governed = _closed(tokens, found, joints, closing, is_open=is_open or is_listed, first=cue)
    if governed is not None and is_example:
        return replace(governed, alternatives=frozenset(governed.members))  # "such as Kafka": another would do
    return governed


def _may_stand_between(token: Token) -> bool:
    return is_skippable(token) or token.kind in ("near", "residence", "senior", "junior")


def before(tokens: Sequence[Token], cue: int, *, closing: frozenset[str]) -> Governed | None:
    """The list that stands right before a cue."""
    at = cue
    found: list[int] = []
    joints: list[str] = []
    joint = ""
    while at > 0 and len(found) < _MOST_MEMBERS:
        gap = tokens[at]
        if gap.breaks >= CLAUSE and not (at == cue and "(" in gap.gap):
            break
        if gap.breaks == COMMA:
            joint = joint or _joint(gap)
        at -= 1
        token = tokens[at]
        if is_member(token):
            if joint and found and token.kind != tokens[found[-1]].kind:
                break  # "in Dublin, Redis welcome": two thoughts
            found.append(at)
            joints.append(joint)
            joint = ""
        elif token.kind in ("or", "nor"):
            joint = "or"
        elif token.kind == "and":
            joint = "and"
        elif token.kind in ("person", "someone") and at == cue - 1:
            pass  # "Java people need not apply"
        elif token.kind in ("person", "someone") or not (is_skippable(token) or token.kind in _BEFORE_CUE):
            break
        elif token.kind in ("senior", "junior") and gap is tokens[cue] and token.breaks:
            break  # "in Oslo, juniors welcome"
    if not found:
        return None
    found.reverse()
    joints = ["", *reversed(joints[1:])]
    # From the right: the last comma-joined part counts only with a closing word somewhere to its right.
    keep = len(found) - 1
    is_closed = False
    while keep > 0:
        kind = joints[keep]
        is_closed = is_closed or kind in closing
        if kind in (",",) and not is_closed:
            break
        keep -= 1
    members = found[keep:]
    kinds = ["", *joints[keep + 1 :]]
    return Governed(tuple(members), _alternatives(tokens, members, kinds), members[0], cue)


def _joint(token: Token) -> str:
    if "/" in token.gap:
        return "/"
    return "and" if "&" in token.gap or "+" in token.gap else ","


def _closed(
    tokens: Sequence[Token], found: list[int], joints: list[str], closing: frozenset[str], *, is_open: bool, first: int
) -> Governed | None:
    if not found:
        return None
    count = 1
    while count < len(found) and joints[count] != ",":
        count += 1
    if is_open:
        count = len(found)
    else:
        closed = [number for number in range(count, len(found)) if joints[number] in closing]
        if closed:
            count = closed[-1] + 1
            while count < len(found) and joints[count] not in (",",):
                count += 1
    members = found[:count]
    return Governed(tuple(members), _alternatives(tokens, members, joints[:count]), first, members[-1])


def _alternatives(tokens: Sequence[Token], members: Sequence[int], joints: Sequence[str]) -> frozenset[int]:
    """The members of which one would do: joined by "or", also through commas, or two of a kind joined by a slash."""
    chosen: set[int] = set()
    number = len(members) - 1
    while number > 0:
        if joints[number] == "or" or (
            joints[number] == "/" and _rivals(tokens[members[number - 1]], tokens[members[number]])
        ):
            chosen.update((members[number - 1], members[number]))
            while number > 1 and joints[number - 1] == ",":
                number -= 1
                chosen.add(members[number - 1])
        number -= 1
    return frozenset(chosen)


def either(tokens: Sequence[Token], members: Sequence[int]) -> frozenset[int]:
    """The members joined by "or", or by a slash when one would do."""
    chosen: set[int] = set()
    is_or = False
    for one, other in zip(members[-2::-1], members[:0:-1], strict=True):
        between = tokens[one + 1 : other + 1]
        is_comma = len(between) == 1 and "," in between[0].gap
        is_or = any(token.kind == "or" for token in between) or (is_or and is_comma)  # "Airflow, Dagster or Prefect"
        is_slash = any("/" in token.gap for token in between)
        if is_or or (is_slash and _rivals(tokens[one], tokens[other])):
            chosen.update((one, other))
    return frozenset(chosen)


def _rivals(one: Token, other: Token) -> bool:
    """Two languages or two frameworks; "Python/Django" is no choice."""
    if one.skill is None or other.skill is None or one.skill.kind != other.skill.kind:
        return False
    return other.skill.name not in one.skill.implies and one.skill.name not in other.skill.implies
