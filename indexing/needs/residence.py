"""Whether a place says where the person sought is, rather than what the work is about or where the searcher is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indexing.needs.cue_words import cue_words
from indexing.needs.polarity import is_sought, skips_to_person
from indexing.needs.subject import is_head
from indexing.needs.tokens import COMMA, Token, is_skippable
from indexing.places.gazetteer import nationalities
from indexing.places.spelling import fold

_FARTHEST: Final = 40  # tokens looked back; what is further away is another thought
_AT: Final = frozenset(
    "in a en au aux dans from sur vers at across within km kms kilometres kilometers miles minutes min rayon "
    "radius".split()
)
_ALONE: Final = frozenset(
    "place remote in near or and article residence courtesy wish wish_after senior junior stated".split()
)
_ALONE_WORDS: Final = frozenset("only uniquement area km sur vers both all tous toutes region sud nord centre".split())
_KEYWORDS: Final = frozenset("skill place remote or and in near senior junior".split())
_AFTER: Final = frozenset("or and remote with who but courtesy residence senior stated".split())
_NAMED: Final = frozenset("skill senior junior lead stated like must_after remote place know do".split())
_BEFORE_TITLE: Final = frozenset("seek weak_seek article senior junior lead courtesy".split())
_BLOCKING: Final = frozenset("for our company not_seek about_to_move work_on".split())
_PLACES: Final = frozenset("place remote or and in near article".split())
_LONGEST_LIST: Final = 14
# Fields whose work may be about a place: the transport, the climate, the heritage of a town.
_ABOUT_PLACES: Final = frozenset(
    ("Geographic information systems", "Routing and navigation", "Remote sensing", "Open data", "Climate modelling",
     "Energy systems", "Agriculture technology", "Health informatics", "Digital humanities", "Sports analytics",
     "Data visualisation", "Statistics", "Telecommunications", "Legal technology", "Supply chain and logistics",
     "Computing education", "Educational technology", "Financial technology", "E-commerce", "Social media tools")
)  # fmt: skip


def is_keyword(tokens: Sequence[Token], at: int) -> bool:
    """Whether the clause around has nothing but keywords: "Rust, remote", not "control it remotely"."""
    start = at
    while start > max(0, at - _FARTHEST) and not tokens[start].breaks:
        start -= 1
    return _is_alone(tokens, start, at) or _is_keyword_clause(tokens, start)


def is_of_person(tokens: Sequence[Token], at: int, accepted: set[int], *, is_person: bool) -> bool:
    """Whether a place says where the person is, rather than what the work is about."""
    token = tokens[at]
    if at + 1 < len(tokens) and tokens[at + 1].key == "s" and tokens[at + 1].gap == "'":
        return False  # "Europe's Alps"
    start = at
    while start > max(0, at - _FARTHEST) and not tokens[start].breaks:
        start -= 1
    if _is_alone(tokens, start, at):
        return _inherits(tokens, start, accepted, is_person=is_person)
    if not is_person:
        return _is_keyword_clause(tokens, start)
    if fold(token.place.surface if token.place else "") in nationalities():
        return True
    before = at - 1
    while before >= start and _introduces(tokens[before]):
        before -= 1
    introduced = tokens[before + 1 : at]
    while before > start and tokens[before].kind == "word" and is_skippable(tokens[before]):
        before -= 1  # "Kubernetes experience in Berlin"
    if before >= start and tokens[before].kind == "residence":
        return not _is_company(tokens, start, before)
    if before >= start and tokens[before].kind in ("or", "nor", "and", "place", "remote"):
        while before >= start and tokens[before].kind in ("or", "nor", "and", "near", "in", "article", "remote"):
            before -= 1
        if before >= start and tokens[before].kind == "place":
            return before in accepted
    if before >= start and tokens[before].kind == "but":
        return any(one.kind == "like" or is_head(one) for one in tokens[max(0, before - _FARTHEST) : before])
    if before < start:
        return skips_to_person(tokens, at)
    if before == 0 and tokens[0].kind == "who":
        return True  # "Who in the Netherlands knows Nix?"
    is_distance = any(one.kind == "near" or one.key == "km" for one in introduced)
    if introduced and introduced[-1].kind == "of" and not is_distance:
        return tokens[before].kind == "someone"  # "des gens de Lyon", not "maps of Paris"
    if is_distance and _ends_clause(tokens, at) and any(_is_title(one) for one in tokens[start:before]):
        return True  # "C developer for sensors near Graz": a work is in a town, people are near it
    if not introduced and not _ends_clause(tokens, at):
        return skips_to_person(tokens, at)
    if introduced and _ends_clause(tokens, at) and _is_titled_for_skill(tokens, start, before):
        return True
    return _reaches_person(tokens, start, before)


def _is_keyword_clause(tokens: Sequence[Token], start: int) -> bool:
    """ "Rust Lyon", "machine learning in Grenoble" are conditions; "open data in Paris" may be what the work is about.

    "Open data in Paris or Lyon" is one again: people may live here or there.
    """
    number, skills, is_choice = start, [], False
    while number < len(tokens) and (number == start or not tokens[number].breaks):
        token = tokens[number]
        if token.kind not in _KEYWORDS:
            return False
        if token.skill is not None:
            skills.append(token.skill.name)
        is_choice |= token.kind == "or" and any(one.kind in ("place", "remote") for one in tokens[start:number])
        number += 1
    return is_choice or not skills or not _ABOUT_PLACES.issuperset(skills)


def _introduces(token: Token) -> bool:
    return token.kind in ("in", "near", "article", "of") or token.key in _AT or token.key.isdigit()


def _ends_clause(tokens: Sequence[Token], at: int) -> bool:
    if at + 1 == len(tokens) or tokens[at + 1].breaks:
        return True
    return tokens[at + 1].kind in _AFTER


def _is_alone(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Whether a piece between commas has nothing but places: "Rust, Lyon", "(Berlin or remote)"."""
    number = start
    while number < len(tokens) and (number == start or not tokens[number].breaks):
        token = tokens[number]
        is_word = (
            token.key in _ALONE_WORDS or token.key in cue_words().sets["optional_remote"] or token.key[:1].isdigit()
        )
        if token.kind not in _ALONE and not is_word:
            return False
        number += 1
    return number > at


