"""Which of the skills named are conditions, and which are wishes or merely mentioned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from indexing.needs.cue_words import cue_words
from indexing.needs.lists import Governed, after, before, either
from indexing.needs.stances import Stances
from indexing.needs.subject import is_head, is_person
from indexing.needs.tokens import CLAUSE, COMMA, SENTENCE, Token, is_skippable

_AND: Final = frozenset(("and",))
_ANY: Final = frozenset(("and", "or", "nor"))
# What people publish names these outright ("Rust", "Kafka"); a domain or a method is paraphrased, and demanding its
# name would lose those who have it: beside a job title it is a wish, a condition only when it is demanded in so many
# words.
_NAMED_OUTRIGHT: Final = frozenset(
    ("language", "framework", "library", "database", "tool", "platform", "cloud", "protocol")
)
_LEVELS: Final = frozenset(("senior", "junior", "lead"))  # "senior Python" is a person without the noun
_WISHED: Final = frozenset("skill place remote word".split())
_BEFORE_PERSON: Final = frozenset("skill senior junior lead and".split())
_COUNTS: Final = frozenset("a an one un une two deux three trois four quatre".split())
_BRACKETS: Final = frozenset(("(", ")", "[", "]", "*", "**"))
_ASIDE: Final = frozenset(("senior", "junior", "lead", "article", "stated"))
_FEWEST_KEYWORDS: Final = 3
_MOST_WORDS_BETWEEN: Final = 2
_FARTHEST_LANGUAGE: Final = 7
_OBJECT: Final = frozenset("word article of skill and in".split())
_FARTHEST: Final = 40  # tokens looked back; what is further away is another thought


def read_polarity(tokens: Sequence[Token], stances: Stances) -> None:
    """Take a stance on every skill that has none yet: wishes, then demands, then what qualifies the person."""
    for at, token in enumerate(tokens):
        if token.kind == "wish_after":
            _wish(
                tokens, at, before(tokens, at, closing=_ANY) or after(tokens, at, closing=_ANY, is_open=True), stances
            )
        elif token.kind == "must_after":
            listed = before(tokens, at, closing=_AND) or (_colon(tokens, at) and after(tokens, at, closing=_AND))
            _require(tokens, at, listed or None, stances)
    for at, token in enumerate(tokens):
        if token.kind == "wish":
            _wish_on(tokens, at, stances)
    is_like = False
    hired: list[list[int]] = []
    for at, token in enumerate(tokens):
        if token.kind in ("must", "know"):
            _require(tokens, at, after(tokens, at, closing=_AND), stances)
        elif token.kind == "do" or (token.kind == "with" and _follows_person(tokens, at)):
            _require(tokens, at, _done(tokens, at), stances, is_outright=True)
        elif token.kind == "but" and is_like:
            _require(tokens, at, after(tokens, at, closing=_AND), stances)
        elif (is_head(token) or token.in_role or token.kind in _LEVELS) and is_sought(tokens, at):
            conditions = _qualify(tokens, at, stances)
            if conditions and _is_counted(tokens, at):
                hired.append(conditions)
        is_like = is_like or token.kind == "like"
    _share_out(tokens, hired, stances)


def _colon(tokens: Sequence[Token], at: int) -> bool:
    return at + 1 < len(tokens) and ":" in tokens[at + 1].gap


def _wish(tokens: Sequence[Token], cue: int, listed: Governed | None, stances: Stances) -> None:
    if listed is not None or tokens[cue].kind == "wish":
        stances.drop([cue])
    for member in listed.members if listed is not None else ():
        stances.of.setdefault(member, "wish")


def _wish_on(tokens: Sequence[Token], at: int, stances: Stances) -> None:
    """A wish holds to the end of its clause, and over a comma for more of the same: "ideally Rust, Go and C"."""
    stances.drop([at])  # "ideally" says nothing to a search, even when it governs no skill
    is_last = at + 1 < len(tokens) and tokens[at + 1].breaks == COMMA
    if is_last and at and not tokens[at].breaks and tokens[at - 1].kind in _WISHED:
        _wish(tokens, at, before(tokens, at, closing=_ANY), stances)  # "Svelte idéalement, Lyon"
        return
    reached: list[int] = []
    number = at + 1
    while number < len(tokens):
        token = tokens[number]
        is_next = number == at + 1
        if token.breaks >= SENTENCE or token.kind in ("but", "wish") or (token.breaks == CLAUSE and not is_next):
            break
        if token.breaks == COMMA and not is_next:
            last = tokens[reached[-1]].kind if reached else ""
            follower = token if token.kind not in ("and", "or") else tokens[min(number + 1, len(tokens) - 1)]
            if follower.kind != last:
                break
        if token.kind in ("skill", "place", "remote"):
            reached.append(number)
        number += 1
    if not reached and (at + 1 == len(tokens) or tokens[at + 1].breaks):
        _wish(tokens, at, before(tokens, at, closing=_ANY), stances)
    for member in reached:
        stances.of.setdefault(member, "wish")


def _require(
    tokens: Sequence[Token], cue: int, listed: Governed | None, stances: Stances, *, is_outright: bool = False
) -> None:
    """Every one of a list is a condition; those of which one would do are wishes, as a plan knows no "or"."""
    if listed is not None and tokens[cue].kind in ("must", "must_after", "know", "do"):
        stances.drop([cue])
    for member in listed.members if listed is not None else ():
        skill = tokens[member].skill
        if skill is None:
            continue
        is_hard = member not in (listed.alternatives if listed else ()) and (
            not is_outright or skill.kind in _NAMED_OUTRIGHT
        )
        stances.of.setdefault(member, "required" if is_hard else "preferred")


def _done(tokens: Sequence[Token], at: int) -> Governed | None:
    """What someone does, when it is not a work made with it: "who writes Rust", not "who maintains a Flutter app"."""
    listed = after(tokens, at, closing=_AND)
    if listed is None:  # "who writes parsers in Rust"
        for number in range(at + 1, min(len(tokens), at + _FARTHEST_LANGUAGE)):
            token = tokens[number]
            if token.breaks or token.kind not in _OBJECT:
                return None
            if token.kind == "in" and token.key in ("in", "en"):
                listed = after(tokens, number, closing=_AND)
                return listed if listed and all(tokens[one].skill for one in listed.members) else None
        return None
    following = tokens[listed.last + 1] if listed.last + 1 < len(tokens) else None
    is_work = following is not None and not following.breaks and following.key in cue_words().sets["project"]
    last = tokens[listed.last].skill  # "a Vue component library"
    is_work = is_work or (last is not None and last.kind not in _NAMED_OUTRIGHT and listed.last - 1 in listed.members)
    return replace(listed, alternatives=frozenset(listed.members)) if is_work else listed


def _follows_person(tokens: Sequence[Token], at: int) -> bool:
    """ "Someone with Rust", "like @login but with Kubernetes"; "an app with React" is no person."""
    number = at - 1
    is_near = tokens[at].breaks < COMMA or (
        number >= 0 and tokens[at].breaks == COMMA and tokens[number].kind == "place"
    )
    while is_near and number >= max(0, at - _FARTHEST) and (number + 1 == at or tokens[number + 1].breaks < COMMA):
        token = tokens[number]
        if token.kind == "like" or (is_head(token) and is_sought(tokens, number)):
            return True
        if token.kind not in ("skill", "senior", "junior", "lead", "but", "place", "in") and not token.in_role:
            return False
        number -= 1
    return False


def is_sought(tokens: Sequence[Token], at: int) -> bool:
    """Whether this is the person sought, not one they work for, nor one we have."""
    if not is_person(tokens, at):
        return False
    number = at
    while number > max(0, at - _FARTHEST) and tokens[number].breaks < COMMA:
        number -= 1
        token = tokens[number]
        if token.kind in ("seek", "weak_seek"):
            return True
        if (
            token.kind in ("for", "our", "who", "refuse", "not_seek", "know", "do", "work_on", "plain")
            and not token.in_role
        ):
            return False
        if token.kind == "of" and not tokens[at].in_role:
            return False
    return True


def _is_counted(tokens: Sequence[Token], at: int) -> bool:
    """Whether a number or an "a" stands before the person and what qualifies them: "1 dev Go", "a Java developer"."""
    farthest = max(0, at - _FARTHEST)
    while at > farthest and not tokens[at].breaks and (tokens[at - 1].kind in _BEFORE_PERSON or tokens[at - 1].in_role):
        at -= 1
    key = tokens[at - 1].key if at and not tokens[at].breaks else ""
    return key.isdigit() or key in _COUNTS


def _share_out(tokens: Sequence[Token], hired: Sequence[Sequence[int]], stances: Stances) -> None:
    """Of several people sought, each with skills of their own, what only some must have can filter nobody."""
    sets = [{skill.name for member in members if (skill := tokens[member].skill)} for members in hired]
    shared = set.intersection(*sets) if sets else set()
    for member in (member for members in hired for member in members):
        skill = tokens[member].skill
        if skill is not None and skill.name not in shared:
            stances.of[member] = "preferred"


def _qualify(tokens: Sequence[Token], at: int, stances: Stances) -> list[int]:
    """The skills that stand beside the word for the person: "Rust developer", "développeuse web Python et Go"."""
    sides = (_beside(tokens, at, -1), _beside(tokens, at, 1))
    beside = [member for side in sides if not _are_keywords(tokens, side) for member in side]
    chosen = either(tokens, beside)
    for member in beside:
        skill = tokens[member].skill
        if skill is None:
            continue
        is_hard = member not in chosen and skill.kind in _NAMED_OUTRIGHT
        stances.of.setdefault(member, "required" if is_hard else "preferred")
    return [member for member in beside if stances.of.get(member) == "required"]


def _beside(tokens: Sequence[Token], at: int, step: int) -> list[int]:
    """The skills in one direction, across job words and adjectives, up to a comma that opens something else."""
    found: list[int] = []
    words = 0
    number = at + step
    joined = is_bracketed = False
    while 0 <= number < len(tokens):
        token = tokens[number]
        breaks = tokens[number + 1].breaks if step < 0 else token.breaks
        gap = tokens[number + 1].gap if step < 0 else token.gap
        if breaks >= CLAUSE and not (breaks == CLAUSE and gap.strip() in _BRACKETS):
            break
        is_bracketed = is_bracketed or (step > 0 and "(" in gap)
        if breaks == COMMA and "," in gap and not (step < 0 and joined) and not is_bracketed:
            break
        if token.kind == "article" and (joined or step < 0) and (token.key in _COUNTS or token.key.isdigit()):
            break  # "a Go developer and a Rust developer"
        if token.kind == "skill":
            found.append(number)
        elif token.kind in ("and", "or"):
            if step < 0 and not found:
                break  # "a library in Dart, or someone"
            joined = True
        elif token.kind in _ASIDE or token.in_role or (step > 0 and token.kind == "in" and token.key in ("in", "en")):
            pass
        elif token.kind in ("word", "person") and words < _MOST_WORDS_BETWEEN and not found:
            words += 1
        else:
            break
        number += step
    if step > 0 and words and tokens[at].kind == "someone":
        return []
    return found if step > 0 else found[::-1]


def _are_keywords(tokens: Sequence[Token], members: Sequence[int]) -> bool:
    """ "Dev python sql airflow docker" is a bag of words, "programmer (Haskell, Elm, Lean)" names a few of a kind."""
    if len(members) < _FEWEST_KEYWORDS:
        return False
    is_row = members[-1] - members[0] == len(members) - 1
    kinds = {skill.kind for member in members if (skill := tokens[member].skill)}
    is_example = kinds == {"language"} and "(" in tokens[members[0]].gap
    return is_row and (is_example or not any(tokens[member].gap.strip() for member in members[1:]))


def skips_to_person(tokens: Sequence[Token], at: int) -> bool:
    """Whether only adjectives and skills stand between a token and the person: "Berlin Python developer"."""
    for number in range(at + 1, len(tokens)):
        token = tokens[number]
        if token.breaks >= COMMA:
            return False
        if is_head(token):
            return is_person(tokens, number)
        if token.kind not in ("skill", "senior", "junior", "lead", "residence", "and") and not (
            token.in_role or is_skippable(token)
        ):
            return False
    return False


def read_listed(tokens: Sequence[Token], stances: Stances, parts: Mapping[int, str]) -> None:
    """Take the stance of an advertisement's headings on the skills beneath them that have none yet."""
    members: list[int] = []
    is_example = False
    for at, part in parts.items():
        token = tokens[at]
        if token.breaks >= SENTENCE:
            _settle(tokens, members, stances)
            members, is_example = [], False
        is_example = is_example or token.kind == "example"
        if token.kind != "skill" or at in stances.of:
            continue
        if part == "preferred":
            stances.of[at] = "wish"
        elif part == "required" and not is_example:
            members.append(at)
    _settle(tokens, members, stances)


def _settle(tokens: Sequence[Token], members: Sequence[int], stances: Stances) -> None:
    chosen = either(tokens, members)
    for member in members:
        skill = tokens[member].skill
        if skill is not None:
            is_hard = member not in chosen and skill.kind in _NAMED_OUTRIGHT
            stances.of[member] = "required" if is_hard else "preferred"
