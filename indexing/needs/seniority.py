"""How experienced the person sought is to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indexing.candidates import Seniority
from indexing.needs.cue_words import cue_words
from indexing.needs.stances import Stances
from indexing.needs.subject import is_person
from indexing.needs.tokens import COMMA, Token, is_skippable

_KINDS: Final = ("junior", "senior", "lead")
_VERBAL: Final = frozenset("lead leads".split())  # "to lead a team"
_NEIGHBOURS: Final = frozenset(
    "person someone skill place remote senior junior lead seek or wish stated weak_seek in and must with like article "
    "who".split()
)
_MIDDLE: Final = frozenset("mid medior middle intermediate intermediaire".split())
_POSTS: Final = frozenset("role roles position positions job jobs poste postes scheme hire hires".split())
_STRICT: Final = frozenset("staff principal principale graduate stage".split())


def read_seniority(tokens: Sequence[Token], stances: Stances) -> Seniority | None:
    """The level asked for, None when none is or when two would do."""
    found: dict[str, int] = {}
    is_choice = False
    for at, token in enumerate(tokens):
        if token.kind not in _KINDS or stances.of.get(at) == "excluded" or at in stances.dropped:
            continue
        if not _is_of_person(tokens, at):
            continue
        if _is_only_accepted(tokens, at) or _is_or_middle(tokens, at):
            stances.drop([at, at + 1])
            continue
        is_choice = is_choice or _is_joined(tokens, at)
        found.setdefault(token.kind, at)
        if token.key not in ("staff engineer", "principal engineer", "lead developer", "lead engineer"):
            stances.drop([at])
    for token in tokens:
        if token.kind == "know" and token.key.startswith(("experienced", "experimente")):
            found.setdefault("senior", -1)
        if token.kind == "stated" and token.stated and token.stated.kind == "years" and token.stated.value:
            found.setdefault("senior", -1)
    if is_choice and len(found) > 1:
        return None
    if "lead" in found:
        return "lead"
    if "senior" in found:
        return "senior"
    return "junior" if "junior" in found else None


def _is_only_accepted(tokens: Sequence[Token], at: int) -> bool:
    """ "Débutant accepté", "juniors welcome": any level will do."""
    following = tokens[at + 1] if at + 1 < len(tokens) and not tokens[at + 1].breaks else None
    return following is not None and following.key in cue_words().sets["optional_remote"]


def _is_or_middle(tokens: Sequence[Token], at: int) -> bool:
    """ "Junior or mid": the plan has no name for the middle, so that neither level is asked for."""
    return any(token.key in _MIDDLE for token in tokens[max(0, at - 2) : at + 3]) and _is_joined(tokens, at)


def _is_joined(tokens: Sequence[Token], at: int) -> bool:
    is_before = at + 1 < len(tokens) and (tokens[at + 1].kind == "or" or "/" in tokens[at + 1].gap)
    return is_before or (at > 0 and (tokens[at - 1].kind == "or" or "/" in tokens[at].gap))


def _is_of_person(tokens: Sequence[Token], at: int) -> bool:
    """Whether the word qualifies a person: beside a title or a skill, or alone between commas."""
    token = tokens[at]
    if " " in token.key:
        return not (at and tokens[at - 1].kind in ("for", "our") and not token.breaks)
    following = tokens[at + 1] if at + 1 < len(tokens) and not tokens[at + 1].breaks else None
    previous = tokens[at - 1] if at and not token.breaks else None
    outer = tokens[at - 2] if previous is not None and previous.kind in ("article", "of") and at > 1 else previous
    if outer is not None and outer.kind in ("for", "our", "with"):
        return False  # "installer une alarme chez des seniors"
    if token.key in _VERBAL and following is not None and following.kind in ("article", "of", "our"):
        return False
    if (token.key == "stage" and is_person(tokens, at)) or _is_of_post(following) or _is_of_post(previous):
        return True
    if token.key in _STRICT or token.key in _VERBAL:
        is_before = following is not None and (
            following.kind in ("person", "skill") or following.in_role or _titled(tokens, at)
        )
        is_after = (
            previous is not None
            and (previous.kind in ("person", "skill") or previous.in_role)
            and (token.key.startswith("principal") or token.key in _VERBAL or token.key == "stage")
        )
        return is_before or is_after or (following is None and (previous is None or previous.kind in ("seek",)))
    if following is None and previous is None:
        return True
    for neighbour in (following, previous):
        if neighbour is not None and (neighbour.kind in _NEIGHBOURS or neighbour.in_role or is_skippable(neighbour)):
            return True
    return _titled(tokens, at)


def _is_of_post(token: Token | None) -> bool:
    """ "Graduate role", "poste senior"."""
    return token is not None and token.key in _POSTS


def _titled(tokens: Sequence[Token], at: int) -> bool:
    """Whether a title follows within a few words: "senior embedded software engineer"."""
    for number in range(at + 1, min(len(tokens), at + 5)):
        if tokens[number].breaks >= COMMA:
            return False
        if tokens[number].kind in ("person", "someone"):
            return is_person(tokens, number)
    return False