def _inherits(tokens: Sequence[Token], start: int, accepted: set[int], *, is_person: bool) -> bool:
    """A place alone goes on a list of places; else it stands for the person, in a need or behind keywords."""
    if start == 0:
        return True
    previous = tokens[start - 1]
    if previous.kind == "place" and tokens[start].breaks == COMMA:
        return start - 1 in accepted
    if any(token.kind == "residence" for token in tokens[start : start + 2]):
        return True
    if previous.kind in ("in", "for", "of", "our") and tokens[start].breaks:
        return False
    return is_person or not _is_sentence(tokens)


def _is_sentence(tokens: Sequence[Token]) -> bool:
    return len(tokens) > _LONGEST_LIST or any(token.kind in ("who", "our", "not_seek", "company") for token in tokens)


def _is_company(tokens: Sequence[Token], start: int, at: int) -> bool:
    """ "A startup based in Lyon", "we are based in Paris": where the searcher is."""
    for number in range(at - 1, start - 1, -1):
        if _is_title(tokens[number]):
            return False
        if tokens[number].kind in ("company", "our"):
            return True
    return False


def _reaches_person(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Whether the words from the person to the place are about the person and no other thing is in between."""
    token = tokens[at]
    if _is_title(token) and is_sought(tokens, at):
        return True
    if token.in_role and not _is_blocked(tokens, start, at):
        return True
    if token.kind in _NAMED:
        return not _is_blocked(tokens, start, at)
    # "Ingénieur en rendu graphique au Canada": the title goes on after its first word.
    first = start
    while first < at and tokens[first].kind in _BEFORE_TITLE:
        first += 1
    return _is_title(tokens[first]) and not _is_blocked(tokens, first, at)


def _is_titled_for_skill(tokens: Sequence[Token], start: int, at: int) -> bool:
    """ "A C developer for microcontrollers in Graz": what the person is for has a name, and no place of its own."""
    number = at
    while number > start and (tokens[number].kind in ("skill", "and", "or", "article")):
        number -= 1
    return start < number < at and tokens[number].kind == "for" and _is_title(tokens[number - 1])


def _is_title(token: Token) -> bool:
    return is_head(token) or token.in_role


def _is_blocked(tokens: Sequence[Token], start: int, at: int) -> bool:
    for number in range(at, start - 1, -1):
        token = tokens[number]
        if token.kind in ("seek", "weak_seek", "who"):
            return False
        previous = tokens[number - 1].key if number else ""
        if token.key in ("to", "a", "of") and previous.startswith(("contribut", "mainten", "maintain")):
            return False  # "contributors to PyTorch in Canada"
        if token.kind in _BLOCKING and token.key not in ("is", "est", "are"):
            return True
    return False


def is_whole(tokens: Sequence[Token]) -> bool:
    """Whether a text is nothing but places."""
    return bool(tokens) and all(token.kind in _PLACES for token in tokens)
